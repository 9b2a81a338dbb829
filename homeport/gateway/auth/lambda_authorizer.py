"""Lambda authorizers: the function to call, its event, and how long its response is cached.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

from homeport.background import call_with_timeout
from homeport.errors import HomeportError
from homeport.gateway.auth import Authorization
from homeport.gateway.auth.authorizer_response import (
    AuthorizerResponse,
    AuthorizerResponseError,
    UnauthorizedError,
    read_authorizer_response,
)
from homeport.gateway.auth.identity import IdentitySource, read_identity, read_identity_sources
from homeport.gateway.auth.policy import condition_keys
from homeport.gateway.auth.resource_policy import ApiPolicy, method_arn
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http_api import event as http_event
from homeport.gateway.http_api import event_v1 as http_event_v1
from homeport.gateway.rest_api import event as rest_event
from homeport.project.model import Authorizer, Flavor
from homeport.runtime.api import InvokeError, Runtime

BuildAuthorizerEvent = Callable[[Exchange, Sequence[str]], Mapping[str, Any]]
"""Build the authorizer's event from an exchange whose route is known and the values of its identity sources."""

# Seconds. HTTP APIs give up on an authorizer after 10 s. AWS names no limit for REST APIs, so theirs is that of an
# integration.
_TIMEOUT = {"http": 10.0, "rest": 29.0}

_DENIED = {
    "implicit deny": (GatewayResponseType.ACCESS_DENIED, "its policy has no statement that allows"),
    "explicit deny": (GatewayResponseType.EXPLICITLY_DENIED, "it denies"),
}

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class LambdaAuthorizer:
    """Authorize the calls of every operation that names the authorizer: they share its cached responses.

    ``expression`` must match a TOKEN authorizer's token, or the function is not called. ``timeout`` is seconds.
    ``policy`` is the API's own: what it denies is denied before the function is called, and what it allows needs no
    statement of the function's policy.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
    """

    name: str
    function: str
    flavor: Flavor
    simple: bool
    sources: tuple[IdentitySource, ...]
    expression: str | None
    build_event: BuildAuthorizerEvent
    runtime: Runtime
    cache: TimedCache[AuthorizerResponse]
    clock: Callable[[], float]
    timeout: float
    policy: ApiPolicy | None = None

    def __call__(self, exchange: Exchange) -> Authorization:
        """Return the authorizer's context for an allowed call. Raises GatewayError."""
        if self.policy is not None:
            self.policy.check_explicit(exchange)
        identity = read_identity(exchange, self.sources)
        if self.expression is not None and not re.fullmatch(self.expression, identity[0]):
            raise self._error(
                GatewayResponseType.INVALID_TOKEN, "the token does not match identityValidationExpression"
            )
        response = self.cache.get(identity) if identity else None
        latency = 0
        if response is None:
            started = self.clock()
            response = self._invoke(exchange, identity)
            latency = max(0, round((self.clock() - started) * 1000))
            if identity:
                self.cache.put(identity, response)
        authorization = Authorization(
            "lambda",
            response.context,
            principal_id=response.principal_id,
            latency=latency,
            usage_identifier_key=response.usage_identifier_key,
        )
        arn, keys = method_arn(exchange, self.flavor), condition_keys(exchange)
        decision = response.decide(arn, keys)
        if decision.allowed or (decision.effect == "implicit deny" and self._is_allowed_by_api(exchange)):
            return authorization
        type, reason = _DENIED[decision.effect]
        reason = f"{reason} {arn}"
        if decision.effect == "implicit deny" and (unmet := response.unmet_keys(arn, keys)):
            values = ", ".join(f"{key} is {next(iter(keys.get(key.lower(), ())), None)!r}" for key in unmet)
            reason = f"a Condition of its policy is not met: {values}"
        raise self._error(type, reason, authorization)

    def _is_allowed_by_api(self, exchange: Exchange) -> bool:
        return self.policy is not None and self.policy.decide(exchange).allowed

    def _invoke(self, exchange: Exchange, identity: Sequence[str]) -> AuthorizerResponse:
        event = json.dumps(self.build_event(exchange, identity), separators=(",", ":")).encode("ascii")
        exchange.trace.authorizer_function, exchange.trace.authorizer_event = self.function, event
        trace_id = exchange.context.trace_id
        try:
            invocation = call_with_timeout(
                self.timeout, lambda: self.runtime.invoke(self.function, event, trace_id=trace_id)
            )
            exchange.trace.authorizer = invocation
            return read_authorizer_response(invocation, flavor=self.flavor, simple=self.simple)
        except TimeoutError as error:
            raise self._error(GatewayResponseType.AUTHORIZER_FAILURE, str(error)) from None
        except InvokeError as error:
            raise self._error(GatewayResponseType.AUTHORIZER_FAILURE, f"could not be called: {error!r}") from error
        except UnauthorizedError:
            raise self._error(GatewayResponseType.INVALID_TOKEN, "raised Unauthorized") from None
        except AuthorizerResponseError as error:
            raise self._error(GatewayResponseType.AUTHORIZER_CONFIGURATION_ERROR, str(error)) from None

    def _error(
        self, type: GatewayResponseType, reason: str, authorization: Authorization | None = None
    ) -> GatewayError:
        reason = f"the authorizer {self.name} (function {self.function}): {reason}"
        return GatewayError(type, reason, authorization=authorization)


def lambda_authorizer(
    authorizer: Authorizer,
    flavor: Flavor,
    runtime: Runtime,
    clock: Callable[[], float],
    timeout: float | None = None,
    policy: ApiPolicy | None = None,
) -> LambdaAuthorizer:
    """Return the authorizer, with an empty cache. ``timeout`` is seconds, None for the flavor's own limit.

    ``policy`` is that of the API.

    Raises HomeportError for an authorizer without a function, or with an unknown identity source.
    """
    if authorizer.function is None:
        where = authorizer.source
        raise HomeportError(
            f"{where.file}:{where.line}: the authorizer {authorizer.name!r} names no Lambda function",
            "let authorizerUri end with :function:NAME/invocations",
        )
    return LambdaAuthorizer(
        name=authorizer.name,
        function=authorizer.function,
        flavor=flavor,
        simple=authorizer.simple and flavor == "http" and authorizer.payload_format == "2.0",
        sources=read_identity_sources(authorizer, flavor),
        expression=authorizer.validation_expression if authorizer.kind == "token" else None,
        build_event=event_builder(authorizer, flavor),
        runtime=runtime,
        cache=TimedCache(authorizer.ttl, clock),
        clock=clock,
        timeout=_TIMEOUT[flavor] if timeout is None else timeout,
        policy=policy,
    )


def event_builder(authorizer: Authorizer, flavor: Flavor) -> BuildAuthorizerEvent:
    """Return the builder of the authorizer's events."""
    module = rest_event if flavor == "rest" else http_event if authorizer.payload_format == "2.0" else http_event_v1
    build = rest_event.build_token_authorizer_event if authorizer.kind == "token" else module.build_authorizer_event
    return lambda exchange, identity: build(exchange.request, exchange.require_match(), exchange.context, identity)


class TimedCache(Generic[Value]):
    """Values that expire ``ttl`` seconds after they were put; a ``ttl`` of 0 keeps none.

    ``clock`` gives seconds. Beyond ``max_size`` values the least recently used is dropped.
    """

    def __init__(self, ttl: float, clock: Callable[[], float], *, max_size: int = 10_000) -> None:
        self._ttl = ttl
        self._clock = clock
        self._max_size = max_size
        self._entries: OrderedDict[Hashable, tuple[float, Value]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Value | None:
        """Return the value of ``key`` unless it has expired."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            expires, value = entry
            if self._clock() >= expires:
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return value

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value from now on."""
        if self._ttl <= 0:
            return
        with self._lock:
            self._entries[key] = (self._clock() + self._ttl, value)
            self._entries.move_to_end(key)
            while len(self._entries) > self._max_size:
                self._entries.popitem(last=False)
