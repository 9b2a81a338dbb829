"""The step ``cors``: answers the CORS preflight requests of an HTTP API. A REST API's have a mock integration."""

from __future__ import annotations

from homeport.gateway.context import Exchange, Step
from homeport.gateway.http.message import Reply
from homeport.gateway.http_api.cors import apply_cors, is_preflight
from homeport.gateway.http_api.reply import finished_headers
from homeport.gateway.steps.routes import skip
from homeport.project.model import Cors


def http_cors(cors: Cors | None) -> Step:
    """Return the step that answers the CORS preflight requests of an HTTP API with 204, also on paths without a route.

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
