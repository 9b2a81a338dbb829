"""Request validation of REST APIs over a plain socket: order, wording, and what a body must be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from homeport.http_headers import Header
from tests.support.made_project import Made, Route
from tests.wire.conftest import Serve, Served

JSON = ("Content-Type", "application/json")
INVALID = b'{"message": "Invalid request body"}'
VALIDATOR = "x-amazon-apigateway-request-validator"
PET = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "title": "Pet",
    "type": "object",
    "required": ["price", "type"],
    "properties": {
        "id": {"type": "integer"},
        "type": {"type": "string", "enum": ["dog", "cat", "fish"]},
        "price": {"type": "number", "minimum": 25.0, "maximum": 500.0},
        "tags": {"type": "array", "items": {"$ref": "#/components/schemas/Tag"}, "maxItems": 2},
    },
}
STATUS = {
    "type": "object",
    "properties": {
        "status": {
            "oneOf": [
                {"type": "null"},
                {
                    "type": "object",
                    "properties": {"Status": {"type": "string"}, "Order": {"type": "integer"}},
                    "required": ["Status", "Order"],
                },
            ]
        }
    },
    "required": ["status"],
}


def body(schema: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    return {"requestBody": {"content": {kind: {"schema": schema}}}}


def asked(place: str, name: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": True, "schema": {"type": "string"}}


@pytest.fixture(scope="module")
def api(serve: Serve) -> Served:
    parameters = {"parameters": [asked("query", "q1"), asked("header", "x-h1"), asked("query", "a1")]}
    strange = {"parameters": [asked("path", "issuer"), asked("query", "qs1"), asked("header", "x-header-param")]}
    pet = body({"$ref": "#/components/schemas/Pet"})
    routes = (
        Route("POST", "/pets", extra={**pet, **parameters}),
        Route("GET", "/pets", extra={**parameters, VALIDATOR: "params-only"}),
        Route("PUT", "/pets", extra={**pet, **parameters, VALIDATOR: "body-only"}),
        Route("PATCH", "/pets", extra={**pet, **parameters, VALIDATOR: "nothing"}),
        Route("ANY", "/body", extra=body(STATUS)),
        Route("POST", "/typed", extra=body({"type": "object", "required": ["a"]}, "application/vnd.x+json")),
        Route("POST", "/nested/{test}", extra=strange),
        Route("POST", "/without"),
    )
    spec = {
        "x-amazon-apigateway-request-validators": {
            "all": {"validateRequestBody": True, "validateRequestParameters": True},
            "params-only": {"validateRequestBody": False, "validateRequestParameters": True},
            "body-only": {"validateRequestBody": True, "validateRequestParameters": False},
            "nothing": {"validateRequestBody": False, "validateRequestParameters": False},
        },
        VALIDATOR: "all",
        "components": {"schemas": {"Pet": PET, "Tag": {"type": "string", "pattern": "^[a-z]+$"}}},
        "x-amazon-apigateway-gateway-responses": {
            "BAD_REQUEST_BODY": {
                "responseTemplates": {
                    "application/json": '{"message": $context.error.messageString}',
                    "application/problem+json": '{"why": "$context.error.validationErrorString"}',
                }
            }
        },
    }
    return serve(Made(routes, flavor="rest", stage_name="testStage", spec=spec))


GOOD = json.dumps({"id": 1, "type": "dog", "price": 260}).encode()


@pytest.mark.parametrize(
    ("method", "query", "headers", "data", "names"),
    [
        ("POST", "", [JSON], GOOD, "x-h1, a1, q1"),
        ("POST", "?q1=1", [JSON, ("X-H1", "1")], GOOD, "a1"),
        ("POST", "?q1=&a1=1", [JSON, ("x-h1", " ")], GOOD, "x-h1, q1"),
        ("GET", "?q1=1&a1=1", [], None, "x-h1"),
        ("POST", "", [JSON], b"{", "x-h1, a1, q1"),
    ],
)
def test_parameters_come_first(
    api: Served, method: str, query: str, headers: list[Header], data: bytes | None, names: str
) -> None:
    answer = api.ask(method, f"/testStage/pets{query}", headers, data)
    message = f'{{"message": "Missing required request parameters: [{names}]"}}'
    assert (answer.status, answer.text) == (400, message)
    assert answer.header("x-amzn-ErrorType") == "BadRequestException"


def test_a_required_path_parameter_that_the_path_lacks_is_always_missing(api: Served) -> None:
    answer = api.ask("POST", "/testStage/nested/value", [JSON], b'{"test": "test"}')
    assert answer.text == '{"message": "Missing required request parameters: [x-header-param, issuer, qs1]"}'


@pytest.mark.parametrize(
    "data",
    [
        b'{"name":"Molly","type":"bird","price":269}',
        b'{"type":"dog"}',
        b'{"type":"dog","price":24.99}',
        b'{"type":"dog","price":501}',
        b'{"type":"dog","price":"30"}',
        b'{"id":1.5,"type":"dog","price":30}',
        b'{"type":"dog","price":30,"tags":["A"]}',
        b'{"type":"dog","price":30,"tags":["a","b","c"]}',
        b"[]",
        b"null",
        b"{",
        b"\xff",
        b"",
        None,
    ],
)
def test_a_body_that_does_not_fit_its_model_is_400(api: Served, data: bytes | None) -> None:
    answer = api.ask("POST", "/testStage/pets?q1=1&a1=1", [JSON, ("x-h1", "1")], data)
    assert (answer.status, answer.body) == (400, INVALID)


@pytest.mark.parametrize(
    ("method", "data"),
    [
        ("POST", GOOD),
        ("POST", b'{"type":"fish","price":25,"tags":["a","b"],"more":[1]}'),
        ("GET", b"{"),
        ("PATCH", b"{"),
        ("PUT", GOOD),
    ],
)
def test_a_good_request_reaches_the_function(api: Served, method: str, data: bytes) -> None:
    answer = api.ask(method, "/testStage/pets?q1=1&a1=1", [JSON, ("x-h1", "1")], data)
    assert (answer.status, answer.json()["body"]) == (200, data.decode())


def test_each_validator_looks_at_its_part_only(api: Served) -> None:
    assert api.ask("PUT", "/testStage/pets", [JSON], b"{").body == INVALID
    assert api.ask("PUT", "/testStage/pets", [JSON], GOOD).status == 200
    assert api.ask("PATCH", "/testStage/pets").status == 200
    assert api.ask("POST", "/testStage/without", [JSON], b"{").status == 200


@pytest.mark.parametrize(
    ("method", "kind", "data", "status"),
    [
        ("POST", "application/json", b'{"status": null}', 200),
        ("POST", "application/json", b'{"status": {"Status": "a", "Order": 1}}', 200),
        ("POST", "application/json", b'{"status": {"Status": "a"}}', 400),
        ("POST", "application/json", b'{"status": "a"}', 400),
        ("POST", "application/json; charset=utf-8", b"{}", 400),
        ("POST", "Application/JSON", b"{}", 400),
        ("POST", None, b"{}", 400),
        ("GET", None, None, 400),
        ("GET", "application/json", None, 400),
        ("POST", "text/plain", b"{}", 200),
    ],
)
def test_a_model_is_for_its_content_type_and_for_requests_without_one(
    api: Served, method: str, kind: str | None, data: bytes | None, status: int
) -> None:
    headers = [("Content-Type", kind)] if kind else []
    assert api.ask(method, "/testStage/body", headers, data).status == status


def test_a_model_may_be_for_another_type(api: Served) -> None:
    own = [("Content-Type", "application/vnd.x+json")]
    assert api.ask("POST", "/testStage/typed", own, b"{}").status == 400
    assert api.ask("POST", "/testStage/typed", own, b'{"a": 1}').status == 200
    assert api.ask("POST", "/testStage/typed", [JSON], b"{}").status == 200


def test_a_gateway_response_can_say_what_is_wrong(api: Served) -> None:
    headers = [JSON, ("Accept", "application/problem+json")]
    answer = api.ask("PUT", "/testStage/pets", headers, b'{"type": "bird"}')
    assert (answer.status, answer.header("Content-Type")) == (400, "application/problem+json")
    assert "object has missing required properties" in answer.text
