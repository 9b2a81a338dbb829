"""``String.format``: the conversions that templates use.

https://docs.oracle.com/javase/8/docs/api/java/util/Formatter.html#syntax
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from homeport.vtl.errors import LimitExceeded, TemplateError
from homeport.vtl.limits import Meter
from homeport.vtl.values import is_number, to_text

_DIRECTIVE = re.compile(r"%(?:([0-9]{1,3})\$)?([-#+ 0,(]*)([0-9]{1,20})?(?:\.([0-9]{1,20}))?([a-zA-Z%])")
_WIDEST = 10_000


def format_text(pattern: str, arguments: Sequence[object], meter: Meter) -> str:
    """Return the pattern with its arguments filled in. Raises TemplateError where Java throws."""
    filled: list[str] = []
    position = taken = 0
    while (at := pattern.find("%", position)) >= 0:
        directive = _DIRECTIVE.match(pattern, at)
        if directive is None:
            raise TemplateError(f"{pattern!r} is no format: what follows the % is no conversion")
        filled.append(pattern[position:at])
        position = directive.end()
        if directive[5] in "n%":
            filled.append("\n" if directive[5] == "n" else "%")
            continue
        number = int(directive[1]) - 1 if directive[1] else taken
        taken += 0 if directive[1] else 1
        if not 0 <= number < len(arguments):
            raise TemplateError(f"the format {directive[0]!r} has no argument")
        filled.append(_convert(directive, arguments[number], meter))
        meter.charge_text(sum(map(len, filled[-2:])))
    return "".join([*filled, pattern[position:]])


def _convert(directive: re.Match[str], value: object, meter: Meter) -> str:
    _, flags, width, precision, conversion = directive.groups()
    if int(width or 0) > _WIDEST or int(precision or 0) > _WIDEST:
        raise LimitExceeded(f"the format {directive[0]!r} is wider than {_WIDEST:,} characters")
    match conversion.lower():
        case "s":
            text = to_text(value, meter)
            text = text[: int(precision)] if precision else text
        case "b":
            text = "false" if value is None or value is False else "true"
        case "c" if isinstance(value, str) and len(value) == 1:
            text = value
        case "d" | "x" | "o" if is_number(value) and isinstance(value, int):
            text = _with_sign(
                format(abs(value), f"{',' if ',' in flags else ''}{conversion.lower()}"), value < 0, flags
            )
        case "f" | "e" if is_number(value) and not isinstance(value, int):
            text = _real(Decimal(str(value)), int(precision or 6), conversion.lower(), flags)
        case _:
            raise TemplateError(f"the format {directive[0]!r} does not take {to_text(value, meter)!r}")
    text = text.upper() if conversion.isupper() else text
    if "0" in flags and width and conversion.lower() not in "sbc":
        sign = text[0] if text[:1] in "+- (" else ""
        return sign + text[len(sign) :].rjust(int(width) - len(sign), "0")
    return text.ljust(int(width or 0)) if "-" in flags else text.rjust(int(width or 0))


def _real(value: Decimal, precision: int, conversion: str, flags: str) -> str:
    if not value.is_finite():
        return "NaN" if value.is_nan() else "Infinity" if value > 0 else "-Infinity"
    size = abs(value)
    if conversion == "e":
        text = format(size, f".{precision}e")
        mantissa, _, power = text.partition("e")
        return _with_sign(f"{mantissa}e{power[0]}{power[1:]:0>2}", value < 0, flags)
    if abs(size.adjusted()) + precision < 4096:
        size = size.quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP, None) if size.adjusted() < 20 else size
    return _with_sign(format(size, f"{',' if ',' in flags else ''}.{precision}f"), value < 0, flags)


def _with_sign(text: str, negative: bool, flags: str) -> str:
    if negative:
        return f"({text})" if "(" in flags else f"-{text}"
    return f"+{text}" if "+" in flags else f" {text}" if " " in flags else text
