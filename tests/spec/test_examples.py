"""Values that schemas describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from homeport.spec.examples import example_of
from homeport.spec.jsonschema import to_json_schema
from homeport.spec.load import load_project

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "Node": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "minLength": 8},
                    "id": {"type": "string", "readOnly": True},
                    "parent": {"$ref": "#/components/schemas/Node"},
                    "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
                },
            },
            "Base": {"type": "object", "properties": {"a": {"type": "integer", "minimum": 7}}},
        }
    }
}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "string", "format": "date-time"}, "2026-01-31T09:30:00Z"),
        ({"type": "string", "example": "mine"}, "mine"),
        ({"type": "string", "enum": ["b", "a"]}, "b"),
        ({"type": "integer", "default": 25, "minimum": 1}, 25),
        ({"type": "number", "maximum": 0.5}, 0.5),
        ({"type": "boolean"}, True),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, 1),
        (
            {
                "allOf": [
                    {"$ref": "#/components/schemas/Base"},
                    {"type": "object", "properties": {"b": {"type": "string"}}},
                ]
            },
            {"a": 7, "b": "text"},
        ),
        ({"$ref": "#/components/schemas/Node"}, {"name": "textxxxx", "children": []}),
        ({"$ref": "#/components/schemas/None"}, None),
        ({}, None),
    ],
)
def test_a_schema_has_an_example(schema: dict[str, Any], value: Any) -> None:
    assert example_of(schema, DOCUMENT) == value


def test_the_examples_of_the_items_api_are_valid() -> None:
    api = load_project(ROOT, "local").api
    bodies = [schema for operation in api.operations if operation.body for schema in operation.body.content.values()]
    parameters = [parameter.schema for operation in api.operations for parameter in operation.parameters]
    for schema in (*bodies, *parameters):
        jsonschema_rs.Draft7Validator(to_json_schema(schema, api.document)).validate(example_of(schema, api.document))
    assert len(bodies) > 2
