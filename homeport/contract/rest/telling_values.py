"""Valid values at which services go wrong: texts with spaces around them, long numbers, times with an offset. Pure."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from homeport.contract.rest.lifetimes import is_lifetime
from homeport.contract.rest.matching_text import matching_text
from homeport.contract.rest.random_value import random_value, whole_schemas
from homeport.contract.rest.shapes import kinds_of
from homeport.contract.rest.validity import is_valid
from homeport.project.model import Schema
from homeport.project.schema.references import resolve_map

_TEXTS = (
    "  two spaces around  ",
    "MiXeD Case",
    "Cafe\u0301 is not Caf\u00e9",  # decomposed and composed: RFC 8259 lets no JSON reader change one into the other
    'quote " backslash \\ slash / <b>&amp;</b>',
    "line\r\nfeed\nand\ttab",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001d4b3 \u00df \u2028",
    "0012",
    "null",
    "100% +1 %20 {{x}} ${y}",
    "1e5",
    "two  spaces",
    "true",
)
_TIMES = (
    "2026-01-31T23:30:00+05:30",
    "2026-01-31T09:30:00.123456Z",
    "2026-01-31T09:30:00.1Z",
    "2024-02-29T00:00:00Z",
    "2026-01-31T00:15:00-08:00",
    "1969-12-31T23:59:59Z",
    "2026-01-31T09:30:00.123456789Z",
    "9999-12-31T23:59:59Z",
)
_OF_FORMAT = {
    "date-time": _TIMES,
    "date": ("2024-02-29", "1970-01-01", "2026-12-31", "1969-12-31", "9999-12-31"),
    "time": ("23:59:59Z", "00:00:00+05:30", "09:30:00.123456Z"),
    "email": ("Ada.Lovelace+tag@Example.COM", "a@b.example"),
    "uuid": ("5E36EC4F-5D66-4F24-9A0E-EA02BA1EC6B0", "00000000-0000-0000-0000-000000000000"),
    "uri": ("https://example.com/a%20b?c=d&e=f#g", "HTTPS://Example.COM/A/../b"),
    "uri-reference": ("../a%2Fb?c=d#e", "/A/b"),
    "byte": ("AP+/", ""),
    "hostname": ("Example.COM",),
    "ipv6": ("2001:DB8:0:0::1", "::1"),
    "duration": ("PT0S", "P1DT2H"),
}
_WHOLE = (0, 1, 2**53 + 1, -1, 2**53 - 1, 2**31, 10**15)
_NUMBERS = ("0.1", "19.99", "0", "1234567.125", "-0.5", "0.000001", "1e21", "123456789012.345", "0.30000000000000004")
_EXACT = "1.2345678901234567890123456789"
_LONGEST = 4096
_MOST = 24
_FEW = 3


def telling_values(schema: Schema, document: Mapping[str, Any], depth: int = 0, name: str = "") -> list[Any]:
    """Return valid values of a schema, the most telling first, always the same ones.

    ``depth`` counts the values around it: a schema may refer to itself. Of a property by which a resource ends,
    ``name``, there are only values that are far away.
    """
    if is_lifetime(name):
        generator = random.Random(0)
        lasting = [random_value(schema, document, generator, name) for _ in range(_FEW)]
        return [one for number, one in enumerate(lasting) if one not in lasting[:number]]
    found: list[Any] = []
    for value in _candidates(schema, document, depth):
        if not any(_is_same(value, one) for one in found) and is_valid(value, schema, document):
            found.append(value)
    if None in found:
        found.remove(None)
        found.insert(2, None)
    return found[:_MOST] or [random_value(schema, document, random.Random(0))]


def _is_same(one: Any, other: Any) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _candidates(schema: Any, document: Mapping[str, Any], depth: int) -> Iterator[Any]:
    kinds = kinds_of(schema, document)
    for node in whole_schemas(schema, document):
        if node.get("enum"):
            yield from node["enum"]
        else:
            yield from _of_types(node, {node["type"]} if isinstance(node.get("type"), str) else kinds, document, depth)
    if "null" in kinds:
        yield None


def _of_types(
    node: Mapping[str, Any], kinds: Collection[str], document: Mapping[str, Any], depth: int
) -> Iterator[Any]:
    if "object" in kinds:
        yield from _objects(node, document, depth)
    if "array" in kinds:
        yield from _arrays(node, document, depth)
    if "string" in kinds:
        yield from _texts(node)
    if "integer" in kinds:
        yield from _with_bounds(node, _WHOLE)
    if "number" in kinds:
        exact = node.get("format") not in ("float", "double")
        yield from _with_bounds(node, [Decimal(one) for one in (*_NUMBERS, *((_EXACT,) if exact else ()))])
    if "boolean" in kinds:
        yield from (False, True)


def _with_bounds(node: Mapping[str, Any], values: Sequence[Any]) -> Iterator[Any]:
    bounds = [node[key] for key in ("minimum", "maximum") if node.get(key) is not None]
    yield from values[:3]
    yield from (Decimal(str(one)) if isinstance(one, float) and not one.is_integer() else int(one) for one in bounds)
    yield from values[3:]


def _texts(node: Mapping[str, Any]) -> Iterator[str]:
    least, most = int(node.get("minLength") or 0), node.get("maxLength")
    generator = random.Random(0)
    if node.get("pattern"):
        pattern = str(node["pattern"])
        made = [matching_text(pattern, generator, least, most) for _ in range(3)]
        longest = matching_text(pattern, generator, min(int(most), _LONGEST), most) if most is not None else None
        texts = [one for one in (*made, longest) if one is not None]
        yield from (one.swapcase() for one in texts[:1])
        yield from texts
    yield from _OF_FORMAT.get(str(node.get("format")), ())
    if not node.get("format"):
        yield from (_fit(text, most) for text in _TEXTS[:6])
        yield ""
        if most is not None:
            yield _repeat("x", min(int(most), _LONGEST))
            yield _repeat("\u00e9", min(int(most), _LONGEST))
        yield _repeat("x", least)
        yield from (_fit(text, most) for text in _TEXTS[6:])


def _fit(text: str, most: Any) -> str:
    """Return a text with its ends kept where it would be too long."""
    if most is None or len(text) <= int(most):
        return text
    half = int(most) // 2
    return text[:half] + text[len(text) - (int(most) - half) :]


def _repeat(character: str, count: int) -> str:
    return character * count


def _arrays(node: Mapping[str, Any], document: Mapping[str, Any], depth: int) -> Iterator[list[Any]]:
    items = node.get("items") or {}
    most = int(node.get("maxItems", 100))
    inner = (
        telling_values(items, document, depth + 1) if depth < 2 else [random_value(items, document, random.Random(0))]
    )
    generator = random.Random(0)
    several = list(inner)
    for _ in range(4):
        several.append(random_value(items, document, generator))
    distinct: list[Any] = []
    for one in several:
        if not any(_is_same(one, other) for other in distinct):
            distinct.append(one)
    backwards = sorted((one for one in distinct if isinstance(one, str)), reverse=True)
    yield []
    yield distinct[: min(most, 6)]
    if backwards:
        yield backwards[: min(most, 6)]
    yield distinct[:1]
    texts = [one for one in distinct if isinstance(one, str)]
    if most >= 2 and texts:
        yield from ([text, text.swapcase()] for text in texts[:2] if text.swapcase() != text)
    if not node.get("uniqueItems") and most >= 2:
        yield [distinct[0], distinct[0]]
    if 1 < most <= 100 and all(isinstance(one, str) for one in distinct):
        yield [f"{number:03}" for number in range(most)]


def _objects(node: Mapping[str, Any], document: Mapping[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    properties = {
        name: part
        for name, part in (node.get("properties") or {}).items()
        if resolve_map(part, document).get("readOnly") is not True
    }
    required = [name for name in node.get("required") or () if name in properties]
    inner = (
        {name: telling_values(part, document, depth + 1, name) for name, part in properties.items()}
        if depth < 3
        else {}
    )
    for number in range(3):
        yield {name: values[min(number, len(values) - 1)] for name, values in inner.items()}
    yield {name: inner[name][0] for name in required if name in inner}
    if node.get("additionalProperties", True) is not False and not properties:
        yield {"Key with spaces": " value ", "null": None, "list": [1, "1", {}], "": ""}
        yield {"text": " value "}
        yield {}
