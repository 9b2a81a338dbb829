"""The steps ``match`` and ``require_route``: which route takes a request, and the error where none does."""

from __future__ import annotations

from homeport.gateway.context import Exchange, Step
from homeport.gateway.routing import Router


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


def require_route(exchange: Exchange) -> Exchange:
    """Reject a request without a route: raises GatewayError (NO_ROUTE)."""
    exchange.require_match()
    return exchange
