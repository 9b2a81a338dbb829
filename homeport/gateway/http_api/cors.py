"""CORS at the gateway of an HTTP API.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html

Not confirmed: ``Vary`` in a reply that names an origin, and replies without CORS headers for an origin that is not
allowed.
"""

from __future__ import annotations

from homeport.gateway.context import Exchange, Step, skip
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http_api.reply import finished_headers
from homeport.http_headers import Header, header_values
from homeport.project.cors import Cors

_PREFIX = "access-control-"


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


def is_preflight(request: Request) -> bool:
    """Return true for a preflight request: OPTIONS with Origin and Access-Control-Request-Method."""
    return (
        request.method == "OPTIONS"
        and bool(request.header("origin"))
        and bool(request.header("access-control-request-method"))
    )


def apply_cors(cors: Cors, request: Request, reply: Reply) -> Reply:
    """Return the reply with the configured CORS headers, and none of the function's own.

    Gateway responses get them too (seen on AWS, https://github.com/aws/aws-sam-cli/issues/9087).
    """
    kept = tuple(header for header in reply.headers if not header[0].lower().startswith(_PREFIX))
    added = _cors_headers(cors, request)
    if not added:
        return reply if len(kept) == len(reply.headers) else Reply(reply.status, kept, reply.body)
    if added[0][1] != "*":
        kept = _vary_by_origin(kept)
    return Reply(reply.status, (*kept, *added), reply.body)


def _cors_headers(cors: Cors, request: Request) -> tuple[Header, ...]:
    origin = request.header("origin")
    allowed = cors.allowed_origin(origin) if origin else None
    if allowed is None:
        return ()
    headers = [("Access-Control-Allow-Origin", allowed)]
    if cors.allow_credentials:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    if not is_preflight(request):
        headers += _list_header("Access-Control-Expose-Headers", cors.expose_headers)
        return tuple(headers)
    headers += _list_header("Access-Control-Allow-Methods", cors.allow_methods)
    headers += _list_header("Access-Control-Allow-Headers", cors.allow_headers)
    if cors.max_age is not None:
        headers.append(("Access-Control-Max-Age", str(cors.max_age)))
    return tuple(headers)


def _list_header(name: str, values: tuple[str, ...]) -> list[Header]:
    return [(name, ",".join(values))] if values else []


def _vary_by_origin(headers: tuple[Header, ...]) -> tuple[Header, ...]:
    known = [part.strip().lower() for value in header_values(headers, "vary") for part in value.split(",")]
    return headers if "origin" in known or "*" in known else (*headers, ("Vary", "Origin"))
