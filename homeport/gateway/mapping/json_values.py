"""Values that come from JSON: arrays print as JSON, objects as Java's maps, as recordings of API Gateway show.

That is what json-smart's ``JSONArray`` and ``LinkedHashMap`` do, which Jayway's JsonPath makes of a document.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from homeport.vtl.limits import Meter
from homeport.vtl.values import check_nesting, scalar_text, to_text

_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2000-\u20ff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class JsonArray(list[object]):
    """An array of a JSON document. Printed, it is JSON whose slashes are escaped."""

    def print_parts(self, meter: Meter) -> Iterator[str]:
        """Yield the array as JSON."""
        yield from json_parts(self, meter, escape_slashes=True)


def to_json(value: object, meter: Meter) -> str:
    """Return a value as JSON without blanks."""
    parts: list[str] = []
    length = 0
    for part in json_parts(value, meter):
        length += len(part)
        if length > meter.limits.characters:
            meter.charge_text(length)
        parts.append(part)
    return "".join(parts)


def json_parts(value: object, meter: Meter, escape_slashes: bool = False) -> Iterator[str]:
    """Yield the texts of a value as JSON. No recursion: a body may be nested as deeply as it likes."""
    stack: list[Iterator[object]] = [iter([value])]
    closing: list[str] = [""]
    first = True
    while stack:
        try:
            element = next(stack[-1])
        except StopIteration:
            stack.pop()
            yield closing.pop()
            first = False
            continue
        separator = "" if first else ","
        if closing[-1] == "}":
            assert isinstance(element, tuple)
            key, element = element
            separator += f"{quote(to_text(key, meter), meter, escape_slashes)}:"
        first = isinstance(element, list | dict)
        if first:
            check_nesting(len(stack))
        if isinstance(element, dict):
            yield f"{separator}{{"
            stack.append(iter(element.items()))
            closing.append("}")
        elif isinstance(element, list):
            yield f"{separator}["
            stack.append(iter(element))
            closing.append("]")
        else:
            yield separator + _scalar(element, meter, escape_slashes)
        meter.charge()


def quote(text: str, meter: Meter, escape_slashes: bool = False) -> str:
    """Return a text as a JSON string, escaped as json-smart does: line separators too, and no letter beyond ASCII."""
    meter.charge_text(len(text))
    quoted = _ESCAPED.sub(_escape, text)
    if escape_slashes:
        quoted = quoted.replace("/", "\\/")
    return f'"{quoted}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT.get(character) or f"\\u{ord(character):04X}"


def _scalar(value: object, meter: Meter, escape_slashes: bool) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "null"
    if value is None or isinstance(value, bool | int | float):
        return scalar_text(value)
    if isinstance(value, str):
        return quote(value, meter, escape_slashes)
    text = to_text(value, meter)
    # A BigDecimal is a number; any other object prints as a string.
    return text if type(value).__name__ == "Decimal" else quote(text, meter, escape_slashes)
