"""Operators as Velocity's nodes have them: whole numbers divide to whole numbers, and a text makes ``+`` join texts."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_DOWN, Decimal, localcontext

from homeport.vtl.limits import Meter
from homeport.vtl.values import TemplateObject, equals, is_number, to_text

Number = int | float | Decimal
BinaryOperator = Callable[[object, object, Meter], object]


def add(left: object, right: object, meter: Meter) -> object:
    """Return the sum, or the joined text if either side is one. None: no result."""
    if isinstance(left, str) or isinstance(right, str):
        texts = [to_text(left, meter), to_text(right, meter)]
        meter.charge_text(len(texts[0]) + len(texts[1]))
        return "".join(texts)
    return _calculate(left, right, meter, lambda a, b: a + b)


def subtract(left: object, right: object, meter: Meter) -> object:
    """Return the difference."""
    return _calculate(left, right, meter, lambda a, b: a - b)


def multiply(left: object, right: object, meter: Meter) -> object:
    """Return the product."""
    return _calculate(left, right, meter, lambda a, b: a * b)


def divide(left: object, right: object, meter: Meter) -> object:
    """Return the quotient; of whole numbers it is whole, towards zero. None for a division by zero."""
    return None if right == 0 else _calculate(left, right, meter, _quotient)


def remainder(left: object, right: object, meter: Meter) -> object:
    """Return the remainder, with the sign of the left side. None for a division by zero."""
    return None if right == 0 else _calculate(left, right, meter, _modulo)


def equal(left: object, right: object, meter: Meter) -> bool:
    """Return whether two values are equal: numbers by size, values of different types by what they print."""
    if is_number(left) and is_number(right):
        return left == right
    if left is None or right is None:
        return left is right
    if type(left) is type(right) or any(isinstance(left, kind) and isinstance(right, kind) for kind in (list, dict)):
        return equals(left, right, meter)
    if isinstance(left, TemplateObject) and isinstance(right, TemplateObject):
        return left is right
    return to_text(left, meter) == to_text(right, meter)


def not_equal(left: object, right: object, meter: Meter) -> bool:
    """Return whether two values differ."""
    return not equal(left, right, meter)


def compare(test: Callable[[Number, Number], bool]) -> BinaryOperator:
    """Return a comparison of numbers; it is false for anything else."""

    def comparison(left: object, right: object, meter: Meter) -> bool:
        if not (is_number(left) and is_number(right)):
            return False
        assert isinstance(left, int | float | Decimal) and isinstance(right, int | float | Decimal)
        return test(left, right)

    return comparison


BINARY_OPERATORS: dict[str, BinaryOperator] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
    "==": equal,
    "!=": not_equal,
    "<": compare(lambda a, b: a < b),
    "<=": compare(lambda a, b: a <= b),
    ">": compare(lambda a, b: a > b),
    ">=": compare(lambda a, b: a >= b),
}


def _calculate(left: object, right: object, meter: Meter, operation: Callable[..., object]) -> object:
    if not (is_number(left) and is_number(right)):
        return None
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        left, right = _exact(left), _exact(right)
    elif isinstance(left, float) or isinstance(right, float):
        left, right = _double(left), _double(right)
    with localcontext() as context:
        context.traps = dict.fromkeys(context.traps, False)
        result = operation(left, right)
    return meter.check_integer(result) if isinstance(result, int) else result


def _exact(value: object) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(str(value))


def _double(value: object) -> float:
    assert isinstance(value, int | float)
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _quotient(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        size = abs(left) // abs(right)
        return size if (left < 0) == (right < 0) else -size
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        scale = left.as_tuple().exponent
        assert isinstance(scale, int)
        return (left / right).quantize(Decimal(1).scaleb(scale), ROUND_HALF_DOWN)
    assert isinstance(left, float) and isinstance(right, float)
    return left / right


def _modulo(left: Number, right: Number) -> Number:
    if isinstance(left, float) and isinstance(right, float):
        return math.nan if math.isinf(left) or math.isnan(left) or math.isnan(right) else math.fmod(left, right)
    if isinstance(left, int) and isinstance(right, int):
        return left - right * int(_quotient(left, right))
    assert isinstance(left, Decimal) and isinstance(right, Decimal)
    return left % right
