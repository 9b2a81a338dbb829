"""homeport/project/schema/json_schema.py: OpenAPI 3.0's dialect in draft-07."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.converter import to_json_schema as independent_translation

from homeport.project.schema.json_schema import to_json_schema
from homeport.project.schema.references import SchemaError, resolve_reference
from tests.support.schemas import documents, schemas, values

NULL = {"type": "null"}


def translate(schema: Mapping[str, Any], **components: Any) -> dict[str, Any]:
    return to_json_schema(schema, {"components": {"schemas": components}})


def test_keywords_that_say_nothing_about_values_are_dropped() -> None:
    schema = {
        "type": "string",
        "title": "T",
        "description": "D",
        "default": "a",
        "example": "a",
        "deprecated": True,
        "externalDocs": {"url": "x"},
        "xml": {"name": "x"},
        "x-own": 1,
        "maxLength": 3,
        "format": "password",
    }
    assert translate(schema) == {"type": "string", "maxLength": 3, "format": "password"}


@pytest.mark.parametrize(
    ("schema", "translated"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"nullable": True}, {}),
        (
            {"type": "string", "nullable": True, "enum": ["a", None]},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        ({"type": "string", "nullable": True, "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a"]}),
        (
            {"nullable": True, "allOf": [{"type": "string"}]},
            {"anyOf": [{"allOf": [{"type": "string"}]}, NULL]},
        ),
        (
            {"type": "number", "nullable": True, "anyOf": [{"minimum": 1}]},
            {"anyOf": [{"type": "number", "anyOf": [{"minimum": 1}]}, NULL]},
        ),
        (
            {"type": "string", "nullable": True, "enum": ["a"], "not": {"enum": ["b"]}},
            {"type": "string", "enum": ["a"], "not": {"enum": ["b"]}},
        ),
    ],
)
def test_nullable_lets_null_in_unless_an_enum_keeps_it_out(schema: Any, translated: Any) -> None:
    assert translate(schema) == translated


@pytest.mark.parametrize(
    ("schema", "translated"),
    [
        ({"minimum": 1, "maximum": 2}, {"minimum": 1, "maximum": 2}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"minimum": 1, "exclusiveMinimum": False}, {"minimum": 1}),
        ({"maximum": 0, "exclusiveMaximum": True}, {"exclusiveMaximum": 0}),
        ({"exclusiveMinimum": True, "exclusiveMaximum": True}, {}),
        ({"type": "integer", "format": "int32"}, {"minimum": -(2**31), "maximum": 2**31 - 1}),
        ({"type": "integer", "format": "int64", "minimum": 1}, {"minimum": 1, "maximum": 2**63 - 1}),
        ({"type": "integer", "format": "int32", "minimum": -(2**40)}, {"minimum": -(2**31), "maximum": 2**31 - 1}),
        (
            {"type": "integer", "format": "int32", "maximum": 5, "exclusiveMaximum": True},
            {"minimum": -(2**31), "maximum": 2**31 - 1, "exclusiveMaximum": 5},
        ),
        ({"type": "number", "format": "float"}, {}),
        ({"type": "string", "format": "int32"}, {}),
    ],
)
def test_bounds_are_numbers(schema: Any, translated: Any) -> None:
    kept = {word: schema[word] for word in ("type", "format") if word in schema}
    assert translate(schema) == {**kept, **translated}


def test_references_become_definitions_and_recursion_stays() -> None:
    tree = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Tree"}}}
    assert translate({"$ref": "#/components/schemas/Tree"}, Tree=tree) == {
        "$ref": "#/definitions/Tree",
        "definitions": {"Tree": {"type": "object", "properties": {"next": {"$ref": "#/definitions/Tree"}}}},
    }


def test_keys_beside_a_reference_are_ignored_but_for_nullable() -> None:
    schema = {"$ref": "#/components/schemas/A", "maxLength": 1, "nullable": True}
    assert translate(schema, A={"type": "string"}) == {
        "anyOf": [{"$ref": "#/definitions/A"}, NULL],
        "definitions": {"A": {"type": "string"}},
    }


def test_references_may_lead_anywhere_in_the_document_and_names_never_meet() -> None:
    document = {
        "components": {
            "schemas": {"a b": {"type": "string"}, "a_b": {"type": "integer"}, "Pets": {"items": {"enum": [1]}}}
        }
    }
    schema = {
        "properties": {
            "one": {"$ref": "#/components/schemas/a%20b"},
            "two": {"$ref": "#/components/schemas/a_b"},
            "three": {"$ref": "#/components/schemas/Pets/items"},
        }
    }
    assert to_json_schema(schema, document) == {
        "properties": {
            "one": {"$ref": "#/definitions/a_b"},
            "two": {"$ref": "#/definitions/a_b.2"},
            "three": {"$ref": "#/definitions/items"},
        },
        "definitions": {"a_b": {"type": "string"}, "a_b.2": {"type": "integer"}, "items": {"enum": [1]}},
    }


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("#/components/schemas/Gone", "$ref #/components/schemas/Gone leads nowhere (there is no 'Gone' on the way)"),
        ("other.yaml#/A", "$ref other.yaml#/A leads out of the file (only references that start with #/ are followed)"),
        ("#/components/schemas/A", "$ref #/components/schemas/A leads back to itself (give it a schema of its own)"),
    ],
)
def test_a_reference_to_nothing_is_rejected(reference: str, message: str) -> None:
    loop = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    with pytest.raises(SchemaError) as failure:
        translate({"$ref": reference}, **loop)
    assert str(failure.value) == message


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (None, "a schema must be a map, not None"),
        ({"items": [{}]}, "a schema must be a map, not [{}]"),
        ({"type": "strin"}, "there is no type strin (use array, boolean, integer, null, number, object, string)"),
        ({"type": ["string", "null"]}, "type must be a word, not ['string', 'null']"),
        ({"required": True}, "required must be a list, not True"),
        ({"properties": None}, "properties must be a map, not None"),
        ({"pattern": 12}, "pattern must be a text, not 12"),
        ({"minimum": "1"}, "minimum must be a number, not '1'"),
        ({"maxLength": True}, "maxLength must be a whole number, not True"),
        ({"additionalProperties": 0}, "additionalProperties must be true, false or a schema, not 0"),
        ({"multipleOf": 0}, "multipleOf must be greater than 0, not 0"),
        ({"properties": {"a": {"allOf": {}}}}, "allOf must be a list, not {}"),
    ],
)
def test_a_schema_that_no_validator_could_use_is_rejected(schema: Any, message: str) -> None:
    with pytest.raises(SchemaError) as failure:
        translate(schema)
    assert str(failure.value) == message


def test_a_pointer_is_unescaped() -> None:
    assert resolve_reference("#/paths/~1a~0b/0", {"paths": {"/a~b": ["found"]}}) == "found"


def test_read_only_properties_are_rejected_in_requests_and_write_only_ones_in_responses() -> None:
    document = {"components": {"schemas": {"Id": {"type": "string", "readOnly": True}}}}
    schema = {
        "type": "object",
        "required": ["id", "name", "secret"],
        "properties": {
            "id": {"allOf": [{"$ref": "#/components/schemas/Id"}]},
            "name": {"type": "string"},
            "secret": {"type": "string", "writeOnly": True},
        },
    }
    assert to_json_schema(schema, document, "request") == {
        "type": "object",
        "properties": {"id": False, "name": {"type": "string"}, "secret": {"type": "string"}},
        "required": ["name", "secret"],
    }
    assert to_json_schema(schema, document, "response") == {
        "type": "object",
        "properties": {"id": {"allOf": [{"$ref": "#/definitions/Id"}]}, "name": {"type": "string"}, "secret": False},
        "required": ["id", "name"],
        "definitions": {"Id": {"type": "string"}},
    }


def test_a_discriminator_chooses_among_references() -> None:
    schema = {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {"propertyName": "kind", "mapping": {"puss": "#/components/schemas/Cat", "hound": "Dog"}},
    }
    translated = translate(schema, Cat={"required": ["purrs"]}, Dog={"required": ["barks"]})
    assert translated == {
        "allOf": [
            {
                "type": "object",
                "required": ["kind"],
                "properties": {"kind": {"enum": ["Cat", "puss", "Dog", "hound"]}},
            },
            {
                "if": {"required": ["kind"], "properties": {"kind": {"enum": ["Cat", "puss"]}}},
                "then": {"$ref": "#/definitions/Cat"},
            },
            {
                "if": {"required": ["kind"], "properties": {"kind": {"enum": ["Dog", "hound"]}}},
                "then": {"$ref": "#/definitions/Dog"},
            },
        ],
        "definitions": {"Cat": {"required": ["purrs"]}, "Dog": {"required": ["barks"]}},
    }


def test_a_mapping_wins_over_the_name_of_a_schema() -> None:
    schema = {
        "anyOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}],
        "discriminator": {"propertyName": "k", "mapping": {"A": "B"}},
    }
    chosen = translate(schema, A={}, B={})["allOf"][1:]
    assert [choice["if"]["properties"]["k"]["enum"] for choice in chosen] == [["B", "A"]]


def test_a_discriminator_among_inline_schemas_is_only_a_hint() -> None:
    schema = {"oneOf": [{"type": "string"}, {"type": "integer"}], "discriminator": {"propertyName": "kind"}}
    assert translate(schema) == {"oneOf": [{"type": "string"}, {"type": "integer"}]}


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(schemas, documents, st.lists(values, min_size=4, max_size=8))
def test_an_independent_translation_accepts_the_same_values(schema: Any, document: Any, candidates: list[Any]) -> None:
    def other(node: Any) -> Any:
        return independent_translation(
            deepcopy(node),
            nullable_keyword="nullable",
            update_quantifiers=False,
            upgrade_legacy_exclusive_bounds=True,
            merge_ref_siblings=False,
        )

    components = {name: other(node) for name, node in document["components"]["schemas"].items()}
    theirs = jsonschema_rs.Draft7Validator(
        {"allOf": [other(schema)], "components": {"schemas": components}}, validate_formats=True
    )
    translated = jsonschema_rs.Draft7Validator(to_json_schema(schema, document), validate_formats=True)
    assert [translated.is_valid(value) for value in candidates] == [theirs.is_valid(value) for value in candidates]
