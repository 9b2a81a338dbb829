"""YAML 1.2's core schema for plain scalars: ``no``, ``on`` and ``2024-01-01`` are text.

https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_TRUE = frozenset(("true", "True", "TRUE"))
_FALSE = frozenset(("false", "False", "FALSE"))
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NUMBER_START = frozenset("+-.0123456789")
_LONGEST_INTEGER = 4000

Scalar = str | int | float | bool | None


def plain(text: str) -> Scalar:
    """The value of an unquoted scalar. Raises ValueError for a number that JSON can't hold."""
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    return _number(text) if text[0] in _NUMBER_START else text


def _number(text: str) -> str | int | float:
    if _DECIMAL.fullmatch(text):
        return _integer(text, 10)
    if _FLOAT.fullmatch(text):
        return _finite(text)
    if _OCTAL.fullmatch(text):
        return _integer(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return _integer(text[2:], 16)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a number that JSON can hold")
    return text


def _integer(digits: str, base: int) -> int:
    if len(digits) > _LONGEST_INTEGER:
        raise ValueError(f"a number of {len(digits)} digits is too long")
    return int(digits, base)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large a number")
    return number


def _typed(wanted: Callable[[Scalar], bool], kind: str) -> Callable[[str], Scalar]:
    def read(text: str) -> Scalar:
        value = plain(text)
        if not wanted(value):
            raise ValueError(f"{text!r} is not {kind}")
        return value

    return read


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


TAGGED: dict[str, Callable[[str], Scalar]] = {
    "!": str,
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:int": _typed(lambda value: _is_number(value) and isinstance(value, int), "a whole number"),
    "tag:yaml.org,2002:float": _typed(_is_number, "a number"),
    "tag:yaml.org,2002:bool": _typed(lambda value: isinstance(value, bool), "true or false"),
    "tag:yaml.org,2002:null": _typed(lambda value: value is None, "null"),
}
"""Scalars with a tag of YAML's own, such as ``!!str 123``."""
