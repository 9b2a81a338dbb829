"""The stage ``integrate``: the integration of the matched route makes the reply."""

from __future__ import annotations

from collections.abc import Mapping

from homeport.gateway.context import Exchange, Step
from homeport.gateway.http.message import Reply
from homeport.gateway.integrations import IntegrationHandler


def integrate(integrations: Mapping[str, IntegrationHandler]) -> Step:
    """Return the stage; ``integrations`` are the handlers of the operations by their ids."""

    def step(exchange: Exchange) -> Reply:
        return integrations[exchange.require_match().operation.id].invoke(exchange)

    return step
