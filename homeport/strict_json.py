"""JSON as RFC 8259 has it. Python's own reader takes ``NaN`` and ``Infinity``, too, which other readers refuse."""

from __future__ import annotations

import json
from typing import Any, Never


def reject_constant(name: str) -> Never:
    """Raise ValueError for a number that JSON lacks; a ``parse_constant`` of Python's decoder."""
    raise ValueError(f"{name} is not a JSON number")


def loads(text: str | bytes, **hooks: Any) -> Any:
    """Return the value of a text. ``hooks`` are those of ``json.loads``. Raises ValueError and RecursionError."""
    return json.loads(text, parse_constant=reject_constant, **hooks)
