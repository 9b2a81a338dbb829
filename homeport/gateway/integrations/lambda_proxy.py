"""Lambda proxy integrations: the request becomes an event, the function is invoked, its result becomes the reply.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any

from homeport.background import call_with_timeout
from homeport.gateway.context import CallContext, Deployment, Exchange, Match
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http_api import event as http_event
from homeport.gateway.http_api import event_v1 as http_event_v1
from homeport.gateway.http_api import reply as http_reply
from homeport.gateway.http_api.parameter_mapping import map_reply, map_request
from homeport.gateway.rest_api import event as rest_event
from homeport.gateway.rest_api import reply as rest_reply
from homeport.project.integrations import Integration, LambdaProxy
from homeport.runtime.api import (
    AsyncRuntime,
    FunctionResponse,
    FunctionResult,
    Invocation,
    InvokeError,
    PromptRuntime,
    RequestTooLarge,
    Runtime,
    Throttled,
    WholeResponse,
)

log = logging.getLogger("homeport.gateway")

BuildEvent = Callable[[Request, Match, CallContext], dict[str, Any]]
ToReply = Callable[[FunctionResult, Request, CallContext], Reply]

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html, in seconds.
INTEGRATION_TIMEOUT: Mapping[str, float] = {"http": 30.0, "rest": 29.0}
# Lambda allows a cold start 10 s before the function's own timeout begins to count.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
INIT_TIMEOUT = 10.0

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class FunctionCall:
    """Calls of one function, which take no longer than the gateway waits.

    ``limit`` is the seconds that the gateway waits, ``function_timeout`` the function's own. With ``debugging`` it
    waits until the end.
    """

    def __init__(
        self, function: str, runtime: Runtime, limit: float, function_timeout: float, *, debugging: bool
    ) -> None:
        self.function, self._runtime = function, runtime
        # A function whose own timeout ends it first needs no second one, which would cost a thread.
        is_needed = not debugging and function_timeout + INIT_TIMEOUT >= limit
        self.timeout = limit if is_needed else None
        self._prompt = runtime if self.timeout is None and isinstance(runtime, PromptRuntime) else None

    def invoke(self, event: bytes, trace_id: str) -> Invocation:
        """Return the result.

        Raises GatewayError (INTEGRATION_FAILURE, INTEGRATION_THROTTLED, INTEGRATION_TOO_LARGE, INTEGRATION_TIMEOUT).
        """
        try:
            if self.timeout is None:
                return self.invoke_without_limit(event, trace_id)
            return call_with_timeout(self.timeout, lambda: self.invoke_without_limit(event, trace_id))
        except (TimeoutError, InvokeError) as error:
            raise invocation_error(error) from error

    def respond(self, event: bytes, trace_id: str) -> FunctionResponse:
        """Return the response, without the rest of the invocation. Raises as ``invoke`` does."""
        if self._prompt is None:
            return WholeResponse(self.invoke(event, trace_id))
        try:
            return self._prompt.respond(self.function, event, trace_id=trace_id)
        except InvokeError as error:
            raise invocation_error(error) from error

    def invoke_later(self, event: bytes, trace_id: str) -> str:
        """Invoke the function after the reply, as Lambda's invocation type ``Event`` does; return the id of it.

        A runtime that keeps no events runs it once, without an id. Raises GatewayError (INTEGRATION_TOO_LARGE).
        """
        if isinstance(self._runtime, AsyncRuntime):
            try:
                return self._runtime.invoke_later(self.function, event)
            except InvokeError as error:
                raise invocation_error(error) from error

        def run() -> None:
            try:
                self.invoke_without_limit(event, trace_id)
            except InvokeError as error:
                log.warning("an asynchronous invocation of %s failed: %s", self.function, error)

        threading.Thread(target=run, name="asynchronous invocation", daemon=True).start()
        return ""

    def invoke_without_limit(self, event: bytes, trace_id: str) -> Invocation:
        """Return the result, whenever it comes. Raises InvokeError."""
        return self._runtime.invoke(self.function, event, trace_id=trace_id)


class LambdaProxyIntegration:
    """The Lambda proxy integration of one operation."""

    def __init__(
        self,
        integration: LambdaProxy,
        deployment: Deployment,
        runtime: Runtime,
        function_timeout: float,
        *,
        debugging: bool,
    ) -> None:
        """``function_timeout`` is the function's own, in seconds. ``debugging``: the gateway waits until the end."""
        self.integration = integration
        payload_format = integration.payload_format or deployment.payload_format
        self.build_event: BuildEvent = event_module(deployment, integration).build_event
        self.to_reply: ToReply = (
            rest_reply.to_reply if deployment.flavor == "rest" else partial(http_reply.reply_in_format, payload_format)
        )
        limit = integration.timeout or INTEGRATION_TIMEOUT[deployment.flavor]
        self.call = FunctionCall(integration.function, runtime, limit, function_timeout, debugging=debugging)

    def invoke(self, exchange: Exchange) -> Reply:
        """Return the reply that the function's result stands for.

        Raises GatewayError (INTEGRATION_FAILURE, INTEGRATION_THROTTLED, INTEGRATION_TOO_LARGE, INTEGRATION_TIMEOUT,
        FUNCTION_FAILED, MALFORMED_PROXY_RESPONSE, UNDECODABLE_PROXY_RESPONSE).
        """
        if self.integration.fault:
            raise GatewayError(GatewayResponseType.INTEGRATION_FAILURE, self.integration.fault)
        request, context = exchange.request, exchange.context
        event = event_json(self._event(exchange))
        exchange.trace.event = event
        response = self.call.respond(event, context.trace_id)
        exchange.trace.response = response
        reply = self.to_reply(response, request, context)
        responses = self.integration.mappings.responses
        return map_reply(responses, exchange, reply) if responses else reply

    def _event(self, exchange: Exchange) -> dict[str, Any]:
        """Return the event: of the mapped request, but with the ``requestContext`` of the one that came."""
        match, context = exchange.require_match(), exchange.context
        event = self.build_event(exchange.request, match, context)
        if not self.integration.mappings.request:
            return event
        mapped = self.build_event(*map_request(self.integration.mappings.request, exchange), context)
        return {**mapped, "requestContext": event["requestContext"]}


def invocation_error(error: Exception) -> GatewayError:
    """Return the gateway error for an invocation that Lambda refused, or that took too long."""
    match error:
        case TimeoutError():
            kind = GatewayResponseType.INTEGRATION_TIMEOUT
        case Throttled():
            kind = GatewayResponseType.INTEGRATION_THROTTLED
        case RequestTooLarge():
            kind = GatewayResponseType.INTEGRATION_TOO_LARGE
        case _:
            kind = GatewayResponseType.INTEGRATION_FAILURE
    return GatewayError(kind, str(error))


def event_module(deployment: Deployment, integration: Integration) -> ModuleType:
    """Return the module whose ``build_event`` makes the events of an integration."""
    if deployment.flavor == "rest":
        return rest_event
    own = integration.payload_format if isinstance(integration, LambdaProxy) else None
    return http_event if (own or deployment.payload_format) == "2.0" else http_event_v1


def event_json(event: Mapping[str, Any]) -> bytes:
    """Return an event as the JSON that functions get."""
    return _encode(event).encode("utf-8", "replace")
