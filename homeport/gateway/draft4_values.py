"""JSON values as API Gateway's validator sees them: numbers are ``int`` or ``Decimal``, exact, never ``float``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

KINDS = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    Decimal: "number",
    str: "string",
    list: "array",
    dict: "object",
}
"""The kind of a value by its type."""


def exact(value: Any) -> Any:
    """A plain value with its ``float`` numbers as ``Decimal``."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list | tuple):
        return [exact(item) for item in value]
    if isinstance(value, Mapping):
        return {key: exact(item) for key, item in value.items()}
    return value


def text(value: Any) -> str:
    """A value as compact JSON."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(map(text, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{text(key)}:{text(item)}" for key, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def canonical(value: Any) -> Any:
    """Equal for values that are the same JSON, whatever a number's notation; ``true`` is not ``1``."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return ("array", tuple(map(canonical, value)))
    if isinstance(value, dict):
        return ("object", frozenset((key, canonical(item)) for key, item in value.items()))
    return value
