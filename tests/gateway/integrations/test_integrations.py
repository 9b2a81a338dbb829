"""Integrations, from the value in the project model to the reply."""

from __future__ import annotations

import threading

import pytest

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.integrations import IntegrationHandler, build_integration
from homeport.gateway.integrations.lambda_proxy import INIT_TIMEOUT, LambdaProxyIntegration
from homeport.gateway.rest_api.cors import preflight_operations
from homeport.http_headers import Header
from homeport.project.cors import Cors
from homeport.project.integrations import Integration, LambdaProxy
from homeport.project.model import Function, Source
from homeport.runtime.api import Invocation, InvokeError, RequestTooLarge, Runtime, Throttled, Unavailable
from tests.support.auth import FakeRuntime, make_api, make_stage
from tests.support.gateway import (
    make_context,
    make_deployment,
    make_exchange,
    make_invocation,
    make_operation,
    make_request,
)

SITE = "https://www.example.com"
PREFLIGHT: tuple[Header, ...] = (("Origin", SITE), ("Access-Control-Request-Method", "POST"))


def build(
    integration: Integration, runtime: Runtime, *, timeout: int = 3, debugging: bool = False
) -> IntegrationHandler:
    api = make_api()
    functions = {"work": Function("work", "service.handlers.work.handler", Source("openapi.yaml", 1), timeout=timeout)}
    api = type(api)(api.title, api.version, api.operations, functions)
    return build_integration(integration, api, make_stage(), make_deployment(), runtime, debugging=debugging)


class SlowRuntime(FakeRuntime):
    """A runtime whose functions answer once ``end`` is set."""

    def __init__(self) -> None:
        super().__init__({"work": {"statusCode": 200}})
        self.end = threading.Event()

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        self.end.wait()
        return super().invoke(function, event, trace_id=trace_id)


def test_lambda_proxy_invokes_the_function_with_the_event() -> None:
    runtime = FakeRuntime({"work": make_invocation({"statusCode": 201, "body": "made"})})
    exchange = make_exchange(operation=make_operation(path="/"))
    reply = build(LambdaProxy("work"), runtime).invoke(exchange)
    assert (reply.status, reply.body) == (201, b"made")
    ((function, event),) = runtime.calls
    assert (function, event["routeKey"]) == ("work", "GET /")
    assert exchange.trace.event
    exchange.trace.complete()
    assert exchange.trace.invocation is not None


def test_lambda_proxy_with_a_fault_invokes_nothing() -> None:
    runtime = FakeRuntime()
    with pytest.raises(GatewayError) as caught:
        build(LambdaProxy("work", fault="POST is missing"), runtime).invoke(make_exchange())
    assert (caught.value.type, runtime.calls) == (GatewayResponseType.INTEGRATION_FAILURE, [])


@pytest.mark.parametrize(
    ("error", "type"),
    [
        (Throttled("no concurrency"), GatewayResponseType.INTEGRATION_THROTTLED),
        (RequestTooLarge("6 MB"), GatewayResponseType.INTEGRATION_TOO_LARGE),
        (Unavailable("gone"), GatewayResponseType.INTEGRATION_FAILURE),
    ],
)
def test_errors_of_lambda_become_gateway_errors(error: InvokeError, type: GatewayResponseType) -> None:
    exchange = make_exchange(operation=make_operation(path="/"))
    with pytest.raises(GatewayError) as caught:
        build(LambdaProxy("work"), FakeRuntime({"work": error})).invoke(exchange)
    assert caught.value.type is type


def test_gateway_answers_for_a_function_that_takes_longer_than_the_integration_allows() -> None:
    runtime = SlowRuntime()
    with pytest.raises(GatewayError) as caught:
        build(LambdaProxy("work", timeout=0.05), runtime).invoke(make_exchange(operation=make_operation(path="/")))
    assert caught.value.type is GatewayResponseType.INTEGRATION_TIMEOUT
    runtime.end.set()


@pytest.mark.parametrize(
    ("timeout", "debugging", "limit"),
    [(3, False, None), (30 - int(INIT_TIMEOUT), False, 30.0), (60, False, 30.0), (60, True, None)],
)
def test_gateway_counts_the_time_of_a_function_that_could_outlast_it(
    timeout: int, debugging: bool, limit: float | None
) -> None:
    handler = build(LambdaProxy("work"), FakeRuntime(), timeout=timeout, debugging=debugging)
    assert isinstance(handler, LambdaProxyIntegration)
    assert handler.call.timeout == limit


def test_mock_answers_a_preflight_without_a_function() -> None:
    api = make_api(operations=[make_operation(method="GET", path="/items")], cors=Cors(allow_origins=(SITE,)))
    (preflight,) = preflight_operations(api)
    request = make_request(method="OPTIONS", target="/prod/items", headers=PREFLIGHT)
    context = make_context(deployment=make_deployment(flavor="rest"))
    runtime = FakeRuntime()
    handler = build(preflight.integration, runtime)
    reply = handler.invoke(make_exchange(request=request, context=context, operation=preflight))
    assert isinstance(reply, Reply)
    assert (reply.status, dict(reply.headers)["Access-Control-Allow-Origin"], runtime.calls) == (200, SITE, [])


def test_an_api_without_cors_has_no_preflight_methods() -> None:
    assert preflight_operations(make_api()) == ()
