"""Values of items: numbers in their one spelling, comparison, and size.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from .tree import AttributeValue, kind_of

ORDERED = frozenset(("S", "N", "B"))
"""The types that have an order."""

SETS = frozenset(("SS", "NS", "BS"))
"""The types of sets."""

_DIGITS = 38
_LARGEST, _SMALLEST = 125, -130
# Wide enough for any sum of two numbers of DynamoDB: 1E+125 + 1E-130.
_CONTEXT = Context(prec=400)
_CANONICAL = re.compile(r"-?(?:[1-9][0-9]{0,37}|0)|-?(?:0|[1-9][0-9]{0,17})\.[0-9]{0,19}[1-9]")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,18})?")


def canonical_number(text: str) -> str | None:
    """Return a number in the spelling that DynamoDB gives it, None for what is no number of DynamoDB.

    A number has up to 38 digits, and is zero or between 1E-130 and 9.99…E+125 in size.
    """
    if _CANONICAL.fullmatch(text) and text not in ("-0",):
        return text
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return number_text(Decimal(text))
    except (InvalidOperation, ValueError):
        return None


def number_text(number: Decimal) -> str:
    """Return a number as DynamoDB spells it. Raises ValueError, with DynamoDB's message, if it can't be stored."""
    if not number:
        return "0"
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).lstrip("0")
    stripped = text.rstrip("0")
    exponent += len(text) - len(stripped)
    magnitude = exponent + len(stripped) - 1
    if magnitude > _LARGEST:
        raise ValueError("Number overflow. Attempting to store a number with magnitude larger than supported range")
    if magnitude < _SMALLEST:
        raise ValueError("Number underflow. Attempting to store a number with magnitude smaller than supported range")
    if len(stripped) > _DIGITS:
        raise ValueError("Attempting to store more than 38 significant digits in a Number")
    return ("-" if sign else "") + _positional(stripped, exponent)


def _positional(digits: str, exponent: int) -> str:
    if exponent >= 0:
        return digits + "0" * exponent
    point = len(digits) + exponent
    return f"{digits[:point]}.{digits[point:]}" if point > 0 else f"0.{'0' * -point}{digits}"


def add_numbers(left: str, right: str, sign: int) -> str:
    """Return ``left`` plus or minus ``right``. Raises ValueError, with DynamoDB's message, if it can't be stored."""
    first, second = Decimal(left), Decimal(right)
    return number_text(_CONTEXT.add(first, second) if sign > 0 else _CONTEXT.subtract(first, second))


def normalise(value: Any) -> None:
    """Give every number below ``value``, a part of a request, DynamoDB's spelling, in its place."""
    if isinstance(value, list):
        for each in value:
            normalise(each)
    elif isinstance(value, dict):
        if len(value) == 1:
            kind, content = next(iter(value.items()))
            if kind == "N" and isinstance(content, str):
                value["N"] = canonical_number(content) or content
                return
            if kind == "NS" and isinstance(content, list):
                value["NS"] = [(canonical_number(each) or each) if isinstance(each, str) else each for each in content]
                return
        for each in value.values():
            if isinstance(each, dict | list):
                normalise(each)


def comparable(value: AttributeValue) -> Any:
    """Return a value that Python compares as DynamoDB compares ``value`` with others of its type."""
    kind, content = next(iter(value.items()))
    return _COMPARABLE[kind](content)


def binary(text: str | bytes) -> bytes:
    """Return the bytes of a binary value; what is not Base64 stands for itself."""
    if isinstance(text, bytes):
        return text
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return text.encode()


def _text(text: str) -> bytes:
    """Return a text as DynamoDB puts it in order: by its bytes in UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def _decimal(text: str) -> Decimal:
    """Return a number; 0 for what is none, which is refused elsewhere."""
    try:
        return Decimal(text)
    except (InvalidOperation, TypeError, ValueError):
        return Decimal(0)


_COMPARABLE: dict[str, Callable[[Any], Any]] = {
    "S": _text,
    "N": _decimal,
    "B": binary,
    "BOOL": bool,
    "NULL": lambda _: None,
    "SS": lambda members: frozenset(map(_text, members)),
    "NS": lambda members: frozenset(map(_decimal, members)),
    "BS": lambda members: frozenset(map(binary, members)),
    "L": lambda members: [(kind_of(each), comparable(each)) for each in members],
    "M": lambda members: {name: (kind_of(each), comparable(each)) for name, each in members.items()},
}


def equal(left: AttributeValue | None, right: AttributeValue | None) -> bool:
    """Return True for two values of one type with one content. A missing value equals nothing, not even another."""
    if left is None or right is None or left.keys() != right.keys():
        return False
    return left == right or bool(comparable(left) == comparable(right))


def holds_in_order(left: AttributeValue | None, operator: str, right: AttributeValue | None) -> bool:
    """Return True if ``left < right`` holds, or whatever the operator says. Only S, N and B have an order."""
    if left is None or right is None or left.keys() != right.keys() or kind_of(left) not in ORDERED:
        return False
    first, second = comparable(left), comparable(right)
    match operator:
        case "<":
            return bool(first < second)
        case "<=":
            return bool(first <= second)
        case ">":
            return bool(first > second)
        case _:
            return bool(first >= second)


def contains(whole: AttributeValue | None, part: AttributeValue | None) -> bool:
    """Return True if a text or binary has ``part`` in it, or a set or list has it as a member."""
    if whole is None or part is None:
        return False
    kind, member = kind_of(whole), kind_of(part)
    if kind == member and kind in ("S", "B"):
        return bool(comparable(part) in comparable(whole))
    if kind in SETS and member == kind[0]:
        return comparable(part) in comparable(whole)
    return kind == "L" and any(equal(each, part) for each in whole["L"])


def begins_with(whole: AttributeValue | None, start: AttributeValue | None) -> bool:
    """Return True if a text or binary begins with another one."""
    if whole is None or start is None or whole.keys() != start.keys() or kind_of(whole) not in ("S", "B"):
        return False
    return bool(comparable(whole).startswith(comparable(start)))


def size(value: AttributeValue | None) -> int | None:
    """Return what ``size`` gives: UTF-16 units of a text, bytes, or members; None for types without a size."""
    if value is None:
        return None
    kind, content = next(iter(value.items()))
    if kind == "S":
        return len(content) + sum(int(character > "\uffff") for character in content)
    if kind == "B":
        return len(binary(content))
    if kind not in SETS and kind not in ("L", "M"):
        return None
    members: list[Any] = content
    return len(members)
