"""Project directories as different people write them: each is served, or its flaw is named before anything starts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.fixtures.stack import running_stack
from tests.support.made_project import ECHO, authorizer_uri
from tests.support.project import write_files
from tests.support.wire import Answer, ask
from tests.wire.conftest import WITHOUT_TABLES

ALLOWS = """
def handler(event, context):
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "me", "policyDocument": policy, "context": {"a": 1}}
"""
ITEM = """
openapi: "3.0.1"
info: {title: Odd, version: 1.0}
paths:
  /items/{itemId}:
    get:
      operationId: getItem
      responses: {"200": {description: The item.}}
"""
AWS_EXPORT = f"""
openapi: "3.0.1"
info:
  title: exported
  description: As API Gateway writes it.
  version: "2026-01-31T09:30:00Z"
servers:
- url: "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/{{basePath}}"
  variables:
    basePath: {{default: prod}}
paths:
  /{{proxy+}}:
    x-amazon-apigateway-any-method:
      parameters:
      - name: proxy
        in: path
        required: true
        schema: {{type: string}}
      responses:
        default: {{description: Default response}}
      x-amazon-apigateway-integration:
        uri: {authorizer_uri("get-item")}
        httpMethod: POST
        passthroughBehavior: when_no_match
        type: aws_proxy
        responses: {{default: {{statusCode: "200"}}}}
components: {{}}
x-amazon-apigateway-importexport-version: "1.0"
"""


def serve_once(root: Path, files: Mapping[str, str], target: str, *options: str, **request: Any) -> tuple[str, Answer]:
    """Serve a project for one request: the URL that was printed, and the answer."""
    write_files(root, dict(files))
    with running_stack(root, (*WITHOUT_TABLES, *options)) as stack:
        return stack.url, ask(stack.url, request.get("method", "GET"), target, request.get("headers", ()))


def test_three_files_are_enough(tmp_path: Path) -> None:
    files = {"openapi.yaml": ITEM, "service/handlers/get_item.py": ECHO}
    url, answer = serve_once(tmp_path, files, "/items/1")
    assert (url.count("/"), answer.json()["routeKey"], answer.json()["pathParameters"]) == (
        2,
        "GET /items/{itemId}",
        {"itemId": "1"},
    )


def test_json_is_yaml_too_and_a_json_file_does(tmp_path: Path) -> None:
    spec = {
        "openapi": "3.0.3",
        "info": {"title": "J", "version": "1"},
        "paths": {"/": {"get": {"operationId": "root", "responses": {"200": {"description": "It."}}}}},
    }
    files = {"openapi.json": json.dumps(spec, indent="\t"), "service/handlers/root.py": ECHO}
    assert serve_once(tmp_path, files, "/")[1].status == 200


def test_an_export_of_api_gateway_is_served_by_the_function_it_names(tmp_path: Path) -> None:
    files = {
        "openapi.yaml": AWS_EXPORT,
        "service/handlers/get_item.py": ECHO,
        "deploy/stages.yaml": "defaults: {flavor: rest}\nstages: {local: {stageName: prod}}\n",
    }
    url, answer = serve_once(tmp_path, files, "/prod/a/b")
    assert url.endswith("/prod")
    assert answer.json()["pathParameters"] == {"proxy": "a/b"}


HANDLERS = {
    "get_thing": "service/handlers/get_thing.py",
    "things.handler": "service/handlers/things.py",
    "handlers.things.handler": "service/handlers/things.py",
    "handlers/things.py": "service/handlers/things.py",
    "service.deep.er.things.handler": "service/deep/er/things.py",
    "service/deep/things.py": "service/deep/things.py",
}
SAYS_FILE = 'def handler(event, context):\n    return {"statusCode": 200, "body": __file__}\n'


def test_a_handler_may_be_anywhere_under_service(tmp_path: Path) -> None:
    paths = {
        f"/{number}": {"get": {"x-homeport": {"handler": handler}, "responses": {"200": {"description": "It."}}}}
        for number, handler in enumerate(HANDLERS)
    }
    spec = {"openapi": "3.0.1", "info": {"title": "H", "version": "1"}, "paths": paths}
    files = {"openapi.yaml": json.dumps(spec)} | dict.fromkeys(HANDLERS.values(), SAYS_FILE)
    with running_stack(write_files(tmp_path, files), WITHOUT_TABLES) as stack:
        for number, (handler, file) in enumerate(HANDLERS.items()):
            answer = ask(stack.url, "GET", f"/{number}")
            assert (answer.status, answer.text.endswith(file)) == (200, True), f"{handler}: {answer.text}"


def test_handlers_import_each_other_with_and_without_init_files(tmp_path: Path) -> None:
    helper = "def greeting():\n    return 'hello'\n"
    handler = """
        from service.greet import greeting

        def handler(event, context):
            return {"statusCode": 200, "body": greeting()}
    """
    files = {"openapi.yaml": ITEM, "service/greet.py": helper, "service/handlers/get_item.py": handler}
    assert serve_once(tmp_path / "without", files, "/items/1")[1].text == "hello"
    files |= {"service/__init__.py": "", "service/handlers/__init__.py": ""}
    assert serve_once(tmp_path / "with", files, "/items/1")[1].text == "hello"


STAGES = """
defaults: {flavor: rest, variables: {color: blue}, environment: {MODE: plain}}
stages:
  local: {}
  dev: {flavor: http, stageName: v1, payloadFormat: "1.0", variables: {color: green, size: 7}, environment: {MODE: dev}}
  beta: {flavor: http}
"""
SAYS_MODE = """
import json
import os

def handler(event, context):
    said = {"mode": os.environ["MODE"], "variables": event.get("stageVariables"), "version": event.get("version")}
    return {"statusCode": 200, "body": json.dumps({**said, "stage": event["requestContext"]["stage"]})}
"""


@pytest.mark.parametrize(
    ("stage", "target", "said"),
    [
        ("local", "/local/items/1", {"mode": "plain", "variables": {"color": "blue"}, "version": None}),
        ("dev", "/v1/items/1", {"mode": "dev", "variables": {"color": "green", "size": "7"}, "version": "1.0"}),
        ("beta", "/items/1", {"mode": "plain", "variables": {"color": "blue"}, "version": "2.0"}),
    ],
)
def test_each_stage_is_served_by_its_own_settings(tmp_path: Path, stage: str, target: str, said: Any) -> None:
    files = {"openapi.yaml": ITEM, "service/handlers/get_item.py": SAYS_MODE, "deploy/stages.yaml": STAGES}
    url, answer = serve_once(tmp_path, files, target, "--stage", stage)
    assert answer.json() == {**said, "stage": {"local": "local", "dev": "v1", "beta": "$default"}[stage]}
    assert url.endswith(target.removesuffix("/items/1"))


def scheme(**authorizer: Any) -> dict[str, Any]:
    return {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"authorizerUri": authorizer_uri("my-authorizer"), **authorizer},
    }


SPELLINGS: dict[str, dict[str, dict[str, Any]]] = {
    "rest": {
        "lower": scheme(type="token"),
        "upper": scheme(type="TOKEN", identitySource="method.request.header.Authorization"),
        "matched": scheme(type="token", authorizerResultTtlInSeconds=0, identityValidationExpression=".*"),
        "several": scheme(type="request", identitySource="method.request.header.Authorization, context.stage"),
        "http-words": scheme(type="REQUEST", identitySource="$request.header.Authorization"),
        "unused": {**scheme(type="request", authorizerResultTtlInSeconds=0), "name": "Unused"},
        "substituted": scheme(type="token", authorizerUri={"Fn::Sub": authorizer_uri("my-authorizer")}),
        "named-above": {**scheme(type="token", authorizerUri=None), "x-homeport": {"handler": "my_authorizer"}},
        "named-beside": scheme(type="token", **{"x-homeport": {"handler": "my_authorizer"}}),
    },
    "http": {
        "lower": scheme(type="request", identitySource="$request.header.Authorization"),
        "upper": scheme(type="REQUEST", identitySource=["$request.header.Authorization", "$context.stage"]),
        "rest-words": scheme(type="request", identitySource="method.request.header.Authorization"),
        "number": scheme(type="request", authorizerPayloadFormatVersion=1.0, authorizerResultTtlInSeconds="0"),
        "unused": {"scheme": "bearer", **scheme(type="request"), "type": "http"},
    },
}


@pytest.mark.parametrize("flavor", SPELLINGS)
def test_a_lambda_authorizer_in_every_spelling(tmp_path: Path, flavor: str) -> None:
    schemes = SPELLINGS[flavor]
    paths = {
        f"/{name}": {
            "get": {
                "security": [{name: []}],
                "responses": {"200": {"description": "ok"}},
                "x-homeport": {"handler": "get_item"},
            }
        }
        for name in schemes
    }
    spec = {
        "openapi": "3.0.1",
        "info": {"title": "A", "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": schemes},
    }
    files = {
        "openapi.yaml": json.dumps(spec),
        "service/handlers/get_item.py": ECHO,
        "service/handlers/my_authorizer.py": ALLOWS,
        "deploy/stages.yaml": f"defaults: {{flavor: {flavor}}}\n",
    }
    prefix = "/local" if flavor == "rest" else ""
    with running_stack(write_files(tmp_path, files), WITHOUT_TABLES) as stack:
        for name in schemes:
            answer = ask(stack.url, "GET", f"{prefix}/{name}", [("Authorization", "Bearer x")])
            authorizer = answer.json()["requestContext"]["authorizer"]
            assert authorizer.get("lambda", authorizer)["a"] in (1, "1"), name
            without = ask(stack.url, "GET", f"{prefix}/{name}").status
            assert without == (200 if name == "unused" else 401), name


def test_several_operations_share_a_function(tmp_path: Path) -> None:
    spec = """
        openapi: 3.0.3
        info: {title: Shared, version: "1"}
        paths:
          /a: {get: {operationId: getA, x-homeport: {function: all}, responses: {"200": {description: a}}}}
          /b: {get: {operationId: getB, x-homeport: {function: all}, responses: {"200": {description: b}}}}
    """
    says = "def handler(event, context):\n    return context.function_name[-3:] + __name__[-1:]\n"
    files = {"openapi.yaml": spec, "service/handlers/get_a.py": says, "service/handlers/get_b.py": says}
    with running_stack(write_files(tmp_path, files), WITHOUT_TABLES) as stack:
        assert [ask(stack.url, "GET", path).text for path in ("/a", "/b")] == ["alla", "allb"]
