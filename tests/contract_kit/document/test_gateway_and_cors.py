from __future__ import annotations

from typing import Any

import pytest

from homeport.project.cors import Cors
from tests.support.openapi_map import answer, api, body, lines

_DONE = {"200": {"description": ""}}


def test_header_longer_than_the_gateway_takes_is_found() -> None:
    def header(**schema: Any) -> dict[str, Any]:
        parameter = {"name": "X-Note", "in": "header", "schema": {"type": "string", **schema}}
        return api({"/a": {"get": {"parameters": [parameter], "responses": _DONE}}})

    assert lines(header(maxLength=10_240)) == []
    (found,) = lines(header(maxLength=20_000))
    assert found.startswith(
        "warning header-fits-gateway: maxLength of the header parameter 'X-Note' of GET /a is 20000"
    )
    (found,) = lines(header(minLength=20_000))
    assert found.startswith("error header-fits-gateway: ")


def test_body_longer_than_lambda_takes_is_an_error() -> None:
    post = {"requestBody": body({"type": "string", "minLength": 7_000_000}), "responses": _DONE}
    (found,) = lines(api({"/a": {"post": post}}))
    assert found == "error body-fits-gateway: minLength is 7000000, and Lambda takes 6 MB"


def test_protected_operations_without_401_are_one_warning() -> None:
    scheme = {"components": {"securitySchemes": {"users": {"type": "http", "scheme": "bearer"}}}}
    protected = {"get": {"responses": _DONE}}
    paths = {"/a": protected, "/b": protected, "/open": {"get": {"security": [], "responses": _DONE}}}
    (found,) = lines(api(paths, security=[{"users": []}], **scheme))
    assert found == (
        "warning protected-operations-document-401: no 401 or 403 is documented for GET /a, GET /b, "
        "which the scheme users protects"
    )


@pytest.mark.parametrize("status", ["401", "403", "4XX", "default"])
def test_protected_operation_with_an_answer_for_others_is_silent(status: str) -> None:
    get = {"get": {"responses": {**_DONE, status: {"description": ""}}}}
    assert lines(api({"/a": get}, security=[{"users": []}])) == []


def test_operation_that_lacks_the_gateway_status_of_all_others_is_a_warning() -> None:
    throttled = {"get": {"responses": {**_DONE, "429": {"description": ""}}}}
    paths = {f"/{name}": throttled for name in "abcd"}
    assert lines(api(paths)) == []
    (found,) = lines(api({**paths, "/e": {"get": {"responses": _DONE}}}))
    assert found == "warning gateway-statuses-are-documented-alike: 4 operations document 429, and GET /e not"
    assert lines(api({"/a": throttled, "/e": {"get": {"responses": _DONE}}})) == []


def test_browsers_can_use_what_the_document_has() -> None:
    match = {"name": "If-Match", "in": "header", "schema": {"type": "string"}}
    put = {
        "parameters": [match],
        "requestBody": body({"type": "object"}),
        "responses": {"200": {**answer({}), "headers": {"ETag": {"schema": {"type": "string"}}}}},
    }
    document = api({"/a": {"put": put, "get": {"responses": _DONE}}})
    assert lines(document, Cors(("*",))) == [
        "error cors-allows-methods: allowMethods lacks PUT, so that browsers refuse to send PUT /a",
        "error cors-allows-headers: allowHeaders lacks content-type, for the JSON body of PUT /a, "
        "so that browsers refuse to send it",
        "warning cors-allows-methods: allowMethods lacks GET, which GET /a has",
        "warning cors-allows-headers: allowHeaders lacks If-Match, a parameter of PUT /a, "
        "so that browsers refuse to send it",
        "warning cors-exposes-headers: exposeHeaders lacks ETag, which PUT /a answers with",
    ]
    allowing = Cors(("*",), ("PUT", "GET"), ("content-type", "if-match"), ("etag",))
    for silent in (None, Cors(), Cors(("*",), ("*",), ("*",), ("*",)), allowing):
        assert lines(document, silent) == []


def test_credentials_are_headers_that_browsers_must_be_allowed_to_send() -> None:
    schemes = {
        "users": {"type": "apiKey", "in": "header", "name": "Authorization"},
        "partners": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    }
    responses = {**_DONE, "401": {"description": ""}}
    get = {"get": {"responses": responses, "security": [{"users": [], "partners": []}]}}
    (found,) = lines(api({"/a": get}, components={"securitySchemes": schemes}), Cors(("*",), ("GET",)))
    assert found.startswith("warning cors-allows-headers: allowHeaders lacks Authorization, for the security scheme")
