"""THE MAP: what API Gateway does with a request, in its own order.

A step passes the exchange on, answers with a Reply, or raises GatewayError; whatever it is, the reply that leaves went
through ``finish``. A new behaviour is a new step or a change inside one.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-develop.html
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

from homeport.gateway.context import CallContext, Exchange, Step
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, Request

log = logging.getLogger("homeport.gateway")


@dataclass(frozen=True, slots=True)
class PipelineSteps:
    """Each stage of the pipeline, built for one API, stage and flavor (``build.py``)."""

    limits: Step
    match: Step
    cors: Step
    require_route: Step
    arn_limit: Step
    authorize: Step
    api_key: Step
    throttle: Step
    validate: Step
    integrate: Step

    def in_order(self) -> tuple[Step, ...]:
        """API Gateway's order; the recorded one where AWS documents none."""
        return (
            self.limits,
            self.match,
            self.cors,
            self.require_route,
            self.arn_limit,
            self.authorize,
            self.api_key,
            self.throttle,
            self.validate,
            self.integrate,
        )


# Their names, in that order.
STEP_NAMES = tuple(field.name for field in fields(PipelineSteps))


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One deployed API. ``handle`` is what the server calls for each request; it never raises.

    ``ticks`` gives seconds that never go back: what each step took is noted in the exchange.
    """

    steps: Sequence[Step]
    open_call: Callable[[Request], CallContext]
    error_reply: Callable[[GatewayError, Exchange], Reply]
    finish: Callable[[Exchange, Reply], Reply]
    ticks: Callable[[], float] = time.perf_counter

    def handle(self, request: Request) -> Reply:
        """The reply to a request."""
        return self._run(Exchange(request, self.open_call(request)), self.steps)

    def handle_unreadable(self, error: GatewayError, request: Request) -> Reply:
        """The reply to what never became a request: malformed, or over a limit of the wire."""
        return self._reply_to_error(error, Exchange(request, self.open_call(request)))

    def _run(self, exchange: Exchange, steps: Sequence[Step]) -> Reply:
        step_times, ticks = exchange.trace.step_times, self.ticks
        step_times.append(ticks())
        try:
            for step in steps:
                outcome = step(exchange)
                step_times.append(ticks())
                if isinstance(outcome, Reply):
                    return self.finish(exchange, outcome)
                exchange = outcome
            raise GatewayError(GatewayResponseType.INTERNAL, "the last step gave no reply")
        except GatewayError as error:
            return self._reply_to_error(error, exchange)
        except Exception:
            log.exception("a fault of the gateway itself, please report it")
            return self._reply_to_error(GatewayError(GatewayResponseType.INTERNAL), exchange)

    def _reply_to_error(self, error: GatewayError, exchange: Exchange) -> Reply:
        exchange.trace.error = error
        if error.authorization is not None:
            exchange = replace(exchange, context=replace(exchange.context, authorization=error.authorization))
        return self.finish(exchange, self.error_reply(error, exchange))
