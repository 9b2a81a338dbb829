"""Every variable of AWS's lists, in lines of real calls through the pipeline: it has a value, or is named at start."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from homeport.gateway.assembly import PipelineDependencies, build_pipeline
from homeport.gateway.auth.sigv4 import AccessKey, signed_headers
from homeport.gateway.http.message import Request
from homeport.gateway.observers.access_log import VALUES, LoggedCall, access_log
from homeport.gateway.steps.usage import Quotas
from homeport.issuer.keys import FOLDER, signing_key
from homeport.issuer.mint import TokenRequest, mint
from homeport.project.model import (
    ApiKey,
    Authorizer,
    GatewayResponse,
    IamCaller,
    Parameter,
    RequestValidator,
    UsagePlan,
)
from homeport.project.stages.log_format import LOG_VARIABLES, NOT_EMULATED, log_format_warnings
from tests.support.auth import FakeRuntime, make_api, make_authorizer, make_operation, make_stage, raises
from tests.support.lambda_authorizers import policy

Flavor = Literal["http", "rest"]


@pytest.fixture(scope="module", name="project")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds one key of the local issuer for all tests."""
    return tmp_path_factory.mktemp("project")


WORKS = {"statusCode": 201, "body": "made"}
ALLOWS = policy(context={"tenant": "t1"})


class Calls:
    """Calls of one flavor's API through whole pipelines, and what its access log knows of each."""

    def __init__(self, project: Path, flavor: Flavor) -> None:
        self._project = project
        self._flavor: Flavor = flavor
        self._key = signing_key(project / FOLDER)

    def call(
        self,
        authorizer: Authorizer,
        *,
        token: str = "",
        answers: dict[str, Any] | None = None,
        path: str = "/items",
        validated: bool = False,
        gateway_responses: dict[str, GatewayResponse] | None = None,
        base_path: str = "",
        secret: str | None = None,
    ) -> LoggedCall:
        """Make one call of a protected operation, one with AWS_IAM if ``secret`` is what the caller signs with."""
        rest = self._flavor == "rest"
        operation = make_operation(api_key_required=rest)
        if secret is not None:
            operation = replace(operation, security=(), iam=True)
        if validated:
            operation = replace(
                operation,
                parameters=(Parameter(name="limit", place="query", required=True, schema={}),),
                validator=RequestValidator(body=True, parameters=True),
            )
        api = replace(make_api(authorizer, [operation]), gateway_responses=gateway_responses or {})
        stage = replace(
            make_stage(key="local", flavor=self._flavor, auth={}),
            usage_plans={"basic": UsagePlan("basic")},
            api_keys={"partner": ApiKey("partner", "secret-1", True, "basic")},
            iam={"ann": IamCaller("ann", "AKIAANN", "s3cret", ("*",))},
            domain={"name": "api.example.com", "basePath": base_path} if base_path else None,
        )
        runtime = FakeRuntime({"guard": ALLOWS, "work": WORKS, **(answers or {})})
        pipeline = build_pipeline(
            api,
            stage,
            PipelineDependencies(
                project=self._project,
                runtime=runtime,
                clock=time.time,
                ticks=time.monotonic,
                random_bytes=os.urandom,
                quotas=Quotas(None),
            ),
        )
        headers = [("Host", "127.0.0.1:8080"), ("User-Agent", "curl/8"), ("x-api-key", "secret-1")]
        headers += [("Authorization", token)] if token else []
        prefix = "/prod" if rest else ""
        target = f"{base_path or prefix}{path}"
        request = Request("GET", target, tuple(headers), b"", "192.0.2.1", "HTTP/1.1", time.time())
        if secret is not None:
            signed = signed_headers(request, AccessKey("AKIAANN", secret, stage.region))
            request = replace(request, headers=(*request.headers, *signed))
        exchange, reply = pipeline.handle(request)
        exchange.trace.complete()
        return LoggedCall(exchange, reply, time.time())

    def good_token(self, **claims: Any) -> str:
        """A token that the stage's JWT and Cognito authorizers take."""
        request = TokenRequest(
            "user-1", kind="id" if self._flavor == "rest" else "jwt", audience=("shop",), claims=claims
        )
        return mint(request, self._key, now=time.time(), token_id=str(uuid.uuid4()))

    def authorizer(self, kind: Any) -> Authorizer:
        """The authorizer of a kind."""
        source = "method.request.header.Authorization" if self._flavor == "rest" else "$request.header.Authorization"
        return make_authorizer(kind=kind, identity_sources=(source,))

    def all(self) -> Iterator[LoggedCall]:
        """Calls that pass and fail at each phase, with each kind of authorizer."""
        for kind in ("jwt",) if self._flavor == "http" else ("cognito",):
            yield self.call(self.authorizer(kind), token=self.good_token())
            yield self.call(self.authorizer(kind), token="wrong")
        for kind in ("request",) if self._flavor == "http" else ("request", "token"):
            authorizer = self.authorizer(kind)
            yield self.call(authorizer, token="any")
            yield self.call(authorizer, token="any", answers={"guard": policy("Deny")})
            yield self.call(authorizer, token="any", answers={"guard": raises("Unauthorized")})
            yield self.call(authorizer, token="any", answers={"work": raises("boom")})
            yield self.call(authorizer, token="any", validated=True)
            yield self.call(authorizer, path="/nothing")
            yield self.call(authorizer, token="any", base_path="/shop/v1")
        for secret in ("s3cret", "other"):
            yield self.call(self.authorizer("request"), secret=secret)


def value(call: LoggedCall, name: str) -> str:
    flavor = call.deployment.flavor
    return access_log(f"$context.{name}", flavor, tracing=True)(call)


@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_a_variable_has_a_value_in_some_call_or_is_listed_as_not_emulated(project: Path, flavor: Flavor) -> None:
    calls = list(Calls(project, flavor).all())
    without_value = {name for name in LOG_VARIABLES[flavor] if all(value(call, name) == "-" for call in calls)}
    assert without_value == set(NOT_EMULATED[flavor])


def test_each_variable_is_either_computed_or_not_emulated() -> None:
    for flavor in LOG_VARIABLES:
        assert LOG_VARIABLES[flavor] == (LOG_VARIABLES[flavor] & VALUES.keys()) | NOT_EMULATED[flavor].keys()
        assert not VALUES.keys() & NOT_EMULATED[flavor].keys()
    assert VALUES.keys() <= LOG_VARIABLES["http"] | LOG_VARIABLES["rest"]


def test_variables_that_are_not_emulated_are_named_with_the_reason() -> None:
    names = ("requestId", "wafResponseCode", "identity.principalOrgId", "awsEndpointRequestId2")
    layout = " ".join(f"$context.{name}" for name in names)
    assert list(log_format_warnings(layout, "rest")) == [
        ("$context.wafResponseCode is always - here: AWS WAF is not emulated", "the deployed API logs it"),
        (
            "$context.identity.principalOrgId is always - here: AWS Organizations is not emulated",
            "the deployed API logs it",
        ),
        ("$context.awsEndpointRequestId2 is always - here: Lambda answers without the header x-amz-id-2", "remove it"),
    ]
    assert list(log_format_warnings("$context.requestId $context.wafResponseCode", "http")) == []


def test_a_variable_of_rest_apis_alone_is_named_in_an_http_api() -> None:
    layout = "$context.authorizer.status $context.authorizer.error $context.authorizer.tenant"
    assert list(log_format_warnings(layout, "rest")) == []
    assert list(log_format_warnings(layout, "http")) == [
        (
            "$context.authorizer.status is a variable of REST APIs;"
            " in an HTTP API it is 'status' of a Lambda authorizer's context",
            "use $context.authorizer.error",
        )
    ]


AUTHORIZER = ("status", "error", "integrationStatus", "requestId", "principalId", "tenant")


def authorizer_values(call: LoggedCall) -> tuple[str, ...]:
    return tuple(value(call, f"authorizer.{name}") for name in AUTHORIZER)


def authorize_values(call: LoggedCall) -> tuple[str, str]:
    return value(call, "authorize.status"), value(call, "authorize.error")


@pytest.mark.parametrize("kind", ["request", "token"])
def test_a_lambda_authorizers_phases_are_logged(project: Path, kind: str) -> None:
    calls = Calls(project, "rest")
    authorizer = calls.authorizer(kind)
    allowed = calls.call(authorizer, token="any")
    assert allowed.trace.authorizer is not None
    request_id = allowed.trace.authorizer.request_id
    assert authorizer_values(allowed) == ("200", "-", "200", request_id, "user-1", "t1")
    assert authorize_values(allowed) == ("200", "-")
    denied = calls.call(authorizer, token="any", answers={"guard": policy("Deny")})
    assert authorizer_values(denied)[:2] == ("200", "-")
    message = "User is not authorized to access this resource with an explicit deny in an identity-based policy"
    assert authorize_values(denied) == ("403", message)
    raised = calls.call(authorizer, token="any", answers={"guard": raises("no database")})
    text = "the authorizer auth (function guard): raised 'Exception': 'no database'"
    assert authorizer_values(raised) == ("500", text, "200", request_id, "-", "-")
    assert authorize_values(raised) == ("-", "-")
    for call in (allowed, denied, raised):
        assert value(call, "authorizer.latency").isdigit() and value(call, "authorizer.integrationLatency").isdigit()


@pytest.mark.parametrize(("flavor", "kind"), [("http", "jwt"), ("rest", "cognito")])
def test_a_token_authorizers_phase_is_logged(project: Path, flavor: Flavor, kind: str) -> None:
    calls = Calls(project, flavor)
    allowed = calls.call(calls.authorizer(kind), token=calls.good_token())
    wrong = calls.call(calls.authorizer(kind), token="wrong")
    assert (allowed.reply.status, wrong.reply.status) == (201, 401)
    assert value(allowed, "authorizer.error") == "-"
    assert value(wrong, "authorizer.error") == "auth: token contains an invalid number of segments"
    if flavor == "rest":
        assert authorizer_values(allowed) == ("200", "-", "-", "-", "-", "-")
        assert value(wrong, "authorizer.status") == "401"
        assert value(allowed, "authorizer.latency").isdigit() and value(wrong, "authorizer.latency").isdigit()
        assert authorize_values(allowed) == ("-", "-")


@pytest.mark.parametrize(("flavor", "kind"), [("http", "jwt"), ("rest", "cognito")])
def test_a_claims_name_may_hold_a_colon(project: Path, flavor: Flavor, kind: str) -> None:
    calls = Calls(project, flavor)
    token = calls.good_token(**{"custom:tenant": "t7", "cognito:username": "ann"})
    call = calls.call(calls.authorizer(kind), token=token)
    layout = (
        '{"tenant":"$context.authorizer.claims.custom:tenant","user":"$context.authorizer.claims.cognito:username"}'
    )
    assert json.loads(access_log(layout, flavor)(call)) == {"tenant": "t7", "user": "ann"}
    assert access_log("$context.authorizer.claims.sub:$context.status: done", flavor)(call) == "user-1:201: done"


def test_the_error_message_is_the_gateways_own_whatever_a_customized_body_says(project: Path) -> None:
    calls = Calls(project, "rest")
    body = GatewayResponse(None, templates={"application/json": '{"message": "Please log in.", "code": 7}'})
    call = calls.call(calls.authorizer("cognito"), token="wrong", gateway_responses={"UNAUTHORIZED": body})
    assert json.loads(call.reply.body) == {"message": "Please log in.", "code": 7}
    assert value(call, "error.message") == "Unauthorized"
    assert value(call, "error.messageString") == '"Unauthorized"'


def test_a_functions_own_error_body_is_no_error_of_the_gateway(project: Path) -> None:
    calls = Calls(project, "rest")
    answer = {"statusCode": 404, "body": '{"message": "no such item"}'}
    call = calls.call(calls.authorizer("cognito"), token=calls.good_token(), answers={"work": answer})
    assert (call.reply.status, value(call, "error.message"), value(call, "integration.status")) == (404, "-", "404")
