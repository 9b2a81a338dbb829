"""Properties by which a resource ends: how long it lives, or until when. Pure.

The least value that a schema allows (``ttl: 1``) makes a resource that is gone before it is read.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Mapping
from typing import Any

from homeport.project.model import Schema
from homeport.project.schema.references import resolve_map

_DURATIONS = re.compile(
    r"(?:^|_)(?:ttl|time_to_live|lifetime|life_time|lifespan|max_age|duration|retention|lease|timeout|hold)(?:_|$)"
    r"|(?:^|_)(?:expires?|expiry|expiration)_(?:in|after|seconds|minutes|hours|days)(?:_|$)"
    r"|(?:^|_)(?:valid|keep|retain|live)_for(?:_|$)"
)
_MOMENTS = re.compile(
    r"(?:^|_)(?:expires|expire|expiry|expiration|until|deadline|valid_to|valid_till)(?:_|$)"
    r"|(?:^|_)(?:ends?|closes?|deletes?|purges?)_(?:at|on|after|date|time)(?:_|$)"
)
_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_DAY = 86_400
# The first second of the year 2100.
_FAR = 4_102_444_800
_IN_MILLISECONDS = 10**12
_YEARS = range(2090, 2100)
_UNUSABLE = frozenset(("pattern", "enum", "const"))


def is_lifetime(name: str) -> bool:
    """Return whether a property of that name says how long a resource lives, or until when."""
    return _is_duration(name) or _is_moment(name)


def _words(name: str) -> str:
    return _BOUNDARY.sub("_", name).lower()


def _is_duration(name: str) -> bool:
    return _DURATIONS.search(_words(name)) is not None


def _is_moment(name: str) -> bool:
    return _MOMENTS.search(_words(name)) is not None


def lasting_value(name: str, schema: Schema, generator: random.Random | None = None) -> Any:
    """Return a value with which a resource outlives a run; None for a property that does not end one.

    It is a date far away, or a number of the upper half of what the schema allows: without a ``generator`` the schema's
    example or default, or always the same one.
    """
    if not is_lifetime(name) or _UNUSABLE & schema.keys():
        return None
    if generator is None:
        for key in ("example", "default"):
            if schema.get(key) is not None:
                return schema[key]
    if schema.get("type") == "string":
        return _far_date(str(schema.get("format")), generator)
    if schema.get("type") not in ("integer", "number"):
        return None
    least, most = _long_span(schema) if _is_duration(name) else _far_span(schema)
    step = schema.get("multipleOf") or 1
    steps = int(least // step), int(most // step)
    value = step * (steps[1] if generator is None else generator.randint(*steps))
    return int(value) if schema.get("type") == "integer" else value


def _far_date(format: str, generator: random.Random | None) -> str | None:
    year = _YEARS[-1] if generator is None else generator.choice(_YEARS)
    return {"date-time": f"{year}-12-31T23:59:59Z", "date": f"{year}-12-31"}.get(format)


def _long_span(schema: Schema) -> tuple[Any, Any]:
    low, high = schema.get("minimum") or 0, schema.get("maximum")
    if high is None:
        high = max(2 * low, _DAY)
    return -(-(low + high) // 2), high


def _far_span(schema: Schema) -> tuple[Any, Any]:
    low, high = schema.get("minimum") or 0, schema.get("maximum")
    far = _FAR * (1000 if low >= _IN_MILLISECONDS else 1)
    return (far, far + _DAY) if high is None or high >= far + _DAY else (-(-(low + high) // 2), high)


def with_lasting_values(
    value: Any, schema: Any, document: Mapping[str, Any], keep: Collection[str] = frozenset()
) -> Any:
    """Return a value of a schema in which no property ends it soon; others, and later ends, stay as they are.

    So do the properties of it that ``keep`` names.
    """
    node = resolve_map(schema, document)
    if isinstance(value, list):
        return [with_lasting_values(one, node.get("items"), document) for one in value]
    if not isinstance(value, dict):
        return value
    parts = [node, *(resolve_map(one, document) for key in ("allOf", "oneOf", "anyOf") for one in node.get(key) or ())]
    properties = {name: one for part in parts for name, one in (part.get("properties") or {}).items()}
    made = {}
    for name, one in value.items():
        lasting: Any = None if name in keep else lasting_value(name, resolve_map(properties.get(name), document))
        is_soon = lasting is not None and type(one) is type(lasting) and one < lasting
        made[name] = lasting if is_soon else with_lasting_values(one, properties.get(name), document)
    return made
