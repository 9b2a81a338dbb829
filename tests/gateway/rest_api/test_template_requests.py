"""Requests to the REST API of a SAM template: what the template says of CORS, authorizers, keys and IAM is answered."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from homeport.gateway.assembly import PipelineDependencies, build_pipeline
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.pipeline import Pipeline
from homeport.gateway.steps.usage import Quotas
from tests.support.auth import FakeRuntime
from tests.support.templates import ReadTemplate, read_template_text

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.13, CodeUri: src, Handler: app.handler}}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: Prod
      Cors: {AllowOrigin: "'https://a.example'", AllowMethods: "'GET,POST'", AllowHeaders: "'X-Token'", MaxAge: "'9'"}
      GatewayResponses:
        UNAUTHORIZED: {ResponseParameters: {Headers: {Access-Control-Allow-Origin: "'https://a.example'"}}}
      Auth:
        DefaultAuthorizer: Guard
        AddDefaultAuthorizerToCorsPreflight: false
        Authorizers:
          Guard:
            FunctionArn: !GetAtt Guard.Arn
            Identity: {Header: X-Token, ValidationExpression: "t-.*", ReauthorizeEvery: 0}
        UsagePlan: {CreateUsagePlan: PER_API, Quota: {Limit: 2, Period: DAY}}
  Guard: {Type: AWS::Serverless::Function}
  Shop:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Health: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /health/, Method: get, Auth: {Authorizer: NONE}}}
        Orders: {Type: Api, Properties: {RestApiId: !Ref Api, Path: "/orders/{id}", Method: get}}
        Admin: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /admin, Method: any, Auth: {Authorizer: AWS_IAM}}}
        Stock:
          Type: Api
          Properties:
            RestApiId: !Ref Api
            Path: /stock
            Method: get
            Auth: {ApiKeyRequired: true, Authorizer: NONE}
"""


@dataclass
class Served:
    """An API that answers requests, and the functions behind it."""

    found: ReadTemplate
    runtime: FakeRuntime
    pipeline: Pipeline

    def ask(self, method: str, target: str, **headers: str) -> Reply:
        lines = (("Host", "127.0.0.1"), *((name.replace("_", "-"), value) for name, value in headers.items()))
        return self.pipeline.handle(Request(method, target, lines, b"", "192.0.2.1", "HTTP/1.1", time.time()))[1]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    folder = tmp_path_factory.mktemp("shop")
    found = read_template_text(folder, TEMPLATE)
    assert not found.errors
    return Served(found, *_pipeline(found, folder))


def _pipeline(found: ReadTemplate, folder: Path) -> tuple[FakeRuntime, Pipeline]:
    allow = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [allow]}
    runtime = FakeRuntime(
        {
            "Shop": {"statusCode": 200, "body": "made"},
            "Guard": {"principalId": "someone", "policyDocument": policy, "context": {"shop": "7"}},
        }
    )
    dependencies = PipelineDependencies(folder, runtime, time.time, time.monotonic, os.urandom, Quotas(None))
    return runtime, build_pipeline(found.project.api, found.project.stage, dependencies)


def header(reply: Reply, name: str) -> str | None:
    """Return the value of a reply's header."""
    return next((value for key, value in reply.headers if key.lower() == name), None)


def test_a_preflight_request_gets_the_headers_of_the_template(served: Served) -> None:
    reply = served.ask("OPTIONS", "/Prod/orders/1", Origin="https://a.example")
    assert reply.status == 200
    assert header(reply, "access-control-allow-origin") == "https://a.example"
    assert header(reply, "access-control-allow-methods") == "GET,POST"
    assert header(reply, "access-control-allow-headers") == "X-Token"
    assert header(reply, "access-control-max-age") == "9"


def test_an_open_route_whose_path_ends_in_a_slash_answers(served: Served) -> None:
    assert served.ask("GET", "/Prod/health/").body == b"made"
    assert served.ask("GET", "/Prod/health").body == b"made"


def test_the_authorizer_of_the_template_is_asked(served: Served) -> None:
    reply = served.ask("GET", "/Prod/orders/1")
    assert (reply.status, header(reply, "access-control-allow-origin")) == (401, "https://a.example")
    assert served.ask("GET", "/Prod/orders/1", X_Token="other").status == 401
    assert served.ask("GET", "/Prod/orders/1", X_Token="t-1").body == b"made"
    function, event = served.runtime.calls[-1]
    assert function == "Shop"
    assert event["requestContext"]["authorizer"]["shop"] == "7"
    assert event["resource"] == "/orders/{id}"


def test_a_route_behind_iam_answers_as_aws_does_without_a_signature(served: Served) -> None:
    calls = len(served.runtime.calls)
    reply = served.ask("POST", "/Prod/admin", X_Token="t-1")
    assert reply.status == 403
    assert json.loads(reply.body) == {"message": "Missing Authentication Token"}
    assert len(served.runtime.calls) == calls


def test_an_api_key_is_asked_for_and_its_quota_counted(served: Served) -> None:
    (key,) = served.found.project.stage.api_keys.values()
    assert key.generated
    assert served.ask("GET", "/Prod/stock").status == 403
    assert [served.ask("GET", "/Prod/stock", X_Api_Key=key.value).status for _ in range(3)] == [200, 200, 429]


def test_a_path_without_the_stage_is_forbidden(served: Served) -> None:
    assert served.ask("GET", "/health").status == 403
