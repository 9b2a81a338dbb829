"""Lambda authorizers: when the function is called, its event, and how long its response is cached."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from homeport.runtime.api import Invocation, Throttled
from tests.support.auth import FakeRuntime, make_api, make_authorizer, make_gateway, make_operation, make_stage, raises
from tests.support.gateway import TRACE_ID, make_invocation
from tests.support.lambda_authorizers import (
    HTTP_ARN,
    UNAUTHORIZED,
    http,
    policy,
    rest,
    rest_authorizer,
    status_and_body,
)
from tests.support.waiting import LAST_RESORT

# Identity


@pytest.mark.parametrize("headers", [[], [("Authorization", "")], [("Other", "x")]])
def test_an_authorizer_is_not_called_without_its_identity(headers: list[tuple[str, str]]) -> None:
    for make, target in ((http, "/items"), (rest, "/prod/items")):
        gateway, runtime = make(policy())
        reply = gateway.get(target, headers)
        assert (status_and_body(reply), runtime.calls) == (UNAUTHORIZED, [])
        assert "www-authenticate" not in dict(reply.headers)


def test_all_of_several_identity_sources_are_needed() -> None:
    sources = ("$request.header.X-Tenant", "$request.querystring.user", "$stageVariables.colour", "$context.routeKey")
    runtime = FakeRuntime({"guard": policy()})
    api = make_api(make_authorizer(kind="request", identity_sources=sources))
    gateway = make_gateway(api=api, stage=make_stage(variables={"colour": "blue"}), runtime=runtime)
    assert gateway.get("/items?user=u", [("x-tenant", "t")]).status == 200
    assert gateway.get("/items", [("x-tenant", "t")]).status == 401
    assert gateway.get("/items?user=", [("x-tenant", "t")]).status == 401
    assert gateway.get("/items?user=u").status == 401
    assert [event["identitySource"] for _, event in runtime.calls] == [["t", "u", "blue", "GET /items"]]


def test_format_1_0_joins_the_identity() -> None:
    gateway, runtime = http(policy(), payload_format="1.0", identity_sources=("$request.header.A", "$request.header.B"))
    assert gateway.get(headers=[("A", "1"), ("B", "2"), ("B", "3")]).status == 200
    [(_, event)] = runtime.calls
    assert (event["version"], event["methodArn"]) == ("1.0", HTTP_ARN)
    assert event["identitySource"] == event["authorizationToken"] == "1,2,3"


def test_an_authorizer_without_identity_sources_is_always_called() -> None:
    gateway, runtime = http(policy(), identity_sources=())
    assert [gateway.get().status for _ in range(3)] == [200, 200, 200]
    assert len(runtime.calls) == 3


@pytest.mark.parametrize(
    ("token", "status", "calls"), [("Bearer abc", 200, 1), ("abc", 401, 0), ("xBearer abc", 401, 0)]
)
def test_an_authorizer_is_not_called_for_a_token_that_does_not_match(token: str, status: int, calls: int) -> None:
    gateway, runtime = rest(policy(), validation_expression="Bearer [a-z]+")
    assert (gateway.with_token(token).status, len(runtime.calls)) == (status, calls)


# The cache


class Cached:
    """Two routes behind one authorizer, and a clock."""

    def __init__(self, answer: Any, **authorizer: Any) -> None:
        self.now = 1000.0
        self.runtime = FakeRuntime({"guard": answer})
        operations = [make_operation(), make_operation(path="/orders")]
        self.gateway = make_gateway(
            api=make_api(make_authorizer(kind="request", **authorizer), operations),
            runtime=self.runtime,
            clock=lambda: self.now,
        )

    def get(self, target: str = "/items", token: str = "a") -> int:
        return self.gateway.get(target, [("Authorization", token)]).status

    @property
    def asked(self) -> int:
        return len(self.runtime.calls)


def test_a_response_is_cached_for_every_route_until_its_ttl() -> None:
    cached = Cached(policy(), ttl=60)
    assert (cached.get(), cached.get("/orders"), cached.asked) == (200, 200, 1)
    cached.now += 59.9
    assert (cached.get(), cached.asked) == (200, 1)
    cached.now += 0.1
    assert (cached.get(), cached.asked) == (200, 2)


def test_a_cached_policy_is_evaluated_for_each_route() -> None:
    cached = Cached(policy(resource=HTTP_ARN))
    assert (cached.get(), cached.get("/orders"), cached.asked) == (200, 403, 1)


def test_denials_are_cached_and_failures_are_not() -> None:
    denied = Cached(policy("Deny"))
    assert (denied.get(), denied.get(), denied.asked) == (403, 403, 1)
    failures: tuple[Any, ...] = (raises("Unauthorized"), raises("boom"), {}, Throttled(""))
    for answer in failures:
        failed = Cached(answer)
        failed.get()
        failed.get()
        assert failed.asked == 2


def test_an_authorizer_is_called_again_for_another_identity() -> None:
    cached = Cached(policy())
    cached.get(token="a")
    cached.get(token="b")
    cached.get(token="a")
    assert cached.asked == 2


def test_a_ttl_of_zero_caches_nothing() -> None:
    cached = Cached(policy(), ttl=0)
    assert (cached.get(), cached.get(), cached.asked) == (200, 200, 2)


def test_the_route_key_as_identity_source_caches_per_route() -> None:
    cached = Cached(policy(), identity_sources=("$request.header.Authorization", "$context.routeKey"))
    assert [cached.get(), cached.get("/orders"), cached.get()] == [200, 200, 200]
    assert cached.asked == 2


# Time


class SlowRuntime:
    """Answers when it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        assert trace_id == TRACE_ID
        self.go.wait(10)
        return make_invocation(policy())

    def close(self) -> None:
        self.go.set()


@pytest.mark.parametrize(("flavor", "status"), [("http", 500), ("rest", 500)])
def test_an_authorizer_that_takes_too_long_is_abandoned(flavor: Any, status: int) -> None:
    runtime = SlowRuntime()
    authorizer = make_authorizer(kind="request") if flavor == "http" else rest_authorizer()
    gateway = make_gateway(api=make_api(authorizer), stage=make_stage(flavor=flavor), runtime=runtime, timeout=0.05)
    started = time.monotonic()
    assert gateway.with_token("abc").status == status
    assert time.monotonic() - started < LAST_RESORT
    runtime.close()
    assert gateway.with_token("abc").status == 200


def test_the_latency_is_that_of_the_call_and_zero_for_a_cached_response() -> None:
    ticks = iter([1000.0])
    runtime = FakeRuntime({"guard": policy()})
    api = make_api(make_authorizer(kind="request"))
    gateway = make_gateway(api=api, runtime=runtime, clock=lambda: next(ticks, 1000.25))
    gateway.with_token("abc")
    gateway.with_token("abc")
    latencies = [
        exchange.context.authorization.latency for exchange in gateway.passed if exchange.context.authorization
    ]
    assert latencies == [250, 0]
