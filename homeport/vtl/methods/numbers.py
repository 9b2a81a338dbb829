"""The methods of Integer and Long, Double, BigDecimal and Boolean.

Templates call the static ones on any number: ``#set($Integer = 0)`` and then ``$Integer.parseInt("5")``.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

from homeport.vtl.errors import TemplateError
from homeport.vtl.limits import Meter
from homeport.vtl.methods.table import NUMBER, MethodTable, is_any, is_boolean, is_integer, is_text
from homeport.vtl.values import double_text, equals, scalar_text

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_DOUBLE = re.compile(r"[+-]?(?:[0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,9})?[dDfF]?", re.ASCII)

INTEGER = MethodTable(
    "Integer",
    missing=(
        *("bitCount", "compareUnsigned", "decode", "divideUnsigned", "getInteger", "highestOneBit", "lowestOneBit"),
        *("numberOfLeadingZeros", "numberOfTrailingZeros", "parseUnsignedInt", "remainderUnsigned", "reverse"),
        *("reverseBytes", "rotateLeft", "rotateRight", "toUnsignedLong", "toUnsignedString"),
    ),
)
DOUBLE = MethodTable("Double", missing=("doubleToLongBits", "doubleToRawLongBits", "longBitsToDouble", "toHexString"))
DECIMAL = MethodTable(
    "BigDecimal",
    missing=(
        *("abs", "add", "divide", "movePointLeft", "movePointRight", "multiply", "negate", "pow", "precision"),
        *("remainder", "round", "scale", "setScale", "stripTrailingZeros", "subtract", "toBigInteger", "toPlainString"),
    ),
)
BOOLEAN = MethodTable("Boolean")


def _parse_integer(text: str, base: int = 10) -> int:
    if base == 10 and not _INTEGER.fullmatch(text):
        raise TemplateError(f"{text[:100]!r} is no whole number")
    try:
        number = int(text, base)
    except ValueError:
        raise TemplateError(f"{text[:100]!r} is no whole number") from None
    return number


def _parse_double(text: str) -> float:
    if text.strip() in ("NaN", "Infinity", "+Infinity", "-Infinity"):
        return float(text)
    if not _DOUBLE.fullmatch(text.strip()):
        raise TemplateError(f"{text[:100]!r} is no number")
    return float(text.strip().rstrip("dDfF"))


@INTEGER.method("parseInt", "valueOf", takes=[is_text])
def _parse_int(meter: Meter, number: int, text: str) -> int:
    value = _parse_integer(text)
    if not is_integer(value):
        raise TemplateError(f"{text!r} does not fit an Integer")
    return value


@INTEGER.method("parseInt", "valueOf", takes=[is_text, is_integer])
def _parse_int_of_base(meter: Meter, number: int, text: str, base: int) -> int:
    if not 2 <= base <= 36 or "_" in text or text != text.strip() or len(text) > 64:
        raise TemplateError(f"{text[:100]!r} is no whole number of base {base}")
    return _parse_integer(text, base)


@INTEGER.method("parseLong", takes=[is_text])
def _parse_long(meter: Meter, number: int, text: str) -> int:
    return _parse_integer(text)


@INTEGER.method("valueOf", takes=[is_integer])
def _value_of(meter: Meter, number: int, value: int) -> int:
    return value


@INTEGER.method("toString", takes=[is_integer])
def _to_string(meter: Meter, number: int, value: int) -> str:
    return str(value)


@INTEGER.method("toHexString", takes=[is_integer])
def _to_hex_string(meter: Meter, number: int, value: int) -> str:
    return format(value & 0xFFFFFFFF, "x")


@INTEGER.method("toBinaryString", takes=[is_integer])
def _to_binary_string(meter: Meter, number: int, value: int) -> str:
    return format(value & 0xFFFFFFFF, "b")


@INTEGER.method("toOctalString", takes=[is_integer])
def _to_octal_string(meter: Meter, number: int, value: int) -> str:
    return format(value & 0xFFFFFFFF, "o")


@INTEGER.method("signum", takes=[is_integer])
def _signum(meter: Meter, number: int, value: int) -> int:
    return (value > 0) - (value < 0)


@INTEGER.method("sum", takes=[is_integer, is_integer])
def _sum(meter: Meter, number: int, left: int, right: int) -> int:
    return left + right


@DOUBLE.method("parseDouble", "valueOf", takes=[is_text])
def _parse_double_text(meter: Meter, number: float, text: str) -> float:
    return _parse_double(text)


@DOUBLE.method("valueOf", takes=[NUMBER])
def _value_of_number(meter: Meter, number: float, value: Any) -> float:
    return float(value)


@DOUBLE.method("toString", takes=[NUMBER])
def _double_to_string(meter: Meter, number: float, value: Any) -> str:
    return double_text(float(value))


@DOUBLE.method("isNaN")
def _is_nan(meter: Meter, number: float) -> bool:
    return math.isnan(number)


@DOUBLE.method("isInfinite")
def _is_infinite(meter: Meter, number: float) -> bool:
    return math.isinf(number)


@INTEGER.method("max", takes=[is_integer, is_integer])
@DOUBLE.method("max", takes=[NUMBER, NUMBER])
def _max(meter: Meter, number: object, left: Any, right: Any) -> object:
    return max(left, right)


@INTEGER.method("min", takes=[is_integer, is_integer])
@DOUBLE.method("min", takes=[NUMBER, NUMBER])
def _min(meter: Meter, number: object, left: Any, right: Any) -> object:
    return min(left, right)


@INTEGER.method("compare", takes=[is_integer, is_integer])
@DOUBLE.method("compare", takes=[NUMBER, NUMBER])
def _compare(meter: Meter, number: object, left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


@INTEGER.method("compareTo", takes=[is_integer])
@DOUBLE.method("compareTo", takes=[lambda value: isinstance(value, float)])
@DECIMAL.method("compareTo", takes=[lambda value: isinstance(value, Decimal)])
@BOOLEAN.method("compareTo", takes=[is_boolean])
def _compare_to(meter: Meter, number: Any, other: Any) -> int:
    return int(number > other) - int(number < other)


@INTEGER.method("equals", takes=[is_any])
@DOUBLE.method("equals", takes=[is_any])
@DECIMAL.method("equals", takes=[is_any])
@BOOLEAN.method("equals", takes=[is_any])
def _equals(meter: Meter, number: object, other: object) -> bool:
    return equals(number, other, meter)


@INTEGER.method("intValue")
@DOUBLE.method("intValue")
@DECIMAL.method("intValue")
def _int_value(meter: Meter, number: int | float | Decimal) -> int:
    return _wrap(number, 32)


@INTEGER.method("longValue")
@DOUBLE.method("longValue")
@DECIMAL.method("longValue")
def _long_value(meter: Meter, number: int | float | Decimal) -> int:
    return _wrap(number, 64)


@INTEGER.method("doubleValue", "floatValue")
@DOUBLE.method("doubleValue", "floatValue")
@DECIMAL.method("doubleValue", "floatValue")
def _double_value(meter: Meter, number: int | float | Decimal) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


@INTEGER.method("hashCode")
def _hash_code(meter: Meter, number: int) -> int:
    return _wrap(number, 32)


@BOOLEAN.method("booleanValue")
def _boolean_value(meter: Meter, value: bool) -> bool:
    return value


@BOOLEAN.method("parseBoolean", "valueOf", takes=[is_text])
def _parse_boolean(meter: Meter, value: bool, text: str) -> bool:
    return text.lower() == "true"


@BOOLEAN.method("valueOf", takes=[is_boolean])
def _boolean_value_of(meter: Meter, value: bool, other: bool) -> bool:
    return other


@BOOLEAN.method("toString", takes=[is_boolean])
def _boolean_to_string(meter: Meter, value: bool, other: bool) -> str:
    return scalar_text(other)


def _wrap(number: int | float | Decimal, bits: int) -> int:
    """Return a number as Java narrows it: a whole one keeps its low bits, any other its nearest bound."""
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    if isinstance(number, int):
        return (number - low) % (1 << bits) + low
    if math.isnan(number):
        return 0
    return low if number < low else high if number > high else int(number)
