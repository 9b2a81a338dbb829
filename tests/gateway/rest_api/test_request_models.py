from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.gateway.rest_api.request_models import Draft4, RequestModels, exact
from homeport.project.model import RequestBody
from homeport.project.schema.references import SchemaError
from tests.support.schemas import documents, schemas, values

ONE_OF_TWO = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
PET = {
    "type": "object",
    "required": ["type", "name"],
    "properties": {
        "name": {"type": "string", "minLength": 2},
        "type": {"type": "string", "enum": ["dog", "cat"]},
        "price": {"type": "number", "minimum": 25, "maximum": 500},
        "owner": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
    },
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("schema", "value", "messages"),
    [
        (
            {"type": "string"},
            True,
            ['instance type (boolean) does not match any allowed primitive type (allowed: ["string"])'],
        ),
        (
            {"type": "number"},
            "1",
            ['instance type (string) does not match any allowed primitive type (allowed: ["integer","number"])'],
        ),
        (
            {"type": ["string", "null"]},
            [],
            ['instance type (array) does not match any allowed primitive type (allowed: ["null","string"])'],
        ),
        (
            {"type": "integer"},
            1.0,
            ['instance type (number) does not match any allowed primitive type (allowed: ["integer"])'],
        ),
        ({"enum": ["a", 1]}, {"b": None}, ['instance value ({"b":null}) not found in enum (possible values: ["a",1])']),
        ({"minimum": 25}, 1.5, ["numeric instance is lower than the required minimum (minimum: 25, found: 1.5)"]),
        (
            {"minimum": 1, "exclusiveMinimum": True},
            1,
            ["numeric instance is not strictly greater than the required minimum 1"],
        ),
        ({"maximum": 2.5}, 3, ["numeric instance is greater than the required maximum (maximum: 2.5, found: 3)"]),
        (
            {"maximum": 1, "exclusiveMaximum": True},
            1.0,
            ["numeric instance is not strictly lower than the required maximum 1"],
        ),
        ({"multipleOf": 0.01}, 1.005, ["remainder of division is not zero (1.005 / 0.01)"]),
        ({"minLength": 2}, "é", ['string "é" is too short (length: 1, required minimum: 2)']),
        ({"maxLength": 1}, "{value}", ['string "{value}" is too long (length: 7, maximum allowed: 1)']),
        ({"pattern": r"^\d+$"}, "12\n", ['ECMA 262 regex "^\\d+$" does not match input string "12\n"']),
        ({"format": "email"}, "nobody", ['string "nobody" is not a valid email address']),
        (
            {"format": "date-time"},
            "2024-01-01",
            [
                'string "2024-01-01" is invalid against requested date format(s) '
                "[yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{1,12}Z]"
            ],
        ),
        ({"format": "date"}, "tomorrow", []),
        ({"minItems": 1}, [], ["array is too short: must have at least 1 elements but instance has 0 elements"]),
        ({"maxItems": 1}, [1, 2], ["array is too long: must have at most 1 elements but instance has 2 elements"]),
        ({"uniqueItems": True}, [1, 1.0], ["array must not contain duplicate elements"]),
        ({"uniqueItems": True}, [1, True, "1", [1], [True]], []),
        ({"minProperties": 1}, {}, ["object has too few properties (found 0 but schema requires at least 1)"]),
        ({"maxProperties": 0}, {"a": 1}, ["object has too many properties (found 1 but schema requires at most 0)"]),
        ({"required": ["b", "a"]}, {}, ['object has missing required properties (["a","b"])']),
        (
            {"additionalProperties": False, "properties": {"a": {}}},
            {"c": 1, "a": 1, "b": 1},
            ['object instance has properties which are not allowed by the schema: ["b","c"]'],
        ),
        (
            {"allOf": [{}, {"type": "null"}]},
            1,
            ["instance failed to match all required schemas (matched only 1 out of 2)"],
        ),
        ({"anyOf": [{"type": "null"}]}, 1, ["instance failed to match at least one required schema among 1"]),
        (ONE_OF_TWO, None, ["instance failed to match exactly one schema (matched 0 out of 2)"]),
        ({"not": {}}, None, ["instance matched a schema which it should not have"]),
    ],
)
def test_a_keyword_has_the_message_of_aws(schema: dict[str, Any], value: Any, messages: list[str]) -> None:
    assert Draft4(schema, {}).messages(exact(value)) == messages


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('{"name": "Rex", "type": "dog", "price": 25}', None),
        (
            '{"name": "Rex", "type": "dog", "extra": 1}',
            '[object instance has properties which are not allowed by the schema: ["extra"]]',
        ),
        # What the object itself lacks comes before a look at what is inside.
        ('{"name": 1}', '[object has missing required properties (["type"])]'),
        # Members by name; several messages about one member by keyword.
        (
            '{"type": 1, "name": "R"}',
            '[string "R" is too short (length: 1, required minimum: 2), '
            'instance value (1) not found in enum (possible values: ["dog","cat"]), '
            'instance type (integer) does not match any allowed primitive type (allowed: ["string"])]',
        ),
        # After a message no further member is entered.
        (
            '{"name": "R", "type": "dog", "owner": {"id": "x"}}',
            '[string "R" is too short (length: 1, required minimum: 2)]',
        ),
        (
            '{"name": "Rex", "type": "dog", "owner": {"id": "x"}}',
            '[instance type (string) does not match any allowed primitive type (allowed: ["integer"])]',
        ),
        ("", "[Unknown error parsing request body]"),
        ("{", "[Unknown error parsing request body]"),
        ('{"name": NaN}', "[Unknown error parsing request body]"),
        ("[" * 200_000, "[Unknown error parsing request body]"),
        ('{"price": 1e9999999999999999999}', "[Unknown error parsing request body]"),
    ],
)
def test_a_body_gets_the_validation_error_string_of_aws(body: str, error: str | None) -> None:
    models = RequestModels(RequestBody(True, {"application/json": PET}), {})
    assert models.validation_error("application/json", body.encode()) == error


@pytest.mark.parametrize(
    ("content", "content_type", "invalid"),
    [
        ("application/json", None, True),
        ("application/json", "", True),
        ("application/json", "Application/JSON; charset=utf-8", True),
        ("application/json", "text/plain", False),
        ("$default", "text/plain", True),
        ("application/xml", "application/json", False),
        ("application/xml", "application/xml", True),
    ],
)
def test_a_body_meets_the_model_of_its_content_type(content: str, content_type: str | None, invalid: bool) -> None:
    models = RequestModels(RequestBody(True, {content: {"type": "object"}}), {})
    assert (models.validation_error(content_type, b"<a/>") is not None) is invalid


def test_a_content_type_without_a_schema_has_no_model() -> None:
    models = RequestModels(RequestBody(True, {"application/json": {}}), {})
    assert not models
    assert models.validation_error(None, b"{") is None


def test_a_nullable_property_still_rejects_null() -> None:
    models = RequestModels(RequestBody(True, {"application/json": {"type": "string", "nullable": True}}), {})
    assert models.validation_error(None, b"null") == (
        '[instance type (null) does not match any allowed primitive type (allowed: ["string"])]'
    )


def test_a_schema_may_refer_to_itself() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/Tree"}}, "required": ["id"]}
    document = {"components": {"schemas": {"Tree": tree}}}
    models = RequestModels(RequestBody(True, {"application/json": {"$ref": "#/components/schemas/Tree"}}), document)
    assert models.validation_error(None, b'{"id": 1, "left": {"id": 2, "left": {"id": 3}}}') is None
    assert models.validation_error(None, b'{"id": 1, "left": {"id": 2, "left": {}}}') == (
        '[object has missing required properties (["id"])]'
    )


@pytest.mark.parametrize("schema", [{"$ref": "#/components/schemas/Nowhere"}, {"pattern": "("}])
def test_a_schema_that_can_not_be_used_is_an_error_at_once(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        RequestModels(RequestBody(True, {"application/json": schema}), {})


def _lawful(node: Any) -> Any:
    """Without what draft 4 forbids and OpenAPI allows, and without formats, which need no checking."""
    if isinstance(node, list):
        return [_lawful(inside) for inside in node]
    if not isinstance(node, dict):
        return node
    dropped = {"format", "required"} if node.get("required") == [] else {"format"}
    dropped |= {f"exclusive{bound}" for bound in ("Minimum", "Maximum") if bound.lower() not in node}
    return {key: _lawful(inside) for key, inside in node.items() if key not in dropped}


@settings(deadline=None)
@given(schema=schemas, document=documents, value=st.lists(values, min_size=1, max_size=4))
def test_a_model_agrees_with_another_implementation_of_draft_4(
    schema: dict[str, Any], document: dict[str, Any], value: list[Any]
) -> None:
    schema, document = _lawful(schema), _lawful(document)
    own = Draft4(schema, document)
    theirs = jsonschema_rs.Draft4Validator({**document, "allOf": [schema]})
    for one in value:
        assert (own.messages(exact(one)) == []) == theirs.is_valid(one), json.dumps([schema, document, one])
