"""Integrations without a backend: the mocks of CORS preflights, and those that fail.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
"""

from __future__ import annotations

from dataclasses import dataclass

from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.rest_api.cors import preflight_reply
from homeport.project.cors import Cors


@dataclass(frozen=True, slots=True)
class MockIntegration:
    """The mock integration of an OPTIONS method that was made for CORS (``rest_api.cors.preflight_operations``)."""

    cors: Cors

    def invoke(self, exchange: Exchange) -> Reply:
        """Return the preflight's reply."""
        return preflight_reply(self.cors, exchange.request, exchange.context)


@dataclass(frozen=True, slots=True)
class NoBackend:
    """An integration whose every call fails; ``reason`` is for the developer's console."""

    reason: str

    def invoke(self, exchange: Exchange) -> Reply:
        """Raise GatewayError (API_CONFIGURATION_ERROR)."""
        raise GatewayError(GatewayResponseType.API_CONFIGURATION_ERROR, self.reason)
