"""Mock integrations: the gateway answers by itself. The one that is emulated answers a CORS preflight of a REST API."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.gateway.context import Exchange
from homeport.gateway.http.message import Reply
from homeport.gateway.rest_api.cors import preflight_reply
from homeport.project.model import Cors


@dataclass(frozen=True, slots=True)
class MockIntegration:
    """The mock integration of an OPTIONS method that was made for CORS (``rest_api.cors.preflight_operations``)."""

    cors: Cors

    def invoke(self, exchange: Exchange) -> Reply:
        """Return the preflight's reply."""
        return preflight_reply(self.cors, exchange.request, exchange.context)
