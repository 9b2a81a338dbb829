from __future__ import annotations

from typing import Any

import pytest

from tests.support.openapi_map import answer, api, body, lines, with_schema


def _get(**response: Any) -> dict[str, Any]:
    return api({"/things": {"get": {"responses": {"200": response}}}})


def test_example_of_another_type_is_found_with_both_lines() -> None:
    (found,) = lines(_get(**answer({"type": "object", "properties": {"n": {"type": "integer"}}}, example={"n": "x"})))
    assert found.startswith("error example-fits-schema: the example of the answer 200 of GET /things doesn't at /n:")
    assert "(the schema is at openapi.json:19)" in found


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"type": "string", "enum": ["a"]}, "b"),
        ({"type": "string", "maxLength": 2}, "abc"),
        ({"type": "string", "pattern": "^[a-z]+$"}, "A"),
        ({"type": "string", "format": "date-time"}, "2026-01-31T09:30:00"),
        ({"type": "object", "required": ["a"]}, {}),
        ({"type": "object", "additionalProperties": False, "properties": {"a": {}}}, {"b": 1}),
        ({"type": "array", "maxItems": 1, "items": {"type": "string"}}, ["a", "b"]),
        ({"type": "integer", "maximum": 5}, 6),
        ({"type": "string"}, None),
    ],
)
def test_example_that_its_schema_refuses_is_an_error(schema: dict[str, Any], example: Any) -> None:
    for beside in (
        answer(schema, example=example),
        answer(schema, examples={"one": {"value": example}}),
        answer({**schema, "example": example}),
    ):
        (found,) = lines(_get(**beside))
        assert found.startswith("error example-fits-schema: ")


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"type": "string", "nullable": True}, None),
        ({"type": "object", "properties": {"n": {"type": "integer"}}}, '{"n": 1}'),
        ({"type": "integer"}, 1),
        ({"type": "object", "properties": {"id": {"readOnly": True, "type": "string"}}}, {"id": "1"}),
    ],
)
def test_example_that_fits_is_silent(schema: dict[str, Any], example: Any) -> None:
    assert lines(_get(**answer(schema, example=example))) == []


def test_example_of_another_format_is_not_compared() -> None:
    content = {"application/xml": {"schema": {"type": "object"}, "example": "<a/>"}}
    assert lines(_get(description="", content=content)) == []


def test_read_only_property_in_the_example_of_a_request_is_a_warning() -> None:
    schema = {"type": "object", "properties": {"id": {"readOnly": True, "type": "string"}}}
    post = {"requestBody": body(schema, example={"id": "1"}), "responses": {"201": {"description": ""}}}
    (found,) = lines(api({"/things": {"post": post}}))
    assert found.startswith("warning example-fits-schema: ")


def test_examples_of_parameters_and_headers_are_compared() -> None:
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 10}, "example": 11}
    header = {"schema": {"type": "integer"}, "example": "soon"}
    responses = {"503": {"description": "", "headers": {"Retry-After": header}}}
    found = lines(api({"/things": {"get": {"parameters": [limit], "responses": responses}}}))
    assert [line.partition(" doesn't")[0] for line in found] == [
        "error example-fits-schema: the example of the query parameter 'limit' of GET /things",
        "error example-fits-schema: the example of the header Retry-After of the answer 503 of GET /things",
    ]


def test_list_in_a_query_may_be_written_as_it_is_sent() -> None:
    tags = {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}, "example": "a,b"}
    assert lines(api({"/things": {"get": {"parameters": [tags], "responses": {"200": answer({})}}}})) == []


def test_default_that_its_schema_refuses_is_an_error() -> None:
    (found,) = lines(with_schema({"type": "object", "properties": {"n": {"type": "integer", "default": "1x"}}}))
    assert found.startswith("error default-fits-schema: the default of the schema Thing.n doesn't: ")


def test_default_null_stands_for_none() -> None:
    assert lines(with_schema({"type": "object", "properties": {"n": {"type": "integer", "default": None}}})) == []


def test_one_mistake_of_several_examples_is_one_finding() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    examples = {"one": {"value": {"n": "x"}}, "two": {"value": {"n": "y"}}}
    (found,) = lines(_get(**answer(schema, examples=examples)))
    assert found.endswith("; the same in line 30")


def test_shared_example_is_one_finding() -> None:
    get = {"responses": {"200": answer({"type": "integer"}, examples={"one": {"$ref": "#/components/examples/One"}})}}
    document = api({"/a": {"get": get}, "/b": {"get": get}}, components={"examples": {"One": {"value": "x"}}})
    assert len(lines(document)) == 2
    shared = {"$ref": "#/components/responses/Answer"}
    components = {"examples": {"One": {"value": "x"}}, "responses": {"Answer": get["responses"]["200"]}}
    paths = {path: {"get": {"responses": {"200": shared}}} for path in ("/a", "/b")}
    assert len(lines(api(paths, components=components))) == 1
