"""Values keep to their schemas, or break them in one way, and are the same for the same seed."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from typing import Any

import pytest

from homeport.contract.rest.infer import infer_model
from homeport.contract.rest.matching_text import matching_text
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.telling_values import telling_values
from homeport.contract.rest.validity import is_valid
from homeport.contract.rest.values import Values
from tests.support.rest_model import TEXT, WHOLE, answers, api_of, arrays, asks, objects, takes

SCHEMAS: list[dict[str, Any]] = [
    {"type": "string", "minLength": 3, "maxLength": 5},
    {"type": "string", "pattern": "^[a-z][a-z0-9-]{2,}$", "maxLength": 12},
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "uuid"},
    {"type": "string", "enum": ["a", "b"]},
    {"type": "integer", "minimum": 3, "maximum": 5},
    {"type": "integer", "multipleOf": 7, "minimum": 1},
    {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 1},
    {"type": "boolean"},
    {"type": "array", "items": {"type": "string", "maxLength": 4}, "minItems": 2, "maxItems": 3, "uniqueItems": True},
    {"type": "string", "nullable": True, "maxLength": 9},
    {"anyOf": [{"type": "integer", "maximum": 3}, {"type": "string", "minLength": 2}]},
    {"allOf": [{"type": "object", "properties": {"a": TEXT}, "required": ["a"]}, {"properties": {"b": WHOLE}}]},
    objects("name", name={"type": "string", "minLength": 1}, tags=arrays(TEXT), price={"type": "number"}),
]


def values(document: dict[str, Any] | None = None, seed: int = 1) -> Values:
    """Return a source of values."""
    return Values(document or {}, random.Random(seed))


@pytest.mark.parametrize("schema", SCHEMAS)
def test_random_values_are_valid_and_the_same_for_a_seed(schema: dict[str, Any]) -> None:
    source = values()
    found = [source.valid(schema) for _ in range(20)]
    assert all(is_valid(one, schema, {}) for one in found)
    again = values()
    assert found == [again.valid(schema) for _ in range(20)]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_telling_values_are_valid_and_each_another(schema: dict[str, Any]) -> None:
    found = values().telling(schema)
    assert found
    assert all(is_valid(one, schema, {}) for one in found)
    assert all(one != other or type(one) is not type(other) for n, one in enumerate(found) for other in found[:n])
    assert found == values(seed=2).telling(schema)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_invalid_values_break_their_schema(schema: dict[str, Any]) -> None:
    found = values().invalid(schema)
    assert found
    assert not any(is_valid(one.value, schema, {}) for one in found)
    assert all(one.reason for one in found)


def test_telling_texts_have_spaces_around_them_other_forms_and_the_extreme_lengths() -> None:
    found = values().telling({"type": "string", "maxLength": 40})
    assert any(one != one.strip() for one in found)
    assert any("e\u0301" in one for one in found)
    assert "" in found
    assert max(map(len, found)) == 40


def test_telling_numbers_have_bounds_and_many_digits() -> None:
    found = values().telling({"type": "number", "minimum": 0, "maximum": 10**30})
    assert {0, 10**30, Decimal("0.1")} <= set(found)
    assert Decimal("1.2345678901234567890123456789") in found
    assert all(len(str(one)) < 20 for one in values().telling({"type": "number", "format": "double", "maximum": 1}))
    assert 2**53 + 1 in values().telling({"type": "integer", "format": "int64"})


def test_null_and_empty_values_are_telling_where_the_schema_lets_them_in() -> None:
    assert None in values().telling({"type": "string", "nullable": True})
    assert [] in values().telling({"type": "array", "items": TEXT})
    assert None not in values().telling({"type": "string"})


def test_a_schema_that_refers_to_itself_has_telling_values() -> None:
    reference = {"$ref": "#/components/schemas/Pet"}
    young = {"type": "array", "items": reference}
    properties = {"name": {"type": "string"}, "mother": reference, "young": young}
    pet = {"type": "object", "required": ["name"], "properties": properties}
    found = telling_values(reference, {"components": {"schemas": {"Pet": pet}}})
    assert any(value.get("mother") for value in found)


def test_times_have_offsets_and_fractions() -> None:
    found = values().telling({"type": "string", "format": "date-time"})
    assert any(one.endswith("+05:30") for one in found)
    assert any(".123456Z" in one for one in found)


@pytest.mark.parametrize(
    ("schema", "reasons"),
    [
        ({"type": "string", "minLength": 2, "maxLength": 5}, {"shorter than minLength 2", "longer than maxLength 5"}),
        (
            {"type": "integer", "minimum": 1, "maximum": 9},
            {"less than minimum 1", "greater than maximum 9", "a fraction in place of integer"},
        ),
        ({"type": "string", "enum": ["a"]}, {"none of the enum's values"}),
        (arrays(TEXT, maxItems=2, uniqueItems=True), {"more than maxItems 2", "the same item twice"}),
        (
            {**objects("a", a=WHOLE), "additionalProperties": False},
            {"without a", "with an unknown property", "a: a string in place of integer"},
        ),
    ],
)
def test_invalid_values_say_how_they_break_their_schema(schema: dict[str, Any], reasons: set[str]) -> None:
    assert reasons <= {one.reason for one in values().invalid(schema)}


def test_invalid_bodies_change_one_property_of_the_base_and_point_at_it() -> None:
    schema = objects("name", name={"type": "string", "maxLength": 3}, size=WHOLE)
    found = [one for one in values().invalid(schema, {"name": "abc", "size": 4}) if one.pointer == "/name"]
    assert {"name": "abcc", "size": 4} in [one.value for one in found]


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[0-9]{9}_[a-z]+$",
        r"^(?:ab|cd){2,3}$",
        r"^\d{4}-\d{2}$",
        r"^[^/]+$",
        r"^a?b*c+$",
        r"^\w+@x\.de$",
        r"^(a)\1$",
        r"x",
    ],
)
def test_a_text_matches_its_pattern(pattern: str) -> None:
    for seed in range(10):
        text = matching_text(pattern, random.Random(seed))
        assert text is not None
        assert re.search(pattern, text)


def notes(post: dict[str, Any], id_schema: dict[str, Any] | None = None) -> tuple[Values, Resource]:
    """Return the values and the resource of an API of notes."""
    item = asks(answers(objects(noteId=TEXT)), "path", noteId=id_schema or TEXT)
    document = {"paths": {"/notes": {"post": post}, "/notes/{noteId}": {"get": item}}}
    model = infer_model(api_of(document))
    return values(document), model.resources[0]


def test_a_body_is_the_richest_valid_example_with_an_id_of_its_own() -> None:
    schema = objects("text", noteId=TEXT, text=TEXT, size=WHOLE)
    post = takes(schema, answers(objects(noteId=TEXT, text=TEXT), "201"))
    media = post["requestBody"]["content"]["application/json"]
    media["examples"] = {
        "least": {"value": {"text": "x"}},
        "wrong": {"value": {"text": 1, "size": 2, "noteId": "a", "more": True}},
        "whole": {"value": {"noteId": "1", "text": "y", "size": 2}},
    }
    source, resource = notes(post)
    assert resource.create is not None
    body = source.body(resource.create, resource)
    assert {**body, "noteId": "1"} == {"noteId": "1", "text": "y", "size": 2}
    assert body["noteId"] != source.body(resource.create, resource)["noteId"]
    assert {"text": "x"} in source.bodies(resource.create, resource)


def test_an_operation_without_a_body_has_none() -> None:
    source, resource = notes(answers(objects(noteId=TEXT), "201"))
    assert resource.create is not None
    assert source.body(resource.create, resource) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "format": "uuid"},
        {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        {"type": "string", "pattern": "^note-[0-9]{4}$"},
        {"type": "integer", "minimum": 1, "maximum": 999_999},
        {"type": "string", "minLength": 1, "maxLength": 8},
    ],
)
def test_a_new_id_is_valid_and_new(schema: dict[str, Any]) -> None:
    source, resource = notes(answers(objects(), "201"), schema)
    found = [source.new_id(resource) for _ in range(5)]
    assert all(is_valid(one, schema, {}) for one in found)
    assert len(set(found)) > 1


def test_a_parameter_has_the_value_of_its_example() -> None:
    get = {**answers(arrays(TEXT)), "parameters": [{"name": "kind", "in": "query", "schema": TEXT, "example": "red"}]}
    document = {"paths": {"/notes": {"get": asks(get, color={"type": "string", "enum": ["a"], "default": "a"})}}}
    operation = api_of(document).operations[0]
    assert values(document).parameter(operation, "kind") == "red"
    assert values(document).parameter(operation, "color") == "a"


@pytest.mark.parametrize(
    ("name", "schema", "seconds"),
    [
        ("ttl_seconds", {"type": "integer", "minimum": 1}, 86_400),
        ("expiresIn", {"type": "integer", "minimum": 1, "maximum": 600}, 600),
        ("titleLength", {"type": "integer", "minimum": 1}, 1),
    ],
)
def test_a_new_resource_lives_as_long_as_a_run(name: str, schema: dict[str, Any], seconds: int) -> None:
    note = objects("id", id=TEXT)
    body = takes(objects(name, **{name: schema}), answers(note, "201"))
    document = {"paths": {"/notes": {"post": body}, "/notes/{id}": {"get": answers(note)}}}
    api = api_of(document)
    (resource,) = infer_model(api).resources
    assert values(document).body(api.operations[0], resource) == {name: seconds}
