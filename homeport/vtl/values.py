"""Values of a template, as Java has them: how they print and when they are equal.

===================  ============================
Java                 Python
===================  ============================
String, Character    ``str``
Integer to BigInteger ``int``
Double, BigDecimal   ``float``, ``Decimal``
Boolean, null        ``bool``, ``None``
ArrayList, arrays    ``list``
LinkedHashMap        ``dict``
any other object     ``TemplateObject``
===================  ============================

A list that does not print as Java's (``[a, b]``) is a subclass with a ``print_parts`` of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Protocol, cast

from homeport.vtl.errors import LimitExceeded
from homeport.vtl.limits import Meter

NO_VALUE = ""
"""The value of a reference that has none: API Gateway's templates see the empty text."""


_DEEPEST_VALUE = 1000


class TemplateObject:
    """An object with properties and methods that a template may ask for. None is: no such thing, or no value."""

    def get(self, name: str) -> object:
        """Return the property ``$object.name``."""
        return None

    def put(self, name: str, value: object) -> None:
        """Set a property: ``#set($object.name = value)``. An object that has no such property stays as it is."""

    def call(self, name: str, arguments: Sequence[object], meter: Meter) -> object:
        """Return the result of ``$object.name(arguments)``. Raises TemplateError where Java throws."""
        return None

    def to_text(self, meter: Meter) -> str:
        """Return what a bare reference to the object prints."""
        return ""


class JavaArray(list[object]):
    """An array: it can be looped over and indexed as a list, and prints as Java's do."""


class JavaCollection(list[object]):
    """A Collection that is no List, as ``keySet()`` and ``values()`` return: it has no index and no ``get``."""


class PartPrinter(Protocol):
    """A list or a map that says itself how it prints."""

    def print_parts(self, meter: Meter) -> Iterator[str]:
        """Yield the texts that the value prints, one after the other."""
        ...


def is_number(value: object) -> bool:
    """Return whether a value is one of Java's numbers."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def to_text(value: object, meter: Meter) -> str:
    """Return what a value prints: Java's ``toString()``."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return "".join(_print_nested(value, meter))
    if isinstance(value, TemplateObject):
        return value.to_text(meter)
    return scalar_text(value)


def scalar_text(value: object) -> str:
    """Return what a number, a boolean or null prints."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return double_text(value)
        case _:
            return str(value)


def double_text(number: float) -> str:
    """Return a number as ``Double.toString`` prints it: ``2.0``, ``1.0E7``, ``1.0E-4``.

    https://docs.oracle.com/javase/8/docs/api/java/lang/Double.html#toString-double-
    """
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    sign, digits, exponent = Decimal(repr(number)).as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).lstrip("0").rstrip("0") or "0"
    power = len("".join(map(str, digits)).lstrip("0") or "0") + exponent - 1 if number else 0
    minus = "-" if sign else ""
    if not -3 <= power < 7:
        return f"{minus}{text[0]}.{text[1:] or '0'}E{power}"
    if power < 0:
        return f"{minus}0.{'0' * (-power - 1)}{text}"
    whole = text[: power + 1].ljust(power + 1, "0")
    return f"{minus}{whole}.{text[power + 1 :] or '0'}"


def _print_nested(value: object, meter: Meter) -> list[str]:
    """Return the texts of a list or a map. No recursion: a body may be nested deeply, and a map may hold itself."""
    printed: list[str] = []
    length = 0
    stack: list[tuple[Iterator[object], str]] = [(iter((value,)), "")]
    separator = ""
    while stack:
        elements, end = stack[-1]
        try:
            element = next(elements)
        except StopIteration:
            stack.pop()
            part, separator = end, ", "
        else:
            key = ""
            if end == "}":
                assert isinstance(element, tuple)
                key, element = f"{to_text(element[0], meter)}=", element[1]
            nested = _open(element)
            if nested is None:
                part, separator = f"{separator}{key}{_leaf(element, meter)}", ", "
            else:
                part, separator = f"{separator}{key}{nested[0]}", ""
                check_nesting(len(stack))
                stack.append(nested[1])
        length += len(part)
        if length > meter.limits.characters:
            meter.charge_text(length)
        meter.charge(2 + len(part) // 32)
        printed.append(part)
    return printed


def check_nesting(depth: int) -> None:
    """Raise LimitExceeded for a value within too many others, or within itself."""
    if depth > _DEEPEST_VALUE:
        raise LimitExceeded(f"a value is nested more than {_DEEPEST_VALUE:,} deep")


def _open(value: object) -> tuple[str, tuple[Iterator[object], str]] | None:
    """Return the bracket of a list or a map, its elements and the closing bracket; None for any other value."""
    if not isinstance(value, list | dict) or isinstance(value, JavaArray) or hasattr(value, "print_parts"):
        return None
    if isinstance(value, dict):
        return "{", (iter(value.items()), "}")
    return "[", (iter(value), "]")


def _leaf(value: object, meter: Meter) -> str:
    if isinstance(value, JavaArray):
        return "[Ljava.lang.String;@0"
    if isinstance(value, list | dict):
        return "".join(cast(PartPrinter, value).print_parts(meter))
    return to_text(value, meter)


def equals(left: object, right: object, meter: Meter) -> bool:
    """Return whether two values are equal as Java's ``equals`` has it: 1 and 1.0 are not."""
    pairs = [(left, right)]
    while pairs:
        meter.charge()
        left, right = pairs.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            meter.charge(len(left))
            if left.keys() != right.keys():
                return False
            pairs.extend((value, right[key]) for key, value in left.items())
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            meter.charge(len(left))
            pairs.extend(zip(left, right, strict=True))
        elif not scalars_equal(left, right, meter):
            return False
    return True


def scalars_equal(left: object, right: object, meter: Meter) -> bool:
    """Return whether two values that are neither lists nor maps are equal."""
    if isinstance(left, str):
        meter.charge(len(left) // 64)
    if isinstance(left, TemplateObject) or isinstance(right, TemplateObject):
        return left is right
    return type(left) is type(right) and left == right
