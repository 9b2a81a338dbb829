"""A value that a schema describes: its own example where it has one, else the plainest that fits. Pure.

https://spec.openapis.org/oas/v3.0.3#schema-object
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.spec.jsonschema import SchemaError, resolve
from homeport.spec.model import Schema

_FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T09:30:00Z",
    "email": "ada@example.com",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "example.com",
    "byte": "aGVsbG8=",
}


def example_of(schema: Schema, document: Mapping[str, Any]) -> Any:
    """What a client may send. A ``pattern`` is not looked at: no plain text is sure to fit one."""
    return _example(schema, document, frozenset())


def _example(schema: Any, document: Mapping[str, Any], within: frozenset[str]) -> Any:
    """``within`` are the references that led here: a schema that is a part of itself ends there."""
    if not isinstance(schema, Mapping):
        return None
    if "$ref" in schema:
        reference = str(schema["$ref"])
        if reference in within:
            return None
        return _example(_resolved(reference, document), document, within | {reference})
    for word in ("example", "default"):
        if word in schema:
            return schema[word]
    if schema.get("enum"):
        return schema["enum"][0]
    for word in ("oneOf", "anyOf"):
        if schema.get(word):
            return _example(schema[word][0], document, within)
    if schema.get("allOf"):
        return _merged(schema, document, within)
    return _of_type(schema, document, within)


def _merged(schema: Schema, document: Mapping[str, Any], within: frozenset[str]) -> Any:
    parts = [_example(part, document, within) for part in schema["allOf"]]
    if "properties" in schema:
        parts.append(_object(schema, document, within))
    objects = [part for part in parts if isinstance(part, dict)]
    return {name: value for part in objects for name, value in part.items()} if objects else parts[0]


def _of_type(schema: Schema, document: Mapping[str, Any], within: frozenset[str]) -> Any:
    match schema.get("type", "object" if "properties" in schema else None):
        case "object":
            return _object(schema, document, within)
        case "array":
            entry = schema.get("items", {})
            count = schema.get("minItems", 0 if _ends(entry, within) else 1)
            return [_example(entry, document, within) for _ in range(count)]
        case "string":
            return _text(schema)
        case "integer" | "number":
            return schema.get("minimum", min(schema.get("maximum", 1), 1))
        case "boolean":
            return True
    return None


def _object(schema: Schema, document: Mapping[str, Any], within: frozenset[str]) -> dict[str, Any]:
    """All properties but those that only answers have."""
    found = {}
    for name, part in schema.get("properties", {}).items():
        said = _resolved(part["$ref"], document) if isinstance(part, Mapping) and "$ref" in part else part
        if isinstance(said, Mapping) and not said.get("readOnly") and not _ends(part, within):
            found[name] = _example(part, document, within)
    return found


def _ends(schema: Any, within: frozenset[str]) -> bool:
    return isinstance(schema, Mapping) and schema.get("$ref") in within


def _text(schema: Schema) -> str:
    plain = _FORMATS.get(schema.get("format", ""), "text")
    least, most = schema.get("minLength", 0), schema.get("maxLength", len(plain))
    return (plain if len(plain) >= least else plain + "x" * (least - len(plain)))[: max(most, least)]


def _resolved(reference: str, document: Mapping[str, Any]) -> Any:
    try:
        return resolve(reference, document)
    except SchemaError:
        return {}
