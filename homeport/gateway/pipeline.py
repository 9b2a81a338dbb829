"""THE MAP: the steps that API Gateway takes for a request, in its own order.

``PipelineSteps`` lists them. Each step is a function of the exchange (``context.Exchange``), made by a module of
``steps/``, or of its subject. It does one of three things:

- it returns the exchange, for the next step: unchanged, or with what the step found out;
- it returns a ``Reply``, and the steps after it do not run;
- it raises ``GatewayError``, and API Gateway answers in its own words (``error_reply``).

Every reply passes ``finish`` before it leaves. Nothing else in the gateway knows the order of the steps: a new
behaviour is a new step here, or a change inside a step.

The way of a request, from the socket and back:

    http/server.py         reads the request and keeps what WSGI would lose
    app.py                 the Flask application: one view for every method and path
    reloadable.py          the pipeline of the project as its files are now
    pipeline.py            this module
        steps/             the steps
        mapping/           mapping templates and JSONPath; homeport/vtl/ has the language
        integrations/      the last step's work: the event, the function, the reply
        auth/              the authorizers that the step ``authorize`` asks
        http_api/          events, replies and error replies of HTTP APIs
        rest_api/          events, replies and error replies of REST APIs
    observers/             console, access log, recorder: after the reply has been sent

``assembly.py`` builds a pipeline from the project model.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-develop.html
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

from homeport.gateway.context import CallContext, CallNotes, Exchange, Step, skip
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, Request

log = logging.getLogger("homeport.gateway")


@dataclass(frozen=True, slots=True)
class PipelineSteps:
    """The steps in the order in which they run; where AWS documents no order, in the recorded one.

    A step that an API has no use for is ``context.skip``.
    """

    limits: Step
    """Reject a request line or headers over the limit: URI_TOO_LONG, HEADERS_TOO_LARGE."""
    match: Step
    """Find the route. Reject a URL without the stage: NO_STAGE. An unknown route passes until ``require_route``."""
    cors: Step
    """Answer a CORS preflight (HTTP APIs; it needs no route). A REST API has OPTIONS methods, which are routes."""
    require_route: Step
    """Reject a request that no route takes: NO_ROUTE."""
    arn_limit: Step
    """Reject a request whose method ARN is too long for the authorizer's policy (REST APIs): URI_TOO_LONG."""
    authorize: Step
    """Ask the route's authorizer who calls; the result is ``CallContext.authorization``."""
    api_key: Step
    """Check the API key (REST APIs), which the authorizer may supply: MISSING_API_KEY, INVALID_API_KEY."""
    throttle: Step
    """Count the request against rates and quotas: THROTTLED, QUOTA_EXCEEDED."""
    decompress: Step
    """Decompress the body (REST APIs with compression): UNSUPPORTED_MEDIA_TYPE."""
    validate: Step
    """Check parameters and body (REST APIs): BAD_REQUEST_PARAMETERS, BAD_REQUEST_BODY."""
    integrate: Step
    """Invoke the integration, which makes the reply, or answer from the stage's cache (REST APIs): ACCESS_DENIED."""

    def in_order(self) -> tuple[Step, ...]:
        """Return the steps as a pipeline takes them."""
        return tuple(getattr(self, name) for name in STEP_NAMES)


STEP_NAMES = tuple(field.name for field in fields(PipelineSteps))
"""The names of the steps in order, as the inspector shows them."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline for one API in one stage.

    ``open_call`` makes the context of a call. ``error_reply`` words a gateway error as the flavor does. ``finish`` gets
    every reply last. ``ticks`` gives seconds that never go back; the time of each step is kept in ``Exchange.trace``,
    and with ``recorded`` further notes for the recorder.
    """

    steps: Sequence[Step]
    open_call: Callable[[Request], CallContext]
    error_reply: Callable[[GatewayError, Exchange], Reply]
    finish: Callable[[Exchange, Reply], Reply]
    ticks: Callable[[], float] = time.perf_counter
    recorded: bool = False

    def handle(self, request: Request) -> tuple[Exchange, Reply]:
        """Return the reply to a request, with the exchange as it was when the reply was made. Raises nothing."""
        exchange = Exchange(request, self.open_call(request))
        if self.recorded:
            exchange.trace.notes = CallNotes()
        step_times, ticks = exchange.trace.step_times, self.ticks
        step_times.append(ticks())
        try:
            for step in self.steps:
                if step is skip:
                    step_times.append(step_times[-1])
                    continue
                outcome = step(exchange)
                step_times.append(ticks())
                if isinstance(outcome, Reply):
                    return exchange, self.finish(exchange, outcome)
                exchange = outcome
            raise GatewayError(GatewayResponseType.INTERNAL, "the last step gave no reply")
        except GatewayError as error:
            return self._end_with(error, exchange)
        except Exception:
            log.exception("an error of the gateway itself, please report it")
            return self._end_with(GatewayError(GatewayResponseType.INTERNAL), exchange)

    def handle_unreadable(self, error: GatewayError, request: Request) -> tuple[Exchange, Reply]:
        """Return the reply to a request that HTTP does not allow, or that is over a limit of the server."""
        return self._end_with(error, Exchange(request, self.open_call(request)))

    def _end_with(self, error: GatewayError, exchange: Exchange) -> tuple[Exchange, Reply]:
        exchange.trace.error = error
        if error.authorization is not None:
            exchange = replace(exchange, context=replace(exchange.context, authorization=error.authorization))
        return exchange, self.finish(exchange, self.error_reply(error, exchange))
