"""Values that schemas describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from homeport.project.load import load_project
from homeport.project.schema.json_schema import to_json_schema
from homeport.project.schema.sample_value import sample_value

ROOT = Path(__file__).parents[2]
BASE = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 7}}}
NOTE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "text"],
    "properties": {"id": {"type": "string", "readOnly": True}, "text": {"type": "string"}, "on": {"type": "boolean"}},
}
DOCUMENT = {"components": {"schemas": {"Base": BASE}}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "string", "format": "date-time"}, "2026-01-31T09:30:00Z"),
        ({"type": "string", "example": "mine"}, "mine"),
        ({"type": "string", "enum": ["b", "a"]}, "b"),
        ({"type": "integer", "default": 25, "minimum": 1}, 25),
        ({"type": "number", "maximum": 0.5}, 0),
        ({"type": "boolean"}, True),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, 0),
        ({"allOf": [BASE, {"required": ["b"], "properties": {"b": {"type": "string"}}}]}, {"b": "text"}),
        ({"$ref": "#/components/schemas/None"}, None),
        ({}, None),
    ],
)
def test_a_schema_has_a_sample(schema: dict[str, Any], value: Any) -> None:
    assert sample_value(schema, DOCUMENT) == value


def test_a_read_only_property_is_in_samples_of_responses_only() -> None:
    assert sample_value(NOTE, DOCUMENT) == {"id": "text", "text": "text", "on": True}
    assert sample_value(NOTE, DOCUMENT, direction="request") == {"text": "text", "on": True}


def test_the_samples_of_the_items_api_are_valid() -> None:
    api = load_project(ROOT, "local").api
    bodies = [schema for operation in api.operations if operation.body for schema in operation.body.content.values()]
    parameters = [parameter.schema for operation in api.operations for parameter in operation.parameters]
    for schema in (*bodies, *parameters):
        value = sample_value(schema, api.document, direction="request")
        jsonschema_rs.Draft7Validator(to_json_schema(schema, api.document)).validate(value)
    assert len(bodies) > 2
