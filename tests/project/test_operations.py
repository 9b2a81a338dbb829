"""Paths and operations: ids, handlers, parameters, bodies, references."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.project.model import Parameter, RequestBody
from tests.support.spec import document, errors, load, operation, write_document

ANY = "x-amazon-apigateway-any-method"


def messages(root: Path, paths: dict[str, Any], handlers: tuple[str, ...] = ("act",), **more: Any) -> list[str]:
    """Return the problems that reading these paths reports, without places and hints."""
    lines = errors(write_document(root, document(paths, **more), handlers=handlers))
    return [line.partition("error: ")[2].partition(" (")[0] for line in lines]


def test_any_methods_greedy_paths_and_the_default_route_have_their_route_keys(tmp_path: Path) -> None:
    paths = {
        "/a": {ANY: operation(operationId="one")},
        "/a/{proxy+}": {"patch": operation(operationId="two")},
        "/$default": {ANY: {"isDefaultRoute": True, "x-homeport": {"handler": "one"}, "responses": {}}},
        "/": {"get": {"x-homeport": {"handler": "one"}, "responses": {}}},
    }
    api = load(write_document(tmp_path, document(paths), handlers=("one", "two"))).api
    assert [(o.id, o.route_key, o.function, o.named) for o in api.operations] == [
        ("one", "ANY /a", "one", True),
        ("two", "PATCH /a/{proxy+}", "two", True),
        ("default", "$default", "default", False),
        ("get", "GET /", "get", False),
    ]
    assert {o.handler for o in api.operations if not o.named} == {"service.handlers.one.handler"}


def test_an_operation_needs_an_id_or_a_handler(tmp_path: Path) -> None:
    assert messages(tmp_path, {"/a": {"get": {"responses": {}}}}) == [
        "GET /a has no operationId, which names its handler"
    ]


def test_made_ids_are_all_different(tmp_path: Path) -> None:
    mine = {"x-homeport": {"handler": "act"}, "responses": {}}
    api = load(write_document(tmp_path, document({"/a/b": {"get": mine}, "/a-b": {"get": mine}}))).api
    assert [o.id for o in api.operations] == ["getAB", "getAB2"]


@pytest.mark.parametrize("name", ["get thing", "1st", "get/thing", "größe", "GET HTTP", "_x"])
def test_an_operation_id_that_names_no_module_is_an_error(tmp_path: Path, name: str) -> None:
    assert messages(tmp_path, {"/a": {"get": operation(operationId=name)}}) == [
        f"the operationId {name!r} can't name a handler"
    ]


def test_two_operations_never_share_an_id_or_a_module(tmp_path: Path) -> None:
    paths = {"/a": {"get": operation(), "put": operation(), "post": operation(operationId="Act")}}
    lines = errors(write_document(tmp_path, document(paths)))
    assert lines == [
        "openapi.yaml:18: error: the operationId 'act' is taken (line 10) (give each operation its own)",
        "openapi.yaml:26: error: the operationIds 'Act' and 'act' (line 10) both name act.py (rename one of them)",
    ]


def test_duplicates_on_one_line_are_seen(tmp_path: Path) -> None:
    write_document(tmp_path, {})
    (tmp_path / "openapi.yaml").write_text(
        "{openapi: 3.0.3, info: {title: T, version: '1'}, "
        "paths: {/a: {get: {operationId: act}, put: {operationId: act}}}}"
    )
    assert [line for line in errors(tmp_path) if "taken" in line]


def test_parameters_of_the_path_are_merged_with_those_of_the_operation(tmp_path: Path) -> None:
    item = {
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
            {"$ref": "#/components/parameters/Limit"},
        ],
        "get": operation(
            parameters=[
                {"name": "x-trace", "in": "header", "required": True, "schema": {"type": "integer"}},
                {"name": "filter", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
            ]
        ),
    }
    components = {
        "parameters": {"Limit": {"name": "limit", "in": "query", "schema": {"$ref": "#/components/schemas/Count"}}},
        "schemas": {"Count": {"type": "integer", "not": {"$ref": "#/components/schemas/Count"}}},
    }
    api = load(write_document(tmp_path, document({"/a/{id}": item}, components=components))).api
    assert api.operations[0].parameters == (
        Parameter("id", "path", True, {"type": "string"}),
        Parameter("x-trace", "header", True, {"type": "integer"}),
        Parameter("limit", "query", False, {"type": "integer", "not": {"$ref": "#/components/schemas/Count"}}),
        Parameter("filter", "query", False, {"type": "object"}, media_type="application/json"),
    )


def test_bodies_and_responses_are_looked_up(tmp_path: Path) -> None:
    act = operation(
        requestBody={"$ref": "#/components/requestBodies/Thing"},
        responses={"200": {"$ref": "#/components/responses/Done"}, "x-note": 1},
    )
    components = {
        "requestBodies": {
            "Thing": {
                "required": True,
                "content": {"text/plain": {}, "application/json": {"schema": {"type": "object"}}},
            }
        },
        "responses": {"Done": {"description": "Done."}},
    }
    [found] = load(write_document(tmp_path, document({"/a": {"put": act}}, components=components))).api.operations
    assert found.body == RequestBody(True, {"text/plain": {}, "application/json": {"type": "object"}})
    assert found.responses == {"200": {"description": "Done."}}


def test_a_path_may_refer_to_another(tmp_path: Path) -> None:
    paths = {"/a": {"get": operation()}, "/b": {"$ref": "#/paths/~1a"}}
    assert messages(tmp_path, paths) == ["the operationId 'act' is taken"]


def test_a_path_starts_with_a_slash(tmp_path: Path) -> None:
    assert messages(tmp_path, {"a": {"get": operation()}}) == ["the path 'a' does not start with /"]


def test_one_parameter_is_declared_once(tmp_path: Path) -> None:
    twice = [{"name": "a", "in": "query"}, {"name": "a", "in": "query"}, {"in": "query"}, {"name": "b", "in": "body"}]
    assert messages(tmp_path, {"/a": {"get": operation(parameters=twice)}}) == [
        "the query parameter 'a' is declared twice",
        "a parameter needs 'name'",
        "'in' can't be 'body'",
    ]


def test_a_reference_to_nothing_is_an_error_anywhere(tmp_path: Path) -> None:
    components = {
        "schemas": {
            "A": {"properties": {"$ref": {"type": "string"}, "b": {"items": {"$ref": "#/components/schemas/Nothing"}}}},
            "C": {"example": {"$ref": "#/nothing"}, "allOf": [{"$ref": "other.yaml"}]},
        }
    }
    assert messages(tmp_path, {"/a": {"get": operation()}}, components=components) == [
        "the reference 'other.yaml' leads to nothing",
        "the reference '#/components/schemas/Nothing' leads to nothing",
    ]
