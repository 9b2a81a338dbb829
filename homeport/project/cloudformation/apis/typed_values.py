"""Numbers and truth values of a template, which CloudFormation takes as texts too: ``"29000"``, ``"true"``.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re

from homeport.project.source.cursor import Cursor


def read_flag(cursor: Cursor) -> bool:
    """Return whether the value is true; report what is neither true nor false."""
    match cursor.value:
        case None:
            return False
        case bool(value):
            return value
        case str(text) if text.lower() in ("true", "false"):
            return text.lower() == "true"
    cursor.error(f"{cursor.name!r} must be true or false, not {cursor.value!r}")
    return False


def read_number(cursor: Cursor) -> int | float | None:
    """Return the number, None if there is none; report what is no number."""
    match cursor.value:
        case None:
            return None
        case int() | float() as number if not isinstance(number, bool):
            return number
        case str(text) if re.fullmatch(r"-?[0-9]+", text):
            return int(text)
        case str(text) if re.fullmatch(r"-?[0-9]*\.[0-9]+", text):
            return float(text)
    cursor.error(f"{cursor.name!r} must be a number, not {cursor.value!r}")
    return None
