"""Which route the request is for.

The step of a stage that an API does not use.
"""

from __future__ import annotations

from homeport.gateway.context import Exchange, Step
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.routing import Router


def match(router: Router) -> Step:
    """Find the route; none is found out later, since a CORS preflight needs none. Refuses an unknown stage."""

    def step(exchange: Exchange) -> Exchange:
        found = router.match(exchange.request.method, exchange.request.target)
        return Exchange(exchange.request, exchange.context, found, exchange.trace)

    return step


def require_route() -> Step:
    """Refuse what no route takes."""

    def step(exchange: Exchange) -> Exchange:
        if exchange.match is None:
            raise GatewayError(GatewayResponseType.NO_ROUTE)
        return exchange

    return step


def skip(exchange: Exchange) -> Exchange:
    """Let every request through: the step of an API that has no use for it."""
    return exchange
