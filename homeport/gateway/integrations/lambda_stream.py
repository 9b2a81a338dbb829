"""Lambda proxy integrations of REST APIs whose response is a stream: status and headers, eight zero bytes, the body.

https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import BodyStream, Reply, StreamBroken
from homeport.gateway.integrations.lambda_proxy import event_json, invocation_error
from homeport.gateway.proxy_response import parse_proxy_response, raise_malformed
from homeport.gateway.rest_api.event import build_event
from homeport.gateway.rest_api.reply import streamed_head
from homeport.project.integrations import LambdaProxy
from homeport.runtime.api import Invocation, InvokeError, Runtime, StreamingRuntime
from homeport.strict_json import loads

SEPARATOR = bytes(8)
LONGEST_HEAD = 16 * 1024

_Event = bytes | Invocation | Exception


class _Head(NamedTuple):
    """The metadata that a stream begins with, and the first part of its body."""

    metadata: Any
    body: bytes


class LambdaStreamIntegration:
    """The Lambda proxy integration of one operation that streams its responses.

    ``timeout`` is seconds until the head of a response has come.
    """

    def __init__(self, integration: LambdaProxy, runtime: Runtime, timeout: float) -> None:
        self._integration, self._runtime, self._timeout = integration, runtime, timeout

    def invoke(self, exchange: Exchange) -> Reply:
        """Return the reply once its status and headers have come.

        Raises GatewayError, as ``LambdaProxyIntegration`` does.
        """
        if self._integration.fault:
            raise GatewayError(GatewayResponseType.INTEGRATION_FAILURE, self._integration.fault)
        event = event_json(build_event(exchange.request, exchange.require_match(), exchange.context))
        exchange.trace.event = event
        call = _StreamedCall(self._integration.function, self._runtime, event, exchange)
        head = call.head(self._timeout)
        status, lines = streamed_head(head.metadata, exchange.context)
        return Reply(status, lines, stream=BodyStream(call.body(head.body), call.abandon))


class _StreamedCall:
    """An invocation in a thread of its own, which continues where the client has gone."""

    def __init__(self, function: str, runtime: Runtime, event: bytes, exchange: Exchange) -> None:
        self._function, self._runtime, self._event, self._exchange = function, runtime, event, exchange
        self._events: queue.Queue[_Event] = queue.Queue(maxsize=64)
        self._abandoned = threading.Event()
        threading.Thread(target=self._run, name=f"stream of {function}", daemon=True).start()

    def head(self, timeout: float) -> _Head:
        """Return the head of the response. Raises GatewayError."""
        data = b""
        while SEPARATOR not in data:
            if len(data) > LONGEST_HEAD:
                raise_malformed(f"no eight zero bytes within the first {LONGEST_HEAD} bytes of the stream")
            event = self._next(timeout)
            if isinstance(event, Exception):
                raise invocation_error(event)
            if isinstance(event, Invocation):
                parse_proxy_response(event)
                raise_malformed("the function ended without the eight zero bytes behind its status and headers")
            data += event
        written, _, body = data.partition(SEPARATOR)
        try:
            return _Head(loads(written), body)
        except (ValueError, RecursionError):
            raise_malformed("the stream does not begin with JSON")

    def body(self, first: bytes) -> Iterator[bytes]:
        """Yield the parts of the body. Raises StreamBroken where the function fails."""
        yield first
        while True:
            event = self._events.get()
            if isinstance(event, bytes):
                yield event
                continue
            if isinstance(event, Exception) or event.error is not None:
                raise StreamBroken(f"{self._function} failed in the middle of its response")
            return

    def abandon(self) -> None:
        """Let the function continue without a reader."""
        self._abandoned.set()

    def _next(self, timeout: float) -> _Event:
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            self.abandon()
            reason = f"{self._function} sent nothing within {timeout:g} s"
            raise GatewayError(GatewayResponseType.INTEGRATION_TIMEOUT, reason) from None

    def _run(self) -> None:
        trace_id = self._exchange.context.trace_id
        try:
            if isinstance(self._runtime, StreamingRuntime):
                found = self._runtime.invoke_streaming(self._function, self._event, self._put, trace_id=trace_id)
            else:
                found = self._runtime.invoke(self._function, self._event, trace_id=trace_id)
        except InvokeError as error:
            self._put(error)
            return
        self._exchange.trace.invocation = found
        self._put(found)

    def _put(self, event: _Event) -> None:
        """Hand on an event, as fast as the client takes the body."""
        while not self._abandoned.is_set() and event != b"":
            try:
                self._events.put(event, timeout=0.1)
                return
            except queue.Full:
                continue
