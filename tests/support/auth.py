"""Authorizers, APIs that use them, and gateways of nothing else, for tests of who may call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from homeport.gateway.auth.jwt import KeySource
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http_api import gateway_responses as http_responses
from homeport.gateway.pipeline import Pipeline
from homeport.gateway.rest_api import gateway_responses as rest_responses
from homeport.gateway.routing import Router, match, require_rest_route, require_route
from homeport.gateway.steps.authorize import authorize
from homeport.project.cors import Cors
from homeport.project.integrations import LambdaProxy
from homeport.project.model import Api, Authorizer, Function, Operation, Security, Source, Stage, StageAuth
from homeport.runtime.api import Invocation, InvokeError, Runtime
from tests.support.gateway import make_context, make_deployment, make_invocation
from tests.support.tokens import AUDIENCE, ISSUER, NOW, make_keys

SOURCE = Source("openapi.yaml", 7)


@dataclass
class FakeRuntime:
    """Answer by function name, and keep the calls."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        self.calls.append((function, json.loads(event)))
        answer = self.answers[function]
        if isinstance(answer, InvokeError):
            raise answer
        return answer if isinstance(answer, Invocation) else make_invocation(answer)

    def close(self) -> None:
        """Nothing to end."""


def raises(message: str, kind: str = "Exception") -> Invocation:
    """The invocation of a function that raised."""
    return make_invocation({"errorMessage": message, "errorType": kind, "stackTrace": []}, error="Unhandled")


def make_authorizer(
    *,
    kind: Literal["jwt", "cognito", "request", "token"] = "jwt",
    name: str = "auth",
    identity_sources: tuple[str, ...] = ("$request.header.Authorization",),
    function: str | None = None,
    ttl: int = 300,
    payload_format: Literal["1.0", "2.0"] = "2.0",
    simple: bool = False,
    issuer: str | None = ISSUER,
    audience: tuple[str, ...] = (AUDIENCE,),
    validation_expression: str | None = None,
    provider_arns: tuple[str, ...] = (),
) -> Authorizer:
    """A security scheme with an authorizer; Lambda authorizers call the function ``guard`` by default."""
    return Authorizer(
        name=name,
        kind=kind,
        source=SOURCE,
        identity_sources=identity_sources,
        function=function or ("guard" if kind in ("request", "token") else None),
        ttl=ttl,
        payload_format=payload_format,
        simple=simple,
        issuer=issuer,
        audience=audience,
        validation_expression=validation_expression,
        provider_arns=provider_arns,
    )


def make_stage(
    *,
    key: str = "dev",
    flavor: Literal["http", "rest"] = "http",
    auth: Mapping[str, StageAuth] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Stage:
    """Return a stage that trusts ISSUER for the scheme ``auth`` by default."""
    return Stage(
        key=key,
        stage_name="$default" if flavor == "http" else "prod",
        flavor=flavor,
        payload_format="2.0" if flavor == "http" else "1.0",
        region="eu-west-1",
        stack_name="shop-dev",
        auth={"auth": StageAuth(ISSUER, (AUDIENCE,))} if auth is None else auth,
        variables=variables or {},
    )


def make_operation(
    *,
    method: str = "GET",
    path: str = "/items",
    security: tuple[Security, ...] = (Security("auth"),),
    api_key_required: bool = False,
) -> Operation:
    """A protected route."""
    return Operation(
        id=f"{method} {path}",
        method=method,
        path=path,
        integration=LambdaProxy("work"),
        source=SOURCE,
        security=security,
        api_key_required=api_key_required,
    )


def make_api(
    authorizer: Authorizer | None = None,
    operations: Iterable[Operation] | None = None,
    *,
    api_key_source: Literal["HEADER", "AUTHORIZER"] = "HEADER",
    cors: Cors | None = None,
) -> Api:
    """An API with one authorizer, by default on its one route."""
    authorizer = authorizer or make_authorizer()
    return Api(
        title="Shop",
        version="1",
        operations=tuple([make_operation()] if operations is None else operations),
        functions={"work": Function("work", "service.handlers.work.handler", SOURCE)},
        authorizers={authorizer.name: authorizer},
        api_key_source=api_key_source,
        cors=cors,
    )


@dataclass
class Gateway:
    """A pipeline of nothing but routing and authorization; ``passed`` holds the exchanges that passed."""

    pipeline: Pipeline
    passed: list[Exchange]

    def get(self, target: str = "/items", headers: Iterable[tuple[str, str]] = (), method: str = "GET") -> Reply:
        """Send a request."""
        return self.pipeline.handle(Request(method, target, tuple(headers), b"", "192.0.2.1", "HTTP/1.1", NOW))[1]

    def with_token(self, token: str) -> Reply:
        """Send a GET of the one protected route with an Authorization header."""
        stage = "" if self.pipeline.open_call(_ANY).deployment.stage == "$default" else "/prod"
        return self.get(f"{stage}/items", [("Authorization", token)])

    def error_with_token(self, token: str) -> GatewayError:
        """Send a GET as ``with_token`` does, and return the error that it ends with."""
        request = Request("GET", "/items", (("Authorization", token),), b"", "192.0.2.1", "HTTP/1.1", NOW)
        error = self.pipeline.handle(request)[0].trace.error
        assert error is not None
        return error


_ANY = Request("GET", "/", (), b"", "192.0.2.1", "HTTP/1.1", NOW)


def make_gateway(
    *,
    api: Api | None = None,
    stage: Stage | None = None,
    runtime: Runtime | None = None,
    keys: KeySource | None = None,
    clock: Callable[[], float] = lambda: NOW,
    timeout: float | None = None,
) -> Gateway:
    """A gateway whose function is called for every request that may pass, and answers 200."""
    api, stage = api or make_api(), stage or make_stage()
    deployment = make_deployment(flavor=stage.flavor, stage=stage.stage_name, stage_variables=stage.variables)
    context = make_context(deployment=deployment)
    passed: list[Exchange] = []

    def work(exchange: Exchange) -> Reply:
        passed.append(exchange)
        return Reply(200, (), b"passed")

    found = keys or make_keys()
    steps = (
        match(Router(api.operations, stage.flavor, stage.stage_name)),
        require_rest_route if stage.flavor == "rest" else require_route,
        authorize(api, stage, deployment, runtime or FakeRuntime(), lambda: found, clock, timeout=timeout),
        work,
    )
    refuse = http_responses.error_reply if stage.flavor == "http" else rest_responses.error_reply
    return Gateway(Pipeline(steps, lambda request: context, refuse, lambda exchange, reply: reply), passed)
