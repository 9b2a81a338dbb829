"""API Gateway's own kinds of routes, as schemathesis gets them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.fuzz.credentials import USERS, make_users, users_from_json, users_to_json
from homeport.contract.fuzz.operations import expand_paths, is_routed, operations_without_answer, undescribed_operations
from homeport.project.integrations import FailingIntegration, LambdaProxy
from homeport.project.integrations.http_api import HttpApiProxy
from homeport.project.integrations.rest_api import HttpProxy
from homeport.project.model import ANY_METHOD, Api, IamCaller, Operation, Source
from tests.support.rest_document import book_project

RESPONSES = {"200": {"description": "Whatever the function says."}}
ANY: dict[str, Any] = {"operationId": "catch", "requestBody": {"content": {}}, "responses": RESPONSES}


def test_any_method_becomes_the_methods_that_are_not_declared() -> None:
    get = {"operationId": "own", "responses": RESPONSES}
    item = expand_paths({"paths": {"/a": {ANY_METHOD: ANY, "get": get}}})["/a"]
    assert {method: operation.get("operationId") for method, operation in item.items()} == {
        ANY_METHOD: "catch",
        "get": "own",
        "post": "catch",
        "put": "catch-put",
        "patch": "catch-patch",
        "delete": "catch-delete",
    }
    assert [method for method in ("post", "delete") if "requestBody" in item[method]] == ["post"]
    assert item["get"] is get


def test_a_greedy_variable_is_declared_under_its_whole_name() -> None:
    greedy = {"name": "proxy+", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    document = {"paths": {"/{proxy+}": {"get": {"responses": RESPONSES}}}}
    assert expand_paths(document)["/{proxy+}"]["get"]["parameters"] == [greedy]


def test_a_declared_greedy_variable_keeps_its_schema() -> None:
    schema = {"type": "string", "maxLength": 9}
    declared = {"name": "proxy", "in": "path", "required": True, "schema": schema}
    query = {"$ref": "#/components/parameters/Page"}
    document = {
        "paths": {"/{proxy+}": {"get": {"parameters": [{"$ref": "#/components/parameters/Rest"}, query]}}},
        "components": {"parameters": {"Rest": declared, "Page": {"name": "page", "in": "query"}}},
    }
    assert expand_paths(document)["/{proxy+}"]["get"]["parameters"] == [{**declared, "name": "proxy+"}, query]


def test_paths_in_plain_openapi_stay_unchanged() -> None:
    item = {"parameters": [{"name": "id", "in": "path"}], "get": {"responses": RESPONSES}}
    assert expand_paths({"paths": {"/a/{id}": item}}) == {"/a/{id}": item}


PATHS: dict[str, Any] = {
    "/items": {"get": {}},
    "/items/{itemId}": {"put": {}},
    "/files/{proxy+}": {"x-amazon-apigateway-any-method": {}},
}


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/items", True),
        ("POST", "/items", False),
        ("PUT", "/items/batch-get", True),
        ("PUT", "/items/a/b", False),
        ("DELETE", "/files/a/b", True),
        ("GET", "/itemsx", False),
    ],
)
def test_a_method_is_routed_where_some_template_takes_it(method: str, path: str, expected: bool) -> None:
    assert is_routed(PATHS, method, path) is expected


def test_the_default_route_takes_everything() -> None:
    assert is_routed({"/$default": {"x-amazon-apigateway-any-method": {}}}, "TRACE", "/x")


def test_operations_that_cannot_answer_are_named_with_the_reason(tmp_path: Path) -> None:
    source = Source("template.yaml", 1)
    failing = FailingIntegration("VTL is not emulated")
    api = Api(
        "Shop",
        "1",
        (
            Operation("a", "GET", "/a", failing, source),
            Operation("b", "GET", "/b", LambdaProxy("f"), source, denied="IAM is not emulated"),
            Operation("c", "GET", "/c", LambdaProxy("f"), source),
            Operation("d", "GET", "/d/{id}", LambdaProxy("f"), source, iam=True),
            Operation("e", "GET", "/e", LambdaProxy("f"), source, iam=True),
        ),
        {},
    )
    project = book_project(tmp_path)
    callers = {
        name: IamCaller(name, f"AKIA{name.upper():X<16}", "secret", allow=(f"execute-api:/*/GET/{path}",))
        for name, path in (("ann", "d/*"), ("bob", "*"), ("eve", "x"))
    }
    project = replace(
        project, api=api, stage=replace(project.stage, iam={"eve": callers["eve"], "ann": callers["ann"]})
    )
    failing_and_denied = {"GET /a": "VTL is not emulated", "GET /b": "IAM is not emulated"}
    found = operations_without_answer(project, is_own_stack=True)
    assert {name: reason for name, reason in found.items() if name != "GET /e"} == failing_and_denied
    assert "no caller of iam.callers" in found["GET /e"]
    assert "no keys for this URL" in operations_without_answer(project, is_own_stack=False)["GET /d/{id}"]
    several = replace(project, stage=replace(project.stage, iam=callers))
    assert operations_without_answer(several, is_own_stack=True) == failing_and_denied
    users = users_from_json(users_to_json(make_users(several)))
    keys = {user: {label: one.key and one.key.access_key for label, one in by.items()} for user, by in users.items()}
    ann, bob = callers["ann"].access_key_id, callers["bob"].access_key_id
    assert keys == {USERS[0]: {"GET /d/{id}": ann, "GET /e": bob}, USERS[1]: {"GET /d/{id}": bob, "GET /e": bob}}


def test_operations_that_describe_no_response_may_refuse_any_request() -> None:
    source, proxy, anything = Source("template.yaml", 1), LambdaProxy("f"), {"description": "anything"}
    api = Api(
        "Shop",
        "1",
        (
            Operation("a", "PUT", "/a/{id}", proxy, source, responses={"default": anything}),
            Operation("b", "GET", "/b", proxy, source, responses={"200": anything, "default": anything}),
        ),
        {},
    )
    assert undescribed_operations(api) == ("PUT /a/{id}",)


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("http://127.0.0.1:9/pets", ""),
        ("http://${stageVariables.here}/pets", ""),
        ("https://pets.example.com/pets/{proxy}", "pets.example.com"),
        ("http://${stageVariables.there}/pets", "pets.example.com"),
    ],
)
def test_backend_on_another_machine_is_left_alone_by_a_run_on_this_one(tmp_path: Path, uri: str, host: str) -> None:
    backends: tuple[HttpApiProxy | HttpProxy, ...] = (HttpApiProxy(uri), HttpProxy(uri, "ANY"))
    operations = tuple(
        Operation(f"pets{number}", "DELETE", f"/pets{number}", backend, Source("openapi.yaml", 1))
        for number, backend in enumerate(backends)
    )
    project = book_project(tmp_path)
    variables = {"here": "localhost:9", "there": "pets.example.com"}
    project = replace(project, api=Api("Pets", "1", operations, {}), stage=replace(project.stage, variables=variables))
    found = operations_without_answer(project, is_own_stack=True)
    assert [reason.partition(" ")[0] for reason in found.values()] == ([host] * 2 if host else [])
    assert operations_without_answer(project, is_own_stack=False) == {}
