"""Lambda authorizers: whom to ask, what of, for how long to remember the answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from homeport.errors import HomeportError
from homeport.gateway.auth.cache import TimedCache
from homeport.gateway.auth.deadline import within
from homeport.gateway.auth.identity import Source, identity_of, matched
from homeport.gateway.auth.policy import Decision
from homeport.gateway.auth.verdict import Unauthorized, Verdict, VerdictError, read_verdict
from homeport.gateway.context import Authorization, Exchange
from homeport.gateway.errors import Refusal, Refused
from homeport.gateway.http_api import event as http_event
from homeport.gateway.http_api import event_v1 as http_event_v1
from homeport.gateway.rest_api import event as rest_event
from homeport.runtime.api import InvokeError, Runtime
from homeport.spec.model import Authorizer

BuildEvent = Callable[[Exchange, Sequence[str]], Mapping[str, Any]]

# HTTP APIs give up on an authorizer after 10 s; for REST APIs AWS names no limit, so it is that of an integration.
_PATIENCE = {"http": 10.0, "rest": 29.0}

_DENIED = {
    Decision.DENIED: (Refusal.ACCESS_DENIED, "its policy has no statement that allows"),
    Decision.EXPLICITLY_DENIED: (Refusal.EXPLICITLY_DENIED, "it denies"),
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
    cache: TimedCache[Verdict]
    clock: Callable[[], float]
    patience: float

    def __call__(self, exchange: Exchange) -> Authorization:
        """What the authorizer says. Raises Refused."""
        identity = identity_of(exchange, self.sources)
        if self.expression is not None and not self.expression.fullmatch(identity[0]):
            raise self._refused(Refusal.INVALID_TOKEN, "the token does not match identityValidationExpression")
        verdict = self.cache.get(identity) if identity else None
        latency = 0
        if verdict is None:
            started = self.clock()
            verdict = self._ask(exchange, identity)
            latency = max(0, round((self.clock() - started) * 1000))
            if identity:
                self.cache.put(identity, verdict)
        authorization = Authorization(
            "lambda",
            verdict.context,
            principal_id=verdict.principal_id,
            latency=latency,
            usage_identifier_key=verdict.usage_identifier_key,
        )
        arn = method_arn(exchange, self.flavor)
        decision = verdict.decide(arn)
        if decision is not Decision.ALLOWED:
            refusal, reason = _DENIED[decision]
            raise self._refused(refusal, f"{reason} {arn}", authorization)
        return authorization

    def _ask(self, exchange: Exchange, identity: Sequence[str]) -> Verdict:
        event = json.dumps(self.build_event(exchange, identity), separators=(",", ":")).encode("ascii")
        exchange.observed.authorizer_function, exchange.observed.authorizer_event = self.function, event
        trace_id = exchange.context.trace_id
        try:
            invocation = within(self.patience, lambda: self.runtime.invoke(self.function, event, trace_id=trace_id))
            exchange.observed.authorizer = invocation
            return read_verdict(invocation, flavor=self.flavor, simple=self.simple)
        except TimeoutError as error:
            raise self._refused(Refusal.AUTHORIZER_FAILURE, str(error)) from None
        except InvokeError as error:
            raise self._refused(Refusal.AUTHORIZER_FAILURE, f"could not be called: {error!r}") from error
        except Unauthorized:
            raise self._refused(Refusal.INVALID_TOKEN, "raised Unauthorized") from None
        except VerdictError as error:
            raise self._refused(Refusal.AUTHORIZER_CONFIGURATION, str(error)) from None

    def _refused(self, refusal: Refusal, reason: str, authorization: Authorization | None = None) -> Refused:
        reason = f"the authorizer {self.name} (function {self.function}): {reason}"
        return Refused(refusal, reason, authorization=authorization)


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
    return arn(exchange.request, matched(exchange), exchange.context)


def event_builder(authorizer: Authorizer, flavor: Literal["http", "rest"]) -> BuildEvent:
    """How the authorizer's event is made of an exchange whose route is known and the values of its identity sources."""
    if authorizer.kind == "token":
        return lambda exchange, identity: rest_event.build_token_authorizer_event(
            exchange.request, matched(exchange), exchange.context, identity[0]
        )
    if flavor == "rest":
        return lambda exchange, identity: rest_event.build_authorizer_event(
            exchange.request, matched(exchange), exchange.context
        )
    build = (
        http_event.build_authorizer_event
        if authorizer.payload_format == "2.0"
        else http_event_v1.build_authorizer_event
    )
    return lambda exchange, identity: build(exchange.request, matched(exchange), exchange.context, identity)
