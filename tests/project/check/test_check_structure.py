"""OpenAPI's own structure."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_30

from homeport.errors import ProjectError
from homeport.project.check import examine_project, usable_project
from homeport.project.source.cursor import Cursor
from homeport.project.source.document import Document
from homeport.project.source.structure import check_structure
from tests.support.project import write_files
from tests.support.spec import document, operation, report, write_document


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sumary": "x"}, "unknown key 'sumary' in an operation (did you mean summary?)"),
        ({"requestbody": {}}, "unknown key 'requestbody' in an operation (did you mean requestBody?)"),
        ({"deprecated": "yes"}, "'deprecated' must be true or false, not the text 'yes'"),
        ({"responses": {"200": {}}}, "a response needs 'description' (add it)"),
        (
            {"parameters": [{"name": "a", "in": "query", "schema": {"type": ["string", "null"]}}]},
            "'type' is one word in OpenAPI 3.0, not a list (for a value that may be null add nullable: true)",
        ),
        (
            {"parameters": [{"name": "a", "in": "query", "schema": {"const": 5}}]},
            "OpenAPI 3.0 has no 'const' (write enum with one value)",
        ),
        (
            {"parameters": [{"name": "a", "in": "query", "schema": {"exclusiveMinimum": 5}}]},
            "'exclusiveMinimum' must be true or false, not the number 5",
        ),
        (
            {"parameters": [{"name": "a", "in": "query", "schema": {"properties": {"x-b": {"typ": "string"}}}}]},
            "unknown key 'typ' in a schema (did you mean type?)",
        ),
        ({"security": [{"a": "b"}]}, None),
    ],
)
def test_the_document_has_openapis_own_structure(tmp_path: Path, change: dict[str, Any], message: str | None) -> None:
    if message is None:
        root = write_document(tmp_path, document({"/a": {"get": operation(**change)}}))
        assert [p.message for p in examine_project(root, environ={})] == [
            "there is no security scheme 'a'",
            "'a' must be a list, not the text 'b'",
        ]
        return
    assert report(tmp_path, document({"/a": {"get": operation(**change)}})) == [f"error: {message}"]


def test_examples_and_extensions_may_hold_anything(tmp_path: Path) -> None:
    schema = {"type": "object", "example": {"typ": 1}, "default": {"$ref": "x"}, "x-any": {"typ": 1}, "nullable": True}
    act = operation(**{"x-other": {"a": 1}}, callbacks={"a": {"{$request.body#/url}": {"post": operation()}}})
    assert report(tmp_path, document({"/a": {"get": act}}, components={"schemas": {"A": schema}})) == []


def is_accepted_by_the_official_schema(document: dict[str, Any]) -> bool:
    """Return whether OpenAPI's own JSON Schema accepts a document."""
    return bool(_official_schema().is_valid(document))


@cache
def _official_schema() -> jsonschema_rs.Draft4Validator:
    return jsonschema_rs.Draft4Validator(OPENAPI_30)


SCHEMA: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
WHOLE = document(
    {
        "/things/{id}": {
            "summary": "Things",
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": operation(
                tags=["things"],
                deprecated=True,
                externalDocs={"url": "https://docs.example"},
                parameters=[{"name": "q", "in": "query", "style": "form", "explode": False, "schema": SCHEMA}],
                requestBody={"required": True, "content": {"application/json": {"schema": SCHEMA, "example": {}}}},
                responses={
                    "200": {
                        "description": "Done.",
                        "headers": {"X-Next": {"schema": {"type": "integer"}}},
                        "content": {"application/json": {"schema": {"oneOf": [SCHEMA, {"type": "number"}]}}},
                        "links": {"next": {"operationId": "act", "parameters": {"q": "$response.body#/a"}}},
                    }
                },
                servers=[{"url": "https://{host}", "variables": {"host": {"default": "a", "enum": ["a"]}}}],
            ),
        }
    },
    tags=[{"name": "things", "description": "Things"}],
    servers=[{"url": "https://a.example", "description": "here"}],
    security=[{"users": ["read"]}],
    externalDocs={"url": "https://docs.example"},
    components={
        "schemas": {"Thing": {**SCHEMA, "discriminator": {"propertyName": "a"}, "additionalProperties": False}},
        "responses": {"Done": {"description": "Done."}},
        "parameters": {"Page": {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 0}}},
        "examples": {"One": {"value": 1}},
        "requestBodies": {"Thing": {"content": {"application/json": {}}}},
        "headers": {"Next": {"schema": {"type": "string"}}},
        "securitySchemes": {
            "users": {
                "type": "oauth2",
                "flows": {"implicit": {"authorizationUrl": "https://a", "scopes": {"read": "r"}}},
            }
        },
        "links": {"next": {"operationId": "act"}},
        "callbacks": {"done": {"{$request.query.q}": {"post": operation(operationId="done")}}},
    },
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value in a document."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def damage(path: tuple[str | int, ...], change: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a copy of the whole document with one value changed."""
    changed = copy.deepcopy({"": WHOLE})
    parent: Any = changed
    for key in ("", *path[:-1]) if path else ():
        parent = parent[key]
    key = path[-1] if path else ""
    parent[key] = change(parent[key])
    return changed[""]


CHANGES: dict[str, Callable[[Any], Any]] = {
    "an unknown key": lambda value: {**value, "unknownKey": 1} if isinstance(value, dict) else value,
    "a number": lambda value: 7,
    "a list": lambda value: [["x"]],
    "a text": lambda value: "x" if not isinstance(value, str) else value,
    "no keys": lambda value: {} if isinstance(value, dict) else value,
}


# What the table leaves to others, or accepts on purpose.
LEFT_OUT = {
    "a number": {"info/version"},  # ``version: 1.0`` without quotes is common
    "no keys": {
        # Reading a parameter reports a missing name or place.
        *("paths//things/{id}/parameters/0", "paths//things/{id}/get/parameters/0", "components/parameters/Page"),
        # ``operations.responses_documented`` reports operations without responses; API Gateway reads no callbacks.
        *("paths//things/{id}/get", "paths//things/{id}/get/responses"),
        *(f"components/callbacks/done/{{$request.query.q}}/post{more}" for more in ("", "/responses")),
        # A header without a schema is one of any text.
        *("paths//things/{id}/get/responses/200/headers/X-Next", "components/headers/Next"),
    },
}
# A server variable is looked at by no tool of API Gateway, so its default may be of any type.
SERVER_VARIABLE = "paths//things/{id}/get/servers/0/variables/host/default"


@pytest.mark.parametrize("change", CHANGES)
def test_the_rule_reports_a_value_that_the_official_schema_rejects(change: str) -> None:
    assert is_accepted_by_the_official_schema(WHOLE)
    missed = set()
    for path in places(WHOLE):
        damaged = damage(path, CHANGES[change])
        cursor = Cursor.root(Document("openapi.yaml", damaged, {}))
        check_structure(cursor, "an OpenAPI document")
        if not is_accepted_by_the_official_schema(damaged) and not cursor.diagnostics.all():
            missed.add("/".join(map(str, path)))
    assert missed - {SERVER_VARIABLE} == LEFT_OUT.get(change, set())


def test_a_misspelt_key_is_named_beside_what_it_keeps_from_being_read(tmp_path: Path) -> None:
    spec = {
        "openapi": "3.0.3",
        "info": {"title": "A", "version": "1"},
        "paths": {"/a": {"get": {"operatonId": "getA"}}},
    }
    root = write_files(tmp_path, {"openapi.yaml": json.dumps(spec)})
    with pytest.raises(ProjectError) as caught:
        usable_project(root)
    assert {"GET /a has no operationId, which names its handler", "unknown key 'operatonId' in an operation"} <= {
        problem.message for problem in caught.value.problems
    }
