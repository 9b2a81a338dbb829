"""Calls the route's function with the event, and makes the reply of its answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from homeport.gateway.context import CallContext, Exchange, Step
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.routing import Match
from homeport.gateway.timeout import call_with_timeout
from homeport.runtime.api import Invocation, RequestTooLarge, Runtime, Throttled, Unavailable

BuildEvent = Callable[[Request, Match, CallContext], dict[str, Any]]
ToReply = Callable[[Invocation, Request, CallContext], Reply]

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html, in seconds.
INTEGRATION_TIMEOUT: Mapping[str, float] = {"http": 30.0, "rest": 29.0}
# What a cold start may take before the function's own time begins.
INIT_TIMEOUT = 10.0

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def integrate(
    build_event: BuildEvent,
    to_reply: ToReply,
    runtime: Runtime,
    flavor: Literal["http", "rest"],
    timeouts: Mapping[str, float],
    limit: float | None = None,
    *,
    patient: bool = False,
) -> Step:
    """Call the function of the matched operation. ``timeouts`` are the functions' own, in seconds, by name.

    ``limit`` is how long the gateway waits, in seconds, where the operation does not say: by default the flavor's.
    If it is ``patient`` it never gives up.
    """
    usual = INTEGRATION_TIMEOUT[flavor] if limit is None else limit

    def step(exchange: Exchange) -> Reply:
        match, context = exchange.match, exchange.context
        if match is None:
            raise GatewayError(GatewayResponseType.NO_ROUTE)
        if match.operation.integration_fault:
            raise GatewayError(GatewayResponseType.INTEGRATION_FAILURE, match.operation.integration_fault)
        function, payload = match.operation.function, event_json(build_event(exchange.request, match, context))
        exchange.trace.event = payload
        patience = match.operation.integration_timeout or usual
        if patient or timeouts.get(function, 0) + INIT_TIMEOUT < patience:
            invocation = _invoke(runtime, function, payload, context.trace_id)
        else:
            try:
                invocation = call_with_timeout(patience, lambda: _invoke(runtime, function, payload, context.trace_id))
            except TimeoutError as exc:
                raise GatewayError(GatewayResponseType.INTEGRATION_TIMEOUT, str(exc)) from exc
        exchange.trace.invocation = invocation
        return to_reply(invocation, exchange.request, context)

    return step


def event_json(event: Mapping[str, Any]) -> bytes:
    """An event as functions are called with it."""
    return _encode(event).encode("utf-8", "replace")


def _invoke(runtime: Runtime, function: str, payload: bytes, trace_id: str) -> Invocation:
    try:
        return runtime.invoke(function, payload, trace_id=trace_id)
    except Throttled as exc:
        raise GatewayError(GatewayResponseType.INTEGRATION_THROTTLED, str(exc)) from exc
    except RequestTooLarge as exc:
        raise GatewayError(GatewayResponseType.INTEGRATION_TOO_LARGE, str(exc)) from exc
    except Unavailable as exc:
        raise GatewayError(GatewayResponseType.INTEGRATION_FAILURE, str(exc)) from exc
