"""Authorizers' answers, kept for a while by the identity that they were about.

Waiting for an answer no longer than a limit.

What a Lambda authorizer answered, read as strictly as API Gateway does.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html

Lambda authorizers: whom to ask, what of, for how long to remember the answer.

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
from typing import Any, Generic, Literal, TypeVar

from homeport.errors import HomeportError
from homeport.gateway.auth.identity import Source, read_identity, require_match
from homeport.gateway.auth.policy import Decision, Policy, PolicyError, read_policy
from homeport.gateway.authorization import Authorization
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http_api import event as http_event
from homeport.gateway.http_api import event_v1 as http_event_v1
from homeport.gateway.rest_api import event as rest_event
from homeport.gateway.timeout import call_with_timeout
from homeport.project.model import Authorizer
from homeport.runtime.api import Invocation, InvokeError, Runtime

Value = TypeVar("Value")

_MOST = 10_000


class TimedCache(Generic[Value]):
    """Values that end ``ttl`` seconds after they came; 0 keeps none. Past ``most`` the least recently used goes."""

    def __init__(self, ttl: float, clock: Callable[[], float], *, most: int = _MOST) -> None:
        self._ttl = ttl
        self._clock = clock
        self._most = most
        self._entries: OrderedDict[Hashable, tuple[float, Value]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Value | None:
        """The value of ``key`` unless it has ended."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            until, value = entry
            if self._clock() >= until:
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
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)


# "The Resource ARN, as shown in the policy statement output by the authorizer, is currently limited to 512 characters."
_LONGEST_REST_RESOURCE = 512


class AuthorizerResponseError(Exception):
    """The authorizer raised, or answered with what API Gateway can't use; the text is for the developer's log."""


class Unauthorized(Exception):
    """The authorizer raised exactly ``Unauthorized``."""


@dataclass(frozen=True, slots=True)
class AuthorizerResponse:
    """``grant`` is a policy, or a simple yes or no for every route. ``context`` goes to the function."""

    grant: Policy | bool
    principal_id: str | None
    context: Mapping[str, Any]
    usage_identifier_key: str | None

    def decide(self, method_arn: str) -> Decision:
        """Whether a method may be called."""
        if isinstance(self.grant, Policy):
            return self.grant.decide(method_arn)
        return Decision.ALLOWED if self.grant else Decision.EXPLICITLY_DENIED


def read_authorizer_response(
    invocation: Invocation, *, flavor: Literal["http", "rest"], simple: bool
) -> AuthorizerResponse:
    """Read an answer; ``simple`` allows ``isAuthorized``. Raises Unauthorized or AuthorizerResponseError."""
    answer = _object(invocation)
    if invocation.error is not None:
        if answer.get("errorMessage") == "Unauthorized":
            raise Unauthorized
        kind, message = str(answer.get("errorType"))[:80], str(answer.get("errorMessage"))[:200]
        raise AuthorizerResponseError(f"raised {kind!r}: {message!r}")
    context = _context(answer.get("context"), flavor)
    if simple and "isAuthorized" in answer:
        granted = answer["isAuthorized"]
        if not isinstance(granted, bool):
            raise AuthorizerResponseError(f"answered isAuthorized {granted!r}, which is neither true nor false")
        return AuthorizerResponse(granted, None, context, None)
    principal_id = _scalar_text(answer.get("principalId"))
    if not principal_id:
        raise AuthorizerResponseError("answered without a principalId" + _hint(answer, simple))
    try:
        longest = _LONGEST_REST_RESOURCE if flavor == "rest" else None
        policy = read_policy(answer.get("policyDocument"), longest_resource=longest)
    except PolicyError as error:
        raise AuthorizerResponseError(f"answered with what is no policy: {error}") from None
    return AuthorizerResponse(policy, principal_id, context, _scalar_text(answer.get("usageIdentifierKey")))


def _object(invocation: Invocation) -> Mapping[str, Any]:
    try:
        answer = json.loads(invocation.payload)
    except (ValueError, RecursionError):
        raise AuthorizerResponseError("answered with what is not JSON") from None
    if not isinstance(answer, dict):
        raise AuthorizerResponseError(f"answered {str(answer)[:80]!r}, which is not an object")
    return answer


def _context(value: Any, flavor: Literal["http", "rest"]) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise AuthorizerResponseError("answered with a context that is not an object")
    if flavor == "rest":
        for name, item in value.items():
            if not isinstance(item, str | int | float):
                raise AuthorizerResponseError(
                    f"answered with context.{name[:64]}, which is neither text, number nor boolean"
                )
    return value


def _scalar_text(value: Any) -> str | None:
    """A text, number or boolean as text; anything else is nothing."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, int | float) else None


def _hint(answer: Mapping[str, Any], simple: bool) -> str:
    unread = "isAuthorized" in answer and not simple
    return " (isAuthorized counts only with enableSimpleResponses, on HTTP APIs)" if unread else ""


BuildEvent = Callable[[Exchange, Sequence[str]], Mapping[str, Any]]

# HTTP APIs give up on an authorizer after 10 s; for REST APIs AWS names no limit, so it is that of an integration.
_PATIENCE = {"http": 10.0, "rest": 29.0}

_DENIED = {
    Decision.DENIED: (GatewayResponseType.ACCESS_DENIED, "its policy has no statement that allows"),
    Decision.EXPLICITLY_DENIED: (GatewayResponseType.EXPLICITLY_DENIED, "it denies"),
}


@dataclass(frozen=True, slots=True)
class LambdaAuthorizer:
    """Decides about every route that names it: what it answered for one identity holds for all of them.

    ``expression`` is what a TOKEN authorizer's token must match to be asked about. ``patience`` is seconds.
    """

    name: str
    function: str
    flavor: Literal["http", "rest"]
    simple: bool
    sources: tuple[Source, ...]
    expression: re.Pattern[str] | None
    build_event: BuildEvent
    runtime: Runtime
    cache: TimedCache[AuthorizerResponse]
    clock: Callable[[], float]
    patience: float

    def __call__(self, exchange: Exchange) -> Authorization:
        """What the authorizer says. Raises GatewayError."""
        identity = read_identity(exchange, self.sources)
        if self.expression is not None and not self.expression.fullmatch(identity[0]):
            raise self._error(
                GatewayResponseType.INVALID_TOKEN, "the token does not match identityValidationExpression"
            )
        response = self.cache.get(identity) if identity else None
        latency = 0
        if response is None:
            started = self.clock()
            response = self._ask(exchange, identity)
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
        arn = method_arn(exchange, self.flavor)
        decision = response.decide(arn)
        if decision is not Decision.ALLOWED:
            type, reason = _DENIED[decision]
            raise self._error(type, f"{reason} {arn}", authorization)
        return authorization

    def _ask(self, exchange: Exchange, identity: Sequence[str]) -> AuthorizerResponse:
        event = json.dumps(self.build_event(exchange, identity), separators=(",", ":")).encode("ascii")
        exchange.trace.authorizer_function, exchange.trace.authorizer_event = self.function, event
        trace_id = exchange.context.trace_id
        try:
            invocation = call_with_timeout(
                self.patience, lambda: self.runtime.invoke(self.function, event, trace_id=trace_id)
            )
            exchange.trace.authorizer = invocation
            return read_authorizer_response(invocation, flavor=self.flavor, simple=self.simple)
        except TimeoutError as error:
            raise self._error(GatewayResponseType.AUTHORIZER_FAILURE, str(error)) from None
        except InvokeError as error:
            raise self._error(GatewayResponseType.AUTHORIZER_FAILURE, f"could not be called: {error!r}") from error
        except Unauthorized:
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
    *,
    flavor: Literal["http", "rest"],
    sources: tuple[Source, ...],
    expression: re.Pattern[str] | None,
    runtime: Runtime,
    clock: Callable[[], float],
    patience: float | None = None,
) -> LambdaAuthorizer:
    """The authorizer, with an empty cache. ``patience`` is seconds, None for the flavor's own limit.

    Raises HomeportError for one without a function.
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
        sources=sources,
        expression=expression if authorizer.kind == "token" else None,
        build_event=event_builder(authorizer, flavor),
        runtime=runtime,
        cache=TimedCache(authorizer.ttl, clock),
        clock=clock,
        patience=_PATIENCE[flavor] if patience is None else patience,
    )


def method_arn(exchange: Exchange, flavor: Literal["http", "rest"]) -> str:
    """The ARN that policies are about."""
    arn = http_event.route_arn if flavor == "http" else rest_event.method_arn
    return arn(exchange.request, require_match(exchange), exchange.context)


def event_builder(authorizer: Authorizer, flavor: Literal["http", "rest"]) -> BuildEvent:
    """How the authorizer's event is made of an exchange whose route is known and the values of its identity sources."""
    if authorizer.kind == "token":
        return lambda exchange, identity: rest_event.build_token_authorizer_event(
            exchange.request, require_match(exchange), exchange.context, identity[0]
        )
    if flavor == "rest":
        return lambda exchange, identity: rest_event.build_authorizer_event(
            exchange.request, require_match(exchange), exchange.context
        )
    build = (
        http_event.build_authorizer_event
        if authorizer.payload_format == "2.0"
        else http_event_v1.build_authorizer_event
    )
    return lambda exchange, identity: build(exchange.request, require_match(exchange), exchange.context, identity)
