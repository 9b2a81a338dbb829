"""The response cache of a REST API's stage: the last step answers from it instead of invoking the integration.

The cache is in the memory of the gateway and begins again with each change of the project's files. A response is kept
whatever its status is; errors of the gateway itself are not. Callers are authorized and counted before it is asked.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from homeport.gateway.context import CallContext, Exchange, Step
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.ids import reply_trace_id
from homeport.gateway.integrations.custom.values import CallValues
from homeport.gateway.rest_api.reply import finished_headers
from homeport.http_headers import Header, drop_headers, header_values
from homeport.project.integrations.caching import CacheKey, CacheSettings

LARGEST_RESPONSE = 1_048_576
"""The most bytes of a response that is kept (AWS's documentation)."""

_MOST_BYTES = 64 * LARGEST_RESPONSE

# Seen in API Gateway's responses to callers who may not invalidate.
_WARNING: Header = ("Warning", "199 Cache-control headers were ignored because the caller was unauthorized.")
_OF_ONE_CALL = ("x-amzn-requestid", "x-amz-apigw-id", "x-amzn-trace-id")

_Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class CachedMethod:
    """A method whose responses are cached; ``key`` has the parameters by which they differ."""

    settings: CacheSettings
    key: CacheKey


class ResponseCache:
    """Responses with the time at which they end; the one that was not used for longest makes room. Threads share it.

    ``clock`` gives seconds that never go back. ``most_bytes`` is the size of all bodies.
    """

    def __init__(self, clock: Callable[[], float], most_bytes: int = _MOST_BYTES) -> None:
        self._clock, self._most_bytes = clock, most_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[_Key, tuple[float, Reply]] = OrderedDict()
        self._bytes = 0

    def find(self, key: _Key) -> Reply | None:
        """Return the response of a key, None where there is none, or none any more."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            if found[0] <= self._clock():
                self._drop(key)
                return None
            self._entries.move_to_end(key)
            return found[1]

    def keep(self, key: _Key, reply: Reply, ttl: int) -> None:
        """Keep a response for ``ttl`` seconds, in place of an older one. A stream, or a large response, is not kept."""
        if reply.stream is not None or len(reply.body) > LARGEST_RESPONSE:
            return
        with self._lock:
            if key in self._entries:
                self._drop(key)
            self._entries[key] = (self._clock() + ttl, reply)
            self._bytes += len(reply.body)
            while self._bytes > self._most_bytes:
                self._drop(next(iter(self._entries)))

    def _drop(self, key: _Key) -> None:
        self._bytes -= len(self._entries.pop(key)[1].body)


def with_cache(
    step: Step, methods: Mapping[str, CachedMethod], may_invalidate: Callable[[Exchange], bool], cache: ResponseCache
) -> Step:
    """Return the last step of a stage with a cache, around the one that invokes integrations.

    ``methods`` are by the operation's id. ``may_invalidate`` says whether a caller may have a response renewed. The
    step raises GatewayError (ACCESS_DENIED) for one that may not, where the settings say so.
    """

    def answer(exchange: Exchange) -> Exchange | Reply:
        method = methods.get(exchange.require_match().operation.id)
        if method is None:
            return step(exchange)
        added: tuple[Header, ...] = ()
        renew = asks_for_fresh(exchange.request)
        if renew and method.settings.authorized and not may_invalidate(exchange):
            renew, added = False, _refuse(method.settings)
        key = _key_of(method.key, exchange)
        found = None if renew else cache.find(key)
        if found is not None:
            exchange.trace.cached = True
            return _with_headers(_of_call(found, exchange.context), added)
        reply = step(exchange)
        if isinstance(reply, Reply):
            cache.keep(key, reply, method.settings.ttl)
            return _with_headers(reply, added)
        return reply

    return answer


def asks_for_fresh(request: Request) -> bool:
    """Return whether a client asks for a response that is not from the cache: ``Cache-Control: max-age=0``."""
    values = (part for value in header_values(request.headers, "cache-control") for part in value.split(","))
    return any(part.replace(" ", "").lower() == "max-age=0" for part in values)


def _refuse(settings: CacheSettings) -> tuple[Header, ...]:
    """Return the headers that a caller gets who may not invalidate. Raises GatewayError (ACCESS_DENIED)."""
    if settings.unauthorized == "FAIL_WITH_403":
        reason = "Cache-Control: max-age=0 needs a signature and the right execute-api:InvalidateCache"
        raise GatewayError(GatewayResponseType.ACCESS_DENIED, reason)
    return (_WARNING,) if settings.unauthorized == "SUCCEED_WITH_RESPONSE_HEADER" else ()


def _key_of(key: CacheKey, exchange: Exchange) -> _Key:
    match, values = exchange.require_match(), CallValues(exchange)
    named = (values.request_value(expression) for _, expression in key.parameters)
    return (
        key.namespace or match.operation.path,
        exchange.request.method,
        exchange.context.deployment.is_canary,
        *(tuple(value) if isinstance(value, list) else value for value in named),
    )


def _of_call(reply: Reply, context: CallContext) -> Reply:
    """Return a kept response with the ids of another call."""
    traced = bool(header_values(reply.headers, "x-amzn-trace-id"))
    lines = list(drop_headers(reply.headers, _OF_ONE_CALL))
    if traced:
        lines.append(("X-Amzn-Trace-Id", reply_trace_id(context.trace_id, context.segment_id)))
    return replace(reply, headers=finished_headers(lines, context))


def _with_headers(reply: Reply, added: tuple[Header, ...]) -> Reply:
    return replace(reply, headers=(*reply.headers, *added)) if added else reply
