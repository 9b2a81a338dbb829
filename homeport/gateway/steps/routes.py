"""The steps ``match``, ``cors`` and ``require_route``: which route takes a request, and what is done without one."""

from __future__ import annotations

from homeport.gateway.context import Exchange, Step
from homeport.gateway.http.message import Reply
from homeport.gateway.http_api.cors import apply_cors, is_preflight
from homeport.gateway.http_api.reply import finished_headers
from homeport.gateway.routing import Router
from homeport.project.model import Cors


def skip(exchange: Exchange) -> Exchange:
    """Let every request through: the step of an API that has no use for it."""
    return exchange


def match(router: Router) -> Step:
    """Return the step that finds the route; an exchange without one passes, since a CORS preflight needs none.

    The step raises GatewayError (NO_STAGE).
    """

    def step(exchange: Exchange) -> Exchange:
        found = router.match(exchange.request.method, exchange.request.target)
        return Exchange(exchange.request, exchange.context, found, exchange.trace)

    return step


def http_cors(cors: Cors | None) -> Step:
    """Return the step that answers preflight of an HTTP API with 204, whether or not the path has a route.

    A route for OPTIONS, or one for any method that has an authorizer, keeps the request: its function or authorizer
    answers (the latter seen on AWS for ANY and ``$default``). An OPTIONS request that no route takes is answered even
    if it is no preflight (seen on AWS), without CORS headers.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    """
    if cors is None:
        return skip

    def step(exchange: Exchange) -> Exchange | Reply:
        request = exchange.request
        if request.method != "OPTIONS":
            return exchange
        if exchange.match is not None:
            route = exchange.match.operation
            if route.method == "OPTIONS" or route.security or not is_preflight(request):
                return exchange
        return apply_cors(cors, request, Reply(204, finished_headers([], exchange.context)))

    return step


def require_route(exchange: Exchange) -> Exchange:
    """Reject a request without a route: raises GatewayError (NO_ROUTE)."""
    exchange.require_match()
    return exchange
