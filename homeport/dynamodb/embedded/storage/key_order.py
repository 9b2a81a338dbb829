"""Keys as bytes that have the order of the values: SQLite compares them with memcmp.

Each value begins with its type and says where it ends, so that the values of several attributes can follow each other.
DynamoDB orders texts by their bytes in UTF-8, binary values by their bytes, and numbers by their value.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.CoreComponents.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from ..expressions.values import binary, canonical_number

AFTER = b"\xff"
"""It follows every encoded value: ``key + AFTER`` is the end of the keys that begin with ``key``."""

_BINARY, _TEXT, _NUMBER, _UNKNOWN = b"\x01", b"\x02", b"\x15", b"\x7f"
_NEGATIVE, _ZERO, _POSITIVE = b"\x40", b"\x80", b"\xc0"
# DynamoDB's exponents, -130 to 125, as a byte.
_LOWEST = -130


def encode_text(text: str) -> bytes:
    """Return a text in UTF-8; a request may hold half of a surrogate pair, which is kept."""
    return text.encode("utf-8", "surrogatepass")


def encode_value(kind: str, text: str) -> bytes:
    """Return the value of a key: ``text`` is that of the request, a binary value in Base64."""
    match kind:
        case "S":
            return _TEXT + _with_end(encode_text(text))
        case "B":
            return _BINARY + _with_end(binary(text))
        case "N":
            return _number(text)
    return _UNKNOWN + _with_end(encode_text(text))


def encode_values(item: Mapping[str, Any], names: Iterable[str]) -> bytes:
    """Return the values of some attributes of an item, one after the other. Raises KeyError if one is missing."""
    return b"".join(encode_value(*next(iter(item[name].items()))) for name in names)


def encode_start(kind: str, text: str) -> bytes:
    """Return what the encoded texts or binary values begin with that begin with ``text``."""
    return encode_value(kind, text)[:-1]


def end_of(start: bytes) -> bytes:
    """Return the first bytes after all that begin with ``start``."""
    stripped = start.rstrip(b"\xff")
    return stripped[:-1] + bytes((stripped[-1] + 1,))


def _with_end(content: bytes) -> bytes:
    # A zero byte within a value is followed by one that no next value begins with.
    return content.replace(b"\0", b"\0\xff") + b"\0"


@lru_cache(4096)
def _number(text: str) -> bytes:
    number = canonical_number(text)
    if number is None:
        return _UNKNOWN + _with_end(encode_text(text))
    if number == "0":
        return _NUMBER + _ZERO
    negative = number[0] == "-"
    whole, _, fraction = number.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = len(whole) - 1 if whole != "0" else len(digits) - len(fraction) - 1
    digits = digits.rstrip("0")
    if len(digits) % 2:
        digits += "0"
    pairs = [int(digits[place : place + 2]) for place in range(0, len(digits), 2)]
    size = exponent - _LOWEST
    if negative:
        return _NUMBER + _NEGATIVE + bytes((255 - size, *(100 - pair for pair in pairs))) + b"\xff"
    return _NUMBER + _POSITIVE + bytes((size, *(pair + 1 for pair in pairs))) + b"\0"
