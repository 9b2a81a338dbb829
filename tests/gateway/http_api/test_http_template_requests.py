"""Requests to the HTTP API of a template: payload formats of single routes, authorizers, CORS, IAM."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from homeport.gateway.assembly import PipelineDependencies, build_pipeline
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.pipeline import Pipeline
from homeport.gateway.steps.usage import Quotas
from tests.support.auth import FakeRuntime
from tests.support.templates import read_template_text

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.13, CodeUri: src, Handler: app.handler}}
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      StageName: live
      CorsConfiguration: {AllowOrigins: [https://a.example], AllowMethods: [GET]}
      Auth:
        EnableIamAuthorizer: true
        Authorizers:
          Guard:
            FunctionArn: !GetAtt Guard.Arn
            AuthorizerPayloadFormatVersion: "2.0"
            EnableSimpleResponses: true
            Identity: {Headers: [X-Token]}
  Shop:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        New: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /new, Method: get}}
        Old: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /old, Method: get, PayloadFormatVersion: "1.0"}}
        Kept: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /kept, Method: get, Auth: {Authorizer: Guard}}}
        Signed: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /signed, Method: get, Auth: {Authorizer: AWS_IAM}}}
        Rest: {Type: HttpApi, Properties: {ApiId: !Ref Api}}
  Guard: {Type: AWS::Serverless::Function, Properties: {}}
"""


@pytest.fixture
def runtime() -> FakeRuntime:
    """Return functions that answer."""
    return FakeRuntime({"Shop": {"name": "made"}, "Guard": {"isAuthorized": True, "context": {"shop": "7"}}})


@pytest.fixture
def pipeline(runtime: FakeRuntime, tmp_path: Path) -> Pipeline:
    """Return the pipeline of the template's API."""
    found = read_template_text(tmp_path, TEMPLATE)
    assert not found.errors
    dependencies = PipelineDependencies(tmp_path, runtime, time.time, time.monotonic, os.urandom, Quotas(None))
    return build_pipeline(found.project.api, found.project.stage, dependencies)


def ask(pipeline: Pipeline, method: str, target: str, *headers: tuple[str, str]) -> Reply:
    """Return the reply to a request."""
    lines = (("Host", "127.0.0.1"), *headers)
    return pipeline.handle(Request(method, target, lines, b"", "192.0.2.1", "HTTP/1.1", time.time()))[1]


def test_each_route_has_the_payload_format_of_its_integration(pipeline: Pipeline, runtime: FakeRuntime) -> None:
    # Format 2.0 makes a reply of any value; format 1.0 needs a statusCode.
    assert (ask(pipeline, "GET", "/live/new").status, runtime.calls[-1][1]["version"]) == (200, "2.0")
    assert (ask(pipeline, "GET", "/live/old").status, runtime.calls[-1][1]["version"]) == (500, "1.0")


def test_the_default_route_takes_the_rest(pipeline: Pipeline, runtime: FakeRuntime) -> None:
    assert ask(pipeline, "PUT", "/live/items/1").status == 200
    event = runtime.calls[-1][1]
    assert (event["routeKey"], event["rawPath"]) == ("$default", "/live/items/1")
    assert "pathParameters" not in event


def test_the_authorizer_of_the_template_is_asked(pipeline: Pipeline, runtime: FakeRuntime) -> None:
    assert ask(pipeline, "GET", "/live/kept").status == 401
    assert ask(pipeline, "GET", "/live/kept", ("X-Token", "t")).status == 200
    assert runtime.calls[-1][1]["requestContext"]["authorizer"]["lambda"] == {"shop": "7"}


def test_a_route_that_asks_for_a_signature_is_refused(pipeline: Pipeline, runtime: FakeRuntime) -> None:
    assert ask(pipeline, "GET", "/live/signed").status == 403
    assert ask(pipeline, "GET", "/live/signed", ("Authorization", "AWS4-HMAC-SHA256 x")).status == 403
    assert runtime.calls == []


def test_cors_is_the_templates(pipeline: Pipeline) -> None:
    reply = ask(pipeline, "GET", "/live/new", ("Origin", "https://a.example"))
    assert dict(reply.headers)["Access-Control-Allow-Origin"] == "https://a.example"
    preflight = ask(
        pipeline, "OPTIONS", "/live/new", ("Origin", "https://a.example"), ("Access-Control-Request-Method", "GET")
    )
    assert preflight.status == 204
