"""Random values that keep to a schema, of the plain kind that a service likely accepts. Pure."""

from __future__ import annotations

import math
import random
import string
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from homeport.contract.rest.lifetimes import lasting_value
from homeport.contract.rest.matching_text import matching_text, text_of_format
from homeport.contract.rest.validity import is_valid
from homeport.project.model import Schema
from homeport.project.schema.references import resolve_map
from homeport.project.schema.sample_value import sample_value

_TRIES = 12
_DEEPEST = 6
_MOST_ALTERNATIVES = 12
_COMPOSED = ("allOf", "anyOf", "oneOf")
_HIGHEST = {"int32": 2**31 - 1, "int64": 2**53}
_WORDS = string.ascii_lowercase


def random_value(schema: Schema, document: Mapping[str, Any], generator: random.Random, name: str = "") -> Any:
    """Return a random valid value; the example, default or sample of a schema for which none is found.

    ``name`` is the property's: one by which a resource ends gets a value that is far away.
    """
    maker = _Maker(document, generator)
    for _ in range(_TRIES):
        value = maker.named_value(name, schema)
        if is_valid(value, schema, document):
            return value
    return sample_value(schema, document, direction="request")


def whole_schema(schema: Any, document: Mapping[str, Any], generator: random.Random | None = None) -> dict[str, Any]:
    """Return a schema with all that ``allOf`` and one of ``anyOf`` and ``oneOf`` add to it, in one map.

    Without a generator the first alternative that is not null is taken.
    """
    found = whole_schemas(schema, document)
    return generator.choice(found) if generator is not None else found[0]


def whole_schemas(schema: Any, document: Mapping[str, Any], depth: int = 0) -> list[dict[str, Any]]:
    """Return a schema as maps without ``allOf``, ``anyOf`` and ``oneOf``: one for each alternative but null."""
    node = resolve_map(schema, document)
    whole = [{key: value for key, value in node.items() if key not in _COMPOSED}]
    if depth > _DEEPEST or not any(key in node for key in _COMPOSED):
        return whole
    for part in node.get("allOf") or ():
        whole = _pairs(whole, whole_schemas(part, document, depth + 1))
    for key in ("anyOf", "oneOf"):
        parts = [one for part in node.get(key) or () for one in whole_schemas(part, document, depth + 1)]
        wanted = [one for one in parts if one.get("enum") != [None] and one.get("type") != "null"] or parts
        whole = _pairs(whole, wanted) if wanted else whole
    return whole


def _pairs(ones: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_merge(one, other) for one in ones for other in others][:_MOST_ALTERNATIVES]


def _merge(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    merged = {**other, **one}
    for key, choose in (("minimum", max), ("minLength", max), ("minItems", max)):
        if key in one and key in other:
            merged[key] = choose(one[key], other[key])
    for key in ("maximum", "maxLength", "maxItems"):
        if key in one and key in other:
            merged[key] = min(one[key], other[key])
    if "properties" in one and "properties" in other:
        merged["properties"] = {**other["properties"], **one["properties"]}
    if "required" in one and "required" in other:
        merged["required"] = [*one["required"], *(name for name in other["required"] if name not in one["required"])]
    return merged


class _Maker:
    def __init__(self, document: Mapping[str, Any], generator: random.Random) -> None:
        self.document, self.random = document, generator

    def named_value(self, name: str, schema: Any, depth: int = 0) -> Any:
        lasting = lasting_value(name, resolve_map(schema, self.document), self.random)
        return self.value(schema, depth) if lasting is None else lasting

    def value(self, schema: Any, depth: int = 0) -> Any:
        node = whole_schema(schema, self.document, self.random)
        if node.get("enum"):
            return self.random.choice([one for one in node["enum"] if one is not None] or [None])
        match node.get("type") or _type_by_words(node):
            case "object":
                return self._object(node, depth)
            case "array":
                return self._array(node, depth)
            case "string":
                return self._text(node)
            case "integer":
                return self._whole(node)
            case "number":
                return self._number(node)
            case "boolean":
                return self.random.random() < 0.5
            case _:
                return sample_value(node, self.document, direction="request")

    def _object(self, node: Mapping[str, Any], depth: int) -> dict[str, Any]:
        required = node.get("required") or ()
        made = {}
        for name, part in (node.get("properties") or {}).items():
            read_only = resolve_map(part, self.document).get("readOnly") is True
            if not read_only and (name in required or (depth < _DEEPEST and self.random.random() < 0.8)):
                made[name] = self.named_value(name, part, depth + 1)
        more = node.get("additionalProperties")
        for number in range(max(0, int(node.get("minProperties") or 0) - len(made))):
            made[f"key{number + 1}"] = self.value(more, depth + 1) if isinstance(more, Mapping) else "text"
        return made

    def _array(self, node: Mapping[str, Any], depth: int) -> list[Any]:
        least = int(node.get("minItems") or 0)
        most = max(least, min(int(node.get("maxItems", least + 3)), least + 3)) if depth < _DEEPEST else least
        made: list[Any] = []
        for _ in range(self.random.randint(max(least, min(1, most)), most)):
            value = self.value(node.get("items") or {}, depth + 1)
            if not (node.get("uniqueItems") and value in made):
                made.append(value)
        return made

    def _text(self, node: Mapping[str, Any]) -> str:
        least = int(node.get("minLength") or 0)
        most = int(node["maxLength"]) if "maxLength" in node else None
        if node.get("pattern"):
            return matching_text(str(node["pattern"]), self.random, least, most) or ""
        if (made := text_of_format(str(node.get("format")), self.random)) is not None:
            return made
        wanted = self.random.randint(max(least, 1), max(least, 1) + 12)
        wanted = min(wanted, most) if most is not None else wanted
        return "".join(self.random.choice(_WORDS) for _ in range(wanted))

    def _whole(self, node: Mapping[str, Any]) -> int:
        low, high = _bounds(node, 1)
        highest = _HIGHEST.get(str(node.get("format")), 2**53)
        low = math.ceil(low) if low is not None else 0 if high is None or high >= 0 else math.floor(high) - 1000
        high = math.floor(high) if high is not None else low + 1000
        step = int(node.get("multipleOf") or 1) or 1
        value = self.random.randint(low, max(low, min(high, low + 100_000, highest)))
        return -(-value // step) * step

    def _number(self, node: Mapping[str, Any]) -> Any:
        low, high = _bounds(node, Decimal("0.01"))
        low = low if low is not None else 0 if high is None or high >= 0 else high - 1000
        high = high if high is not None else low + 1000
        share = Decimal(self.random.randrange(10_001)) / 10_000
        value = Decimal(str(low)) + (min(Decimal(str(high)), Decimal(str(low)) + 1000) - Decimal(str(low))) * share
        step = Decimal(str(node["multipleOf"])) if node.get("multipleOf") else Decimal("0.01")
        rounded = (value / step).to_integral_value() * step
        return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)


def _bounds(node: Mapping[str, Any], step: Any) -> tuple[Any, Any]:
    low, high = node.get("minimum"), node.get("maximum")
    if low is not None and node.get("exclusiveMinimum") is True:
        low = Decimal(str(low)) + step
    if high is not None and node.get("exclusiveMaximum") is True:
        high = Decimal(str(high)) - step
    return low, high


def _type_by_words(node: Mapping[str, Any]) -> str | None:
    for words, kind in (
        (("properties", "additionalProperties"), "object"),
        (("items", "minItems"), "array"),
        (("minLength", "maxLength", "pattern", "format"), "string"),
        (("minimum", "maximum", "multipleOf"), "number"),
    ):
        if any(word in node for word in words):
            return kind
    return None
