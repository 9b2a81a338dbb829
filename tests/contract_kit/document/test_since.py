from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from homeport.contract.document.since.comparison import compare_documents
from tests.support.openapi_map import answer, api, as_document, body

_ID = {"name": "itemId", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
_LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}}
_INPUT: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 200},
        "status": {"type": "string", "enum": ["draft", "active"], "default": "draft"},
        "price": {"type": "number", "nullable": True},
    },
}
_ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["itemId", "name", "kind"],
    "properties": {
        "itemId": {"type": "string", "format": "uuid"},
        "name": {"type": "string", "maxLength": 200},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "note": {"type": "string"},
    },
}
_HEADERS = {"Location": {"schema": {"type": "string"}}, "ETag": {"required": True, "schema": {"type": "string"}}}
BEFORE = api(
    {
        "/items": {
            "get": {
                "operationId": "listItems",
                "parameters": [_LIMIT],
                "responses": {"200": answer({"type": "array", "items": {"$ref": "#/components/schemas/Item"}})},
            },
            "post": {
                "operationId": "createItem",
                "requestBody": body({"$ref": "#/components/schemas/Input"}),
                "responses": {
                    "201": {**answer({"$ref": "#/components/schemas/Item"}), "headers": _HEADERS},
                    "409": {"description": ""},
                },
            },
        },
        "/items/{itemId}": {
            "get": {"operationId": "getItem", "parameters": [_ID], "responses": {"200": {"description": ""}}}
        },
    },
    schemas={"Item": _ITEM, "Input": _INPUT},
)


def _changed(change: Callable[[Any], object]) -> list[str]:
    now = copy.deepcopy(BEFORE)
    change(now)
    found = compare_documents(as_document(BEFORE), as_document(now), "v1")
    return [f"{each.effect}: {each.operation}: {each.says}" for each in found.changes]


def _path(document: Any, *keys: str) -> Any:
    for key in keys:
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def _set(*keys_and_value: Any) -> Callable[[Any], None]:
    *keys, last, value = keys_and_value
    return lambda document: _path(document, *keys).__setitem__(last, value)


def _drop(*keys: str) -> Callable[[Any], None]:
    return lambda document: _path(document, *keys[:-1]).__delitem__(keys[-1])


_LIST = ("paths", "/items", "get")
_POST = ("paths", "/items", "post")
_INPUTS = ("components", "schemas", "Input")
_ITEMS = ("components", "schemas", "Item")
_OF_ITEM = "an item of the answer 200"


def test_same_document_has_no_changes() -> None:
    assert _changed(lambda _: None) == []


@pytest.mark.parametrize(
    ("change", "operation", "says"),
    [
        (_drop("paths", "/items/{itemId}"), "GET /items/{itemId}", "the path is gone"),
        (_drop(*_LIST), "GET /items", "the operation is gone"),
        (
            _drop(*_POST, "responses", "201", "headers", "Location"),
            "POST /items",
            "the answer 201 no longer has the header Location",
        ),
        (
            _drop(*_POST, "responses", "201", "headers", "ETag", "required"),
            "POST /items",
            "the answer 201 may lack the header ETag now",
        ),
        (
            _set(*_LIST, "parameters", [{**_LIMIT, "required": True}]),
            "GET /items",
            "the query parameter 'limit' is required now",
        ),
        (
            _set(*_LIST, "parameters", [_LIMIT, {"name": "q", "in": "query", "required": True, "schema": {}}]),
            "GET /items",
            "the query parameter 'q' is new, and required",
        ),
        (_set(*_LIST, "parameters", []), "GET /items", "the query parameter 'limit' is gone"),
        (
            _set(*_LIST, "parameters", "0", "schema", "maximum", 50),
            "GET /items",
            "the query parameter 'limit' has maximum 50 now, not 100",
        ),
        (
            _set(*_LIST, "parameters", "0", "schema", "default", 10),
            "GET /items",
            "the query parameter 'limit' has the default 10 now, not 25",
        ),
        (
            _set(*_LIST, "parameters", "0", "explode", False),
            "GET /items",
            "the query parameter 'limit' is written another way now",
        ),
        (
            _set("paths", "/items/{itemId}", "get", "parameters", "0", "schema", "format", "date"),
            "GET /items/{itemId}",
            "the path parameter 'itemId' has the format 'date' now, not 'uuid'",
        ),
        (_set(*_INPUTS, "required", ["name", "status"]), "POST /items", "the request body must have 'status' now"),
        (
            _set(*_INPUTS, "properties", "name", "maxLength", 100),
            "POST /items",
            "'name' of the request body has maxLength 100 now, not 200",
        ),
        (
            _set(*_INPUTS, "properties", "name", "pattern", "^a"),
            "POST /items",
            "'name' of the request body has the pattern '^a' now, and had none",
        ),
        (
            _set(*_INPUTS, "properties", "status", "enum", ["draft"]),
            "POST /items",
            "'status' of the request body can no longer be 'active'",
        ),
        (
            _set(*_INPUTS, "properties", "price", "nullable", False),
            "POST /items",
            "'price' of the request body is number now, not null or number",
        ),
        (
            _set(*_INPUTS, "properties", "price", "type", "integer"),
            "POST /items",
            "'price' of the request body is integer or null now, not null or number",
        ),
        (
            _drop(*_INPUTS, "properties", "price"),
            "POST /items",
            "the request body can no longer have the property 'price'",
        ),
        (_drop(*_ITEMS, "properties", "note"), "GET /items", f"{_OF_ITEM} no longer has the property 'note'"),
        (_set(*_ITEMS, "required", ["itemId", "name"]), "GET /items", f"{_OF_ITEM} may lack 'kind' now"),
        (
            _set(*_ITEMS, "properties", "name", "nullable", True),
            "GET /items",
            f"'name' of {_OF_ITEM} is null or string now, not string",
        ),
        (
            _set(*_ITEMS, "properties", "itemId", "type", "integer"),
            "GET /items",
            f"'itemId' of {_OF_ITEM} is integer now, not string",
        ),
        (
            _set(*_ITEMS, "properties", "name", "maxLength", 300),
            "GET /items",
            f"'name' of {_OF_ITEM} has maxLength 300 now, not 200",
        ),
        (_set("security", [{"users": []}]), "GET /items", "credentials are asked for now (users)"),
    ],
)
def test_change_that_breaks_clients(change: Callable[[Any], object], operation: str, says: str) -> None:
    assert f"breaking: {operation}: {says}" in _changed(change)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            _set(*_ITEMS, "properties", "kind", "enum", ["a", "b", "c"]),
            f"risky: GET /items: 'kind' of {_OF_ITEM} can be 'c' now",
        ),
        (_drop(*_POST, "responses", "409"), "risky: POST /items: the answer 409 is gone"),
        (_set(*_POST, "responses", "200", {"description": ""}), "risky: POST /items: the answer 200 is new"),
        (
            lambda document: (
                document["paths"].pop("/items/{itemId}"),
                document["paths"].update(
                    {"/{proxy+}": {"x-amazon-apigateway-any-method": {"responses": {"200": {"description": ""}}}}}
                ),
            ),
            "risky: GET /items/{itemId}: the operation is gone, and ANY /{proxy+} gets its requests",
        ),
    ],
)
def test_change_that_breaks_some_clients(change: Callable[[Any], object], line: str) -> None:
    assert line in _changed(change)


@pytest.mark.parametrize(
    "change",
    [
        _set("paths", "/more", {"get": {"responses": {"200": {"description": ""}}}}),
        _set(*_INPUTS, "properties", "more", {"type": "string"}),
        _set(*_INPUTS, "properties", "name", "maxLength", 300),
        _set(*_INPUTS, "properties", "status", "enum", ["draft", "active", "gone"]),
        _set(*_INPUTS, "required", []),
        _set(*_ITEMS, "properties", "more", {"type": "string"}),
        _set(*_ITEMS, "properties", "name", "maxLength", 100),
        _set(*_ITEMS, "properties", "kind", "enum", ["a"]),
        _set(*_ITEMS, "required", ["itemId", "name", "kind", "note"]),
        _set(*_LIST, "parameters", [_LIMIT, {"name": "q", "in": "query", "schema": {}}]),
        _set(*_LIST, "responses", "404", {"description": ""}),
    ],
)
def test_change_that_breaks_nobody(change: Callable[[Any], object]) -> None:
    found = _changed(change)
    assert found
    assert all(line.startswith("compatible: ") for line in found)


def test_success_status_that_changed_is_named_with_the_new_one() -> None:
    def change(document: Any) -> None:
        responses = _path(document, *_POST, "responses")
        responses["200"] = responses.pop("201")

    assert "breaking: POST /items: the answer 201 is gone, 200 is new" in _changed(change)


def test_variable_of_a_path_may_change_its_name() -> None:
    def change(document: Any) -> None:
        item = document["paths"].pop("/items/{itemId}")
        item["get"]["parameters"] = [{**_ID, "name": "id"}]
        document["paths"]["/items/{id}"] = item

    assert _changed(change) == []


def test_media_type_that_is_gone_breaks() -> None:
    def change(document: Any) -> None:
        content = _path(document, *_LIST, "responses", "200", "content")
        content["application/xml"] = content.pop("application/json")

    assert "breaking: GET /items: the answer 200 is no longer application/json" in _changed(change)


def test_property_that_was_renamed_is_said_to_be() -> None:
    def change(document: Any) -> None:
        properties = _path(document, *_ITEMS, "properties")
        properties["remark"] = properties.pop("note")

    assert f"breaking: GET /items: {_OF_ITEM} no longer has the property 'note', which may be 'remark' now" in _changed(
        change
    )


def test_schema_that_becomes_one_of_two_alternatives() -> None:
    either = {"anyOf": [{"type": "string"}, {"nullable": True, "enum": [None]}]}
    assert _changed(_set(*_ITEMS, "properties", "note", either)) == [
        f"breaking: GET /items: 'note' of {_OF_ITEM} can be null now"
    ]
    assert _changed(
        _set(*_INPUTS, "properties", "name", {"anyOf": [{"type": "string", "maxLength": 200}, {"type": "integer"}]})
    ) == ["compatible: POST /items: 'name' of the request body can be integer now"]


def test_schema_that_refers_to_itself_is_compared_once() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Input"}}}
    found = _changed(_set(*_INPUTS, "properties", "next", node))
    assert found == ["compatible: POST /items: the request body has the new property 'next'"]


def test_allof_is_laid_together() -> None:
    def change(document: Any) -> None:
        item = document["components"]["schemas"]["Item"]
        document["components"]["schemas"]["Item"] = {"allOf": [item, {"type": "object"}]}

    assert _changed(change) == []


def test_finding_names_both_lines() -> None:
    now = copy.deepcopy(BEFORE)
    _drop(*_ITEMS, "properties", "note")(now)
    (found,) = compare_documents(as_document(BEFORE), as_document(now), "v1").findings()
    assert found.severity == "error"
    assert found.promise == "A client of v1 can use the API of now"
    assert found.happened.endswith(" (openapi.json:128 at v1, openapi.json:105 now)")
