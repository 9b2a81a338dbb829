"""JSON values as a validator sees them: types, exact numbers, equality, and the limits of JSON Schema on one value.

The text below the line "embedded from here" becomes part of every generated ``_validators.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

# --- embedded from here ---

TYPE_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
    "null": "null",
}


def is_number(value: Any) -> bool:
    """Return whether a value is a JSON number (int, float or Decimal): true, NaN and infinity aren't."""
    if isinstance(value, float):
        return value - value == 0
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)


def is_string(value: Any) -> bool:
    """Return whether a value is a JSON string."""
    return isinstance(value, str)


def is_array(value: Any) -> bool:
    """Return whether a value is a JSON array."""
    return isinstance(value, list)


def is_object(value: Any) -> bool:
    """Return whether a value is a JSON object."""
    return isinstance(value, dict)


TYPES: dict[str, Callable[[Any], bool]] = {
    "string": is_string,
    "integer": lambda value: is_number(value) and (isinstance(value, int) or is_multiple(value, 1)),
    "number": is_number,
    "boolean": lambda value: isinstance(value, bool),
    "array": is_array,
    "object": is_object,
    "null": lambda value: value is None,
}
"""The test for each type of JSON Schema; 1.0 is an integer."""


def is_one_of(value: Any, types: Sequence[str]) -> bool:
    """Return whether a value is of one of these types."""
    return any(TYPES[name](value) for name in types)


def must_be(types: Sequence[str]) -> str:
    """Return the detail for a value of another type."""
    return f"must be {' or '.join(TYPE_NAMES[name] for name in types)}"


def exact(number: Any) -> Any:
    """Return a number as it was written: the float 0.1 is one tenth."""
    return Decimal(repr(number)) if isinstance(number, float) else number


def is_multiple(value: Any, step: Any) -> bool:
    """Return whether a number is a whole multiple of another, exactly, at a cost independent of the exponents."""
    (digits, exponent), (unit, scale) = _parts(value), _parts(step)
    if exponent >= scale:
        return digits * pow(10, exponent - scale, unit) % unit == 0
    shift = scale - exponent
    return digits == 0 or (shift <= digits.bit_length() and digits % (unit * 10**shift) == 0)


def _parts(number: Any) -> tuple[int, int]:
    number = exact(number)
    if isinstance(number, int):
        return abs(number), 0
    _, digits, exponent = number.as_tuple()
    return int(Decimal((0, digits, 0))), exponent


def identity(value: Any) -> Any:
    """Return a hashable stand-in for a JSON value: 1 and 1.0 have the same one, 1 and true don't."""
    if is_number(value):
        return exact(value)
    if isinstance(value, list):
        return "array", tuple(map(identity, value))
    if isinstance(value, dict):
        return "object", frozenset((key, identity(item)) for key, item in value.items())
    return ("text", value) if isinstance(value, str) else repr(value)


def _count(number: int, noun: str) -> str:
    if number == 1:
        return f"{number} {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


def _one_of(values: Sequence[Any]) -> str:
    listed = ", ".join(json.dumps(value, ensure_ascii=False, default=str) for value in values)
    return f"must be one of {listed}" if len(values) > 1 else f"must be {listed}"


LIMITS: dict[str, tuple[Callable[[Any], bool], Callable[[Any, Any], bool], Callable[[Any], str]]] = {
    "minLength": (is_string, lambda v, n: len(v) >= n, lambda n: f"must have at least {_count(n, 'character')}"),
    "maxLength": (is_string, lambda v, n: len(v) <= n, lambda n: f"must have at most {_count(n, 'character')}"),
    "minimum": (is_number, lambda v, n: exact(v) >= n, lambda n: f"must be at least {n}"),
    "maximum": (is_number, lambda v, n: exact(v) <= n, lambda n: f"must be at most {n}"),
    "exclusiveMinimum": (is_number, lambda v, n: exact(v) > n, lambda n: f"must be greater than {n}"),
    "exclusiveMaximum": (is_number, lambda v, n: exact(v) < n, lambda n: f"must be less than {n}"),
    "multipleOf": (is_number, is_multiple, lambda n: f"must be a multiple of {n}"),
    "minItems": (is_array, lambda v, n: len(v) >= n, lambda n: f"must have at least {_count(n, 'item')}"),
    "maxItems": (is_array, lambda v, n: len(v) <= n, lambda n: f"must have at most {_count(n, 'item')}"),
    "uniqueItems": (
        is_array,
        lambda v, unique: not unique or len(set(map(identity, v))) == len(v),
        lambda _: "must not have an item twice",
    ),
    "minProperties": (is_object, lambda v, n: len(v) >= n, lambda n: f"must have at least {_count(n, 'property')}"),
    "maxProperties": (is_object, lambda v, n: len(v) <= n, lambda n: f"must have at most {_count(n, 'property')}"),
    "enum": (lambda _: True, lambda v, allowed: identity(v) in map(identity, allowed), _one_of),
}
"""Each keyword: the values that it concerns, the test that they must pass, and the detail if they don't."""
