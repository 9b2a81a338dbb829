"""Sample values: a value that keeps to an OpenAPI schema, its example or the plainest value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.project.schema.json_schema import Direction
from homeport.project.schema.references import resolve_map

Schema = Mapping[str, Any]

_FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T09:30:00Z",
    "time": "09:30:00Z",
    "email": "ada@example.com",
    "uuid": "5e36ec4f-5d66-4f24-9a0e-ea02ba1ec6b0",
    "uri": "https://example.com/",
    "uri-reference": "/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "aGVsbG8=",
}
_DEEPEST = 12


def sample_value(schema: Any, document: Mapping[str, Any], depth: int = 0, direction: Direction = "response") -> Any:
    """Return the example, default or first enum value of a schema, or a value of its type; None without any.

    ``direction`` tells a request from a response, which alone has the properties that are readOnly.
    """
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return None
    if "$ref" in schema:
        return sample_value(resolve_map(schema, document), document, depth + 1, direction)
    for key in ("example", "default"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("oneOf", "anyOf"):
        if schema.get(key):
            return _with_parts(
                [{k: v for k, v in schema.items() if k != key}, schema[key][0]], document, depth, direction
            )
    if schema.get("allOf"):
        return _with_parts(
            [{k: v for k, v in schema.items() if k != "allOf"}, *schema["allOf"]], document, depth, direction
        )
    return _by_type(schema, document, depth, direction)


def _with_parts(parts: list[Any], document: Mapping[str, Any], depth: int, direction: Direction) -> Any:
    values = [sample_value(part, document, depth + 1, direction) for part in parts if part]
    maps = [value for value in values if isinstance(value, dict)]
    if maps:
        return {key: value for found in maps for key, value in found.items()}
    return next((value for value in reversed(values) if value is not None), None)


def _by_type(schema: Schema, document: Mapping[str, Any], depth: int, direction: Direction) -> Any:
    kind = schema.get("type") or ("object" if "properties" in schema else "array" if "items" in schema else None)
    match kind:
        case "object":
            return _object(schema, document, depth, direction)
        case "array":
            count = int(schema.get("minItems", 0))
            return [sample_value(schema.get("items"), document, depth + 1, direction) for _ in range(min(count, 100))]
        case "string":
            return _string(schema)
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return True
        case _:
            return None


def _object(schema: Schema, document: Mapping[str, Any], depth: int, direction: Direction) -> dict[str, Any]:
    properties = schema.get("properties") or {}
    required = schema.get("required") or ()
    made = {
        name: sample_value(part, document, depth + 1, direction)
        for name, part in properties.items()
        if (name in required or (depth == 0 and isinstance(part, Mapping) and "$ref" not in part))
        and not (direction == "request" and isinstance(part, Mapping) and part.get("readOnly"))
    }
    return {**{name: None for name in required if name not in properties}, **made}


def _string(schema: Schema) -> str:
    text = _FORMATS.get(str(schema.get("format")), "text")
    least = int(schema.get("minLength", 0))
    most = int(schema.get("maxLength", max(least, len(text))))
    return (text * (least // len(text) + 1) if len(text) < least else text)[:most]


def _number(schema: Schema) -> int | float:
    low, high = schema.get("minimum"), schema.get("maximum")
    step = schema.get("multipleOf") or 1
    strict = bool(schema.get("exclusiveMinimum"))
    if low is None:
        return 0 if high is None or high >= 0 else high - (step if schema.get("exclusiveMaximum") else 0)
    below = low // step * step
    found = below if below == low and not strict else below + step
    return int(found) if schema.get("type") == "integer" or float(found).is_integer() else float(found)
