from __future__ import annotations

from typing import Any

import pytest

from tests.support.openapi_map import answer, api, lines

_THING = {"type": "object", "properties": {"id": {"type": "string"}, "owner": {"$ref": "#/components/schemas/Owner"}}}
_OWNER = {"type": "object", "properties": {"name": {"type": "string"}}}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def _error(status: str, value: Any, media: str = "application/problem+json") -> dict[str, Any]:
    return api({"/a": {"get": {"responses": {status: {"description": "", "content": {media: {"example": value}}}}}}})


def test_problem_with_another_status_is_an_error() -> None:
    (found,) = lines(_error("409", {"status": 404}))
    assert found == "error example-has-its-status: the example of the answer 409 of GET /a has status 404"


@pytest.mark.parametrize(
    ("status", "value"),
    [("409", {"status": 409}), ("4XX", {"status": 404}), ("default", {"status": 500}), ("400", {"status": "open"})],
)
def test_problem_with_its_status_is_silent(status: str, value: Any) -> None:
    assert lines(_error(status, value)) == []


def test_other_error_with_another_status_is_a_warning() -> None:
    (found,) = lines(_error("404", {"statusCode": 400}, "application/json"))
    assert found.startswith("warning example-has-its-status: ")


def _created(location: str, servers: list[str]) -> dict[str, Any]:
    header = {"Location": {"schema": {"type": "string"}, "example": location}}
    post = {"responses": {"201": {"description": "", "headers": header}}}
    get = {"parameters": [_ID], "responses": {"200": {"description": ""}}}
    return api({"/things": {"post": post}, "/things/{id}": {"get": get}}, servers=[{"url": url} for url in servers])


@pytest.mark.parametrize("location", ["/thing/1", "/things/1/more", "https://a.example/v1/thing/1"])
def test_location_that_no_path_has_is_an_error(location: str) -> None:
    (found,) = lines(_created(location, ["https://a.example/v1"]))
    assert found.startswith(f"error example-location-exists: the example '{location}' of the header Location")


@pytest.mark.parametrize("location", ["/things/1", "/prod/things/1", "1", "https://elsewhere.example/x"])
def test_location_that_leads_somewhere_is_silent(location: str) -> None:
    assert lines(_created(location, ["https://a.example/v1"])) == []


def test_content_of_204_is_a_warning_and_status_that_no_function_can_give_an_error() -> None:
    responses = {"204": answer({"type": "object"}), "199": {"description": ""}}
    assert lines(api({"/a": {"delete": {"responses": responses}}})) == [
        "error status-can-be-answered: API Gateway takes 200 to 599 from a function, and DELETE /a documents 199",
        "warning status-allows-content: that of DELETE /a has a schema for application/json, which no client will see",
    ]


def _linked(link: dict[str, Any], response: dict[str, Any] | None = None) -> dict[str, Any]:
    created = {**(response or answer({"$ref": "#/components/schemas/Thing"})), "links": {"get": link}}
    get = {"operationId": "getThing", "parameters": [_ID], "responses": {"200": {"description": ""}}}
    paths = {"/things": {"post": {"responses": {"201": created}}}, "/things/{id}": {"get": get}}
    return api(paths, schemas={"Thing": _THING, "Owner": _OWNER})


@pytest.mark.parametrize(
    ("link", "happened"),
    [
        ({"operationId": "getThings"}, "leads to 'getThings', which no operation is (did you mean getThing?)"),
        ({"operationRef": "#/paths/~1thing/get"}, "leads to #/paths/~1thing/get, where nothing is"),
        (
            {"operationId": "getThing", "parameters": {"ID": "$response.body#/id"}},
            "sets the parameter 'ID', which GET /things/{id} does not have (did you mean id?)",
        ),
        (
            {"operationId": "getThing", "parameters": {"id": "$response.body#/thingId"}},
            "takes $response.body#/thingId, and no schema of the response has thingId",
        ),
        (
            {"operationId": "getThing", "parameters": {"id": "$response.body#/owner/id"}},
            "takes $response.body#/owner/id, and no schema of the response has owner/id",
        ),
        (
            {"operationId": "getThing", "parameters": {"id": "$response.header.X-Id"}},
            "takes $response.header.X-Id, and the answer documents no header X-Id",
        ),
        (
            {"operationId": "getThing", "parameters": {"id": "$request.path.id"}},
            "takes $request.path.id, and POST /things has no path parameter 'id'",
        ),
        (
            {"operationId": "getThing", "parameters": {"id": "$response.id"}},
            "takes $response.id, and that is no runtime expression of OpenAPI",
        ),
    ],
)
def test_link_that_leads_to_nothing_is_an_error(link: dict[str, Any], happened: str) -> None:
    (found,) = lines(_linked(link))
    assert found == f"error links-lead-somewhere: the link get of the answer 201 of POST /things {happened}"


@pytest.mark.parametrize(
    "value", ["$response.body#/id", "$response.body#/owner/name", "fixed", "x{$response.body#/id}", "$url"]
)
def test_link_that_leads_somewhere_is_silent(value: str) -> None:
    for name in ("id", "path.id"):
        assert lines(_linked({"operationId": "getThing", "parameters": {name: value}})) == []


def test_link_into_an_open_schema_is_silent() -> None:
    link = {"operationId": "getThing", "parameters": {"id": "$response.body#/anything"}}
    for schema in ({"type": "object"}, {"type": "object", "additionalProperties": {"type": "string"}}, {}):
        assert lines(_linked(link, answer(schema))) == []


def test_path_parameters_and_variables_agree() -> None:
    paths = {
        "/a/{id}": {"get": {"responses": {"200": {"description": ""}}}},
        "/b": {"get": {"parameters": [_ID], "responses": {"200": {"description": ""}}}},
        "/c/{proxy+}": {"get": {"responses": {"200": {"description": ""}}}},
    }
    assert lines(api(paths)) == [
        "error path-parameters-agree: GET /a/{id} does not declare its path parameter 'id'",
        "error path-parameters-agree: GET /b declares the path parameter 'id', which its path does not have",
    ]
