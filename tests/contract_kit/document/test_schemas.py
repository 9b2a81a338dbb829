from __future__ import annotations

from typing import Any

import pytest

from homeport.contract.document.schemas import pattern_width
from tests.support.openapi_map import api, body, lines, with_schema


@pytest.mark.parametrize(
    ("schema", "happened"),
    [
        ({"type": "string", "minLength": 3, "maxLength": 2}, "minLength is 3, and maxLength is 2"),
        ({"type": "number", "minimum": 2, "maximum": 1}, "minimum is 2, and maximum is 1"),
        ({"type": "number", "minimum": 1, "maximum": 1, "exclusiveMaximum": True}, "minimum is 1, and maximum is 1"),
        ({"type": "array", "items": {}, "minItems": 2, "maxItems": 1}, "minItems is 2, and maxItems is 1"),
        (
            {"type": "integer", "format": "int32", "minimum": 3_000_000_000},
            "minimum is 3000000000, and format is int32",
        ),
        ({"type": "integer", "enum": ["a", "b"]}, "enum is only 'a', 'b', and type 'integer' refuses each of them"),
        ({"type": "string", "maxLength": 1, "enum": ["ab"]}, "enum is only 'ab', and maxLength 1 refuses each of them"),
        ({"enum": []}, "enum is empty, and a value must be one of it"),
        (
            {"type": "object", "additionalProperties": False, "required": ["nme"], "properties": {"name": {}}},
            "required has 'nme', and additionalProperties: false refuses it (did you mean name?)",
        ),
        (
            {"type": "object", "additionalProperties": False, "minProperties": 2, "properties": {"a": {}}},
            "minProperties is 2, and there are only 1",
        ),
        (
            {"type": "object", "maxProperties": 1, "required": ["a", "b"]},
            "maxProperties is 1, and required has 2 names",
        ),
        (
            {"type": "array", "uniqueItems": True, "minItems": 3, "items": {"enum": ["a", "b"]}},
            "minItems is 3, and uniqueItems leaves 2 items to choose",
        ),
        (
            {"type": "string", "pattern": "^[a-z]{2}$", "minLength": 3},
            "pattern takes at most 2 characters, and minLength is 3",
        ),
        (
            {"type": "string", "pattern": "[a-z]{4}", "maxLength": 3},
            "pattern needs at least 4 characters, and maxLength is 3",
        ),
        (
            {"allOf": [{"type": "string"}, {"type": "object"}]},
            "parts are of type object and string, and no value is of both",
        ),
    ],
)
def test_schema_that_nothing_satisfies_is_an_error(schema: dict[str, Any], happened: str) -> None:
    (found,) = lines(with_schema(schema))
    assert found == f"error schema-can-be-satisfied: in the schema Thing, {happened}"


def test_closed_part_that_another_part_contradicts_is_an_error() -> None:
    closed = {"type": "object", "additionalProperties": False, "properties": {"a": {}}}
    other = {"type": "object", "required": ["b"], "properties": {"b": {}}}
    (found,) = lines(with_schema({"allOf": [closed, other]}))
    assert "a part of allOf requires 'b', and the additionalProperties: false of another refuses it" in found


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 2, "maxLength": 2},
        {"type": "number", "minimum": 1, "maximum": 1},
        {"type": "string", "enum": ["a", None], "nullable": True},
        {"allOf": [{"type": "integer"}, {"type": "number"}]},
        {"allOf": [{"required": ["a"]}, {"type": "object", "properties": {"a": {}}}]},
        {"type": "object", "required": ["a"], "properties": {"b": {}}, "allOf": [{"properties": {"a": {}}}]},
        {"type": "object", "required": ["a"], "oneOf": [{"properties": {"a": {}}}, {"properties": {"a": {}, "b": {}}}]},
        {"type": "object", "required": ["a"], "additionalProperties": {"type": "string"}},
        {"not": {"enum": ["a"], "type": "integer"}},
        {"type": "string", "pattern": "^a|b$", "minLength": 3},
        {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "readOnly": True}}},
    ],
)
def test_schema_that_holds_together_is_silent(schema: dict[str, Any]) -> None:
    assert lines(with_schema(schema)) == []


def test_enum_with_one_value_too_many_is_a_warning() -> None:
    (found,) = lines(with_schema({"type": "string", "enum": ["1.0", 2]}))
    assert found == ("warning schema-can-be-satisfied: in the schema Thing, enum has 2, and type 'string' refuses that")


def test_required_name_that_no_property_has_is_a_warning() -> None:
    (found,) = lines(with_schema({"type": "object", "required": ["nmae"], "properties": {"name": {}}}))
    assert found.startswith("warning required-names-exist: in the schema Thing, required has 'nmae', and properties")


def test_required_read_only_property_of_requests_alone_is_a_warning() -> None:
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "readOnly": True}}}
    post = {"requestBody": body(schema), "responses": {"204": {"description": ""}}}
    (found,) = lines(api({"/things": {"post": post}}))
    assert found.startswith("warning required-can-be-sent: ")


def test_discriminator_that_leads_nowhere_is_an_error() -> None:
    choice = {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat", "dog": "Dog"}},
    }
    (found,) = lines(with_schema(choice, Cat={"type": "object", "properties": {"kind": {"type": "string"}}}))
    assert "'dog' of its mapping leads to Dog, and there is no such schema" in found


@pytest.mark.parametrize(
    ("pattern", "width"),
    [
        ("^[a-z]{2,4}$", (2, 4)),
        ("[a-z]{2,4}", (2, None)),
        ("^a+$", (1, None)),
        ("^(?:ab|c)$", (1, 2)),
        ("^a|bc$", (1, None)),
        ("(", None),
    ],
)
def test_width_of_a_pattern(pattern: str, width: tuple[int, int | None] | None) -> None:
    assert pattern_width(pattern) == width
