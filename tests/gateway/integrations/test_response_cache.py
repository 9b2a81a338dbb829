"""The response cache of a REST API's stage: what is kept, for whom, for how long, and who may have it renewed."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import BodyStream, Reply
from homeport.gateway.ids import reply_trace_id
from homeport.gateway.integrations.response_cache import (
    LARGEST_RESPONSE,
    CachedMethod,
    ResponseCache,
    asks_for_fresh,
    with_cache,
)
from homeport.gateway.observers.console import Console
from homeport.http_headers import Header, header_values
from homeport.project.integrations.caching import NO_CACHE_KEY, CacheKey, CacheSettings, StageCache
from homeport.project.integrations.mapping_expressions import request_expression
from homeport.terminal import palette_of
from tests.support.gateway import (
    make_answered,
    make_context,
    make_deployment,
    make_exchange,
    make_operation,
    make_request,
)
from tests.support.stages import Clock

FRESH = (("Cache-Control", "max-age=0"),)
WARNING = "199 Cache-control headers were ignored because the caller was unauthorized."


class Backend:
    """An integration that counts its calls; ``made`` makes the reply of a call."""

    def __init__(self, **reply: Any) -> None:
        self.calls = 0
        self.reply = reply

    def __call__(self, exchange: Exchange) -> Reply:
        self.calls += 1
        lines = (("x-amzn-RequestId", exchange.context.request_id), ("X-Own", str(self.calls)))
        return Reply(**{"status": 200, "headers": lines, "body": f"call {self.calls}".encode(), **self.reply})


class CachedRoute:
    """A route with a cache in front of its backend."""

    def __init__(self, backend: Backend, key: CacheKey = NO_CACHE_KEY, *, may: bool = False, **settings: Any) -> None:
        self.clock = Clock()
        methods = {"op": CachedMethod(CacheSettings(**{"enabled": True, "ttl": 60, **settings}), key)}
        self.cache = ResponseCache(self.clock)
        self.step = with_cache(backend, methods, lambda _: may, self.cache)

    def ask(self, target: str = "/prod/items/1", *, headers: tuple[Header, ...] = (), **context: Any) -> Reply:
        reply = self.step(exchange_of(target, headers, **context))
        assert isinstance(reply, Reply)
        return reply


def exchange_of(target: str, headers: tuple[Header, ...] = (), id: str = "op", **context: Any) -> Exchange:
    deployment = make_deployment(flavor="rest", **context)
    request = make_request(method="GET", target=target, headers=headers)
    operation = replace(make_operation(method="GET"), id=id)
    return make_exchange(request=request, context=make_context(deployment=deployment), operation=operation)


def key_of(*names: str, namespace: str = "") -> CacheKey:
    found = [(name, request_expression(name)) for name in names]
    return CacheKey(tuple((name, value) for name, value in found if value is not None), namespace)


def test_a_response_is_kept_for_its_time() -> None:
    route = CachedRoute(backend := Backend())
    assert [route.ask().body for _ in range(3)] == [b"call 1"] * 3
    route.clock.advance(59.9)
    assert route.ask().body == b"call 1"
    route.clock.advance(0.1)
    assert route.ask().body == b"call 2"
    assert backend.calls == 2


def test_a_kept_response_has_the_ids_of_its_own_call() -> None:
    lines = (("x-amzn-RequestId", "old"), ("x-amz-apigw-id", "old"), ("X-Own", "1"), ("X-Amzn-Trace-Id", "old"))
    route = CachedRoute(Backend(headers=lines))
    route.ask()
    context = exchange_of("/prod/items/1").context
    assert route.ask().headers == (
        ("x-amzn-RequestId", context.request_id),
        ("x-amz-apigw-id", context.extended_request_id),
        ("X-Own", "1"),
        ("X-Amzn-Trace-Id", reply_trace_id(context.trace_id, context.segment_id)),
    )


def test_a_method_without_caching_is_called_each_time() -> None:
    backend = Backend()
    step = with_cache(backend, {}, lambda _: True, ResponseCache(Clock()))
    assert [step(exchange_of("/prod/items/1")).body for _ in range(2)] == [b"call 1", b"call 2"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("method.request.path.itemId", ("/prod/items/1", ()), ("/prod/items/2", ())),
        ("method.request.querystring.page", ("/prod/items/1?page=1", ()), ("/prod/items/1?page=2", ())),
        ("method.request.header.X-Own", ("/prod/items/1", (("X-Own", "a"),)), ("/prod/items/1", (("x-own", "b"),))),
    ],
)
def test_responses_differ_by_the_parameters_of_the_key(
    name: str, first: tuple[str, tuple[Header, ...]], second: tuple[str, tuple[Header, ...]]
) -> None:
    for key, bodies in ((key_of(name), {b"call 1", b"call 2"}), (NO_CACHE_KEY, {b"call 1"})):
        route = CachedRoute(Backend(), key)
        assert {route.ask(target, headers=headers).body for target, headers in (first, second, first)} == bodies


def test_methods_with_one_namespace_share_their_responses() -> None:
    backend = Backend()
    method = CachedMethod(CacheSettings(enabled=True), key_of(namespace="shared"))
    step = with_cache(backend, {"op": method, "other": method}, lambda _: False, ResponseCache(Clock()))
    step(exchange_of("/prod/items/1"))
    step(exchange_of("/prod/items/1", id="other"))
    assert backend.calls == 1


def test_the_canary_has_a_cache_of_its_own() -> None:
    route = CachedRoute(backend := Backend())
    route.ask()
    exchange = exchange_of("/prod/items/1")
    canary = replace(exchange.context, deployment=replace(exchange.context.deployment, is_canary=True))
    route.step(replace(exchange, context=canary))
    assert backend.calls == 2


def test_a_caller_with_the_right_gets_a_fresh_response_that_is_kept() -> None:
    route = CachedRoute(Backend(), may=True)
    route.ask()
    assert route.ask(headers=FRESH).body == b"call 2"
    assert route.ask().body == b"call 2"


def test_anybody_may_invalidate_where_no_right_is_required() -> None:
    route = CachedRoute(Backend(), authorized=False)
    route.ask()
    assert route.ask(headers=FRESH).body == b"call 2"


@pytest.mark.parametrize(
    ("strategy", "warning"),
    [("SUCCEED_WITH_RESPONSE_HEADER", [WARNING]), ("SUCCEED_WITHOUT_RESPONSE_HEADER", [])],
)
def test_a_caller_without_the_right_gets_the_kept_response(strategy: Any, warning: list[str]) -> None:
    route = CachedRoute(Backend(), unauthorized=strategy)
    first, second = route.ask(headers=FRESH), route.ask(headers=FRESH)
    assert (first.body, second.body) == (b"call 1", b"call 1")
    assert [header_values(reply.headers, "warning") for reply in (first, second)] == [warning, warning]
    assert header_values(route.ask().headers, "warning") == []


def test_a_caller_without_the_right_is_refused_where_the_settings_say_so() -> None:
    route = CachedRoute(backend := Backend(), unauthorized="FAIL_WITH_403")
    with pytest.raises(GatewayError) as error:
        route.ask(headers=FRESH)
    assert error.value.type is GatewayResponseType.ACCESS_DENIED
    assert backend.calls == 0


@pytest.mark.parametrize(
    ("value", "asks"),
    [
        ("max-age=0", True),
        ("no-transform, Max-Age = 0", True),
        ("max-age=00", False),
        ("max-age=60", False),
        ("no-cache", False),
        ("no-store", False),
    ],
)
def test_only_an_age_of_zero_asks_for_a_fresh_response(value: str, asks: bool) -> None:
    assert asks_for_fresh(make_request(headers=[("cache-control", value)])) is asks


@pytest.mark.parametrize("status", [204, 404, 500])
def test_a_response_is_kept_whatever_its_status(status: int) -> None:
    route = CachedRoute(backend := Backend(status=status))
    assert [route.ask().status for _ in range(2)] == [status, status]
    assert backend.calls == 1


def test_an_error_of_the_gateway_is_not_kept() -> None:
    calls: list[int] = []

    def fails(exchange: Exchange) -> Reply:
        calls.append(1)
        raise GatewayError(GatewayResponseType.INTEGRATION_TIMEOUT)

    step = with_cache(
        fails, {"op": CachedMethod(CacheSettings(enabled=True), NO_CACHE_KEY)}, lambda _: True, ResponseCache(Clock())
    )
    for _ in range(2):
        with pytest.raises(GatewayError):
            step(exchange_of("/prod/items/1"))
    assert len(calls) == 2


@pytest.mark.parametrize(("size", "calls"), [(LARGEST_RESPONSE, 1), (LARGEST_RESPONSE + 1, 2)])
def test_a_large_response_is_not_kept(size: int, calls: int) -> None:
    route = CachedRoute(backend := Backend(body=bytes(size)))
    for _ in range(2):
        route.ask()
    assert backend.calls == calls


def test_a_stream_is_not_kept() -> None:
    route = CachedRoute(backend := Backend(stream=BodyStream(iter(()), lambda: None)))
    for _ in range(2):
        route.ask()
    assert backend.calls == 2


def test_the_response_that_was_not_used_for_longest_makes_room() -> None:
    cache = ResponseCache(Clock(), most_bytes=10)
    for name in ("a", "b"):
        cache.keep((name,), Reply(200, (), b"12345"), 60)
    assert cache.find(("a",)) is not None
    cache.keep(("c",), Reply(200, (), b"12345"), 60)
    assert [cache.find((name,)) is not None for name in "abc"] == [True, False, True]


def test_the_console_marks_replies_from_the_cache() -> None:
    out = io.StringIO()
    console, route = Console(out, palette_of(out), logs=False), CachedRoute(Backend())
    for _ in range(2):
        exchange = exchange_of("/prod/items/1")
        reply = route.step(exchange)
        assert isinstance(reply, Reply)
        console.on_reply(make_answered(exchange, reply))
    console.flush()
    assert [" cached " in line for line in out.getvalue().splitlines()] == [False, True]


@pytest.mark.parametrize(
    ("methods", "get", "post"),
    [
        ({"* *": 1}, 1, None),
        ({"* *": 1, "GET /items": 2}, 2, None),
        ({"* *": 1, "GET /items": 2, "op": 3}, 3, 3),
        ({"* /items": 4}, 4, None),
        ({"GET *": 5, "POST *": 6}, 5, 6),
        ({"POST /items": 7}, None, 7),
        ({}, None, None),
    ],
)
def test_settings_of_a_method_win_and_only_get_has_those_of_all(
    methods: dict[str, int], get: int | None, post: int | None
) -> None:
    cache = StageCache("0.5", {name: CacheSettings(enabled=True, ttl=ttl) for name, ttl in methods.items()})
    for method, ttl in (("GET", get), ("POST", post)):
        settings = cache.settings_of(method, "/items", "op")
        assert (settings.ttl if settings.caches else None) == ttl
