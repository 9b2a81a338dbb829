"""Whole numbers that count something: a stock, a version, a number of members."""

from __future__ import annotations

from typing import Any

EPOCH = 10**9
"""Numbers from here on are times in seconds."""


def is_count(value: Any) -> bool:
    """Return whether a value is a whole number that is no time."""
    return isinstance(value, int) and not isinstance(value, bool) and -EPOCH < value < EPOCH
