"""Requests, deployments and contexts for tests of the gateway: every argument by name, every default fixed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from homeport.gateway.auth import Authorization
from homeport.gateway.context import AnsweredCall, CallContext, Deployment, Exchange, Match
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.routing import Router
from homeport.http_headers import Header
from homeport.project.integrations import LambdaProxy
from homeport.project.model import GatewayResponse, Operation, Source, Throttle
from homeport.runtime.api import Invocation

RECEIVED = 1790074701.25  # 22 September 2026, 10:58:21.250 UTC
UUID_ID = "0f1e2d3c-4b5a-4697-8877-665544332211"
SHORT_ID = "JCJgriq-vHcEPMg="
TRACE_ID = "Root=1-6ab250cd-00112233445566778899aabb"
SEGMENT_ID = "0123456789abcdef"


def make_request(
    *,
    method: str = "GET",
    target: str = "/",
    headers: Iterable[Header] = (),
    body: bytes = b"",
    source_ip: str = "192.0.2.1",
    protocol: str = "HTTP/1.1",
    received: float = RECEIVED,
) -> Request:
    """A request as the server hands it over."""
    return Request(method, target, tuple(headers), body, source_ip, protocol, received)


def make_operation(
    *,
    method: str = "GET",
    path: str = "/items/{itemId}",
    id: str | None = None,
    api_key_required: bool = False,
    throttle: Throttle | None = None,
) -> Operation:
    """A route; its id says method and path unless told."""
    name = id or f"{method} {path}"
    return Operation(
        id=name,
        method=method,
        path=path,
        integration=LambdaProxy(name),
        source=Source("openapi.yaml", 1),
        api_key_required=api_key_required,
        throttle=throttle,
    )


def make_deployment(
    *,
    flavor: Literal["http", "rest"] = "http",
    payload_format: Literal["1.0", "2.0"] | None = None,
    stage: str | None = None,
    stage_variables: Mapping[str, str] | None = None,
    binary_media_types: tuple[str, ...] = (),
    gateway_responses: Mapping[str, GatewayResponse] | None = None,
) -> Deployment:
    """An API in a stage: ``$default`` for HTTP APIs and ``prod`` for REST APIs unless told."""
    return Deployment(
        flavor=flavor,
        payload_format=payload_format or ("2.0" if flavor == "http" else "1.0"),
        region="eu-west-1",
        account_id="123456789012",
        api_id="a1b2c3d4e5",
        stage=stage or ("$default" if flavor == "http" else "prod"),
        deployment_id="d1e2f3",
        stage_variables=stage_variables or {},
        binary_media_types=binary_media_types,
        gateway_responses=gateway_responses or {},
    )


def make_context(
    *,
    deployment: Deployment | None = None,
    trace_id: str = TRACE_ID,
    source_ip: str = "192.0.2.1",
    received: float = RECEIVED,
    port: int = 443,
    scheme: str = "https",
    authorization: Authorization | None = None,
    api_key: str | None = None,
    api_key_id: str | None = None,
) -> CallContext:
    """A call with fixed ids."""
    deployment = deployment or make_deployment()
    return CallContext(
        deployment=deployment,
        request_id=SHORT_ID if deployment.flavor == "http" else UUID_ID,
        extended_request_id=SHORT_ID,
        trace_id=trace_id,
        segment_id=SEGMENT_ID,
        domain_name="a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
        source_ip=source_ip,
        received=received,
        port=port,
        scheme=scheme,
        authorization=authorization,
        api_key=api_key,
        api_key_id=api_key_id,
    )


def make_match(*, request: Request, operation: Operation, deployment: Deployment) -> Match:
    """What the router finds in an API with this one operation."""
    found = Router([operation], deployment.flavor, deployment.stage).match(request.method, request.target)
    assert found is not None, f"{operation.route_key} does not match {request.method} {request.target}"
    return found


def make_exchange(
    *, request: Request | None = None, context: CallContext | None = None, operation: Operation | None = None
) -> Exchange:
    """A request in the pipeline; with ``operation`` its route is found already."""
    request, context = request or make_request(), context or make_context()
    match = None
    if operation is not None:
        match = make_match(request=request, operation=operation, deployment=context.deployment)
    return Exchange(request, context, match)


def make_answered(exchange: Exchange, reply: Reply, *, at: float = RECEIVED) -> AnsweredCall:
    """A call as the observers get it."""
    return AnsweredCall(exchange, reply, at, ticks=1.0)


def make_invocation(answer: Any, *, error: str | None = None) -> Invocation:
    """What a function's answer looks like when it comes back from Lambda; bytes go through as they are."""
    payload = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
    return Invocation(payload, error, request_id=UUID_ID, duration_ms=1.0, init_ms=None, log=b"")
