"""Mock integrations of REST APIs: the gateway answers by itself, with what mapping templates make.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
"""

from __future__ import annotations

from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.integrations.custom.headers import FAILING_FOR_HTTP
from homeport.gateway.integrations.custom.mapper import BackendAnswer, CustomMapper
from homeport.gateway.mapping import read_json
from homeport.project.integrations.rest_api import MappedMock


def mock_status(text: str) -> int | None:
    """Return the integer ``statusCode`` of what a request template makes, None without one.

    It is read as leniently as all JSON of templates: ``{statusCode: 200}`` is what the CDK writes.
    """
    try:
        found = read_json(text)
    except ValueError:
        return None
    status = found.get("statusCode") if isinstance(found, dict) else None
    return status if isinstance(status, int) and not isinstance(status, bool) else None


class MappedMockIntegration:
    """A mock integration whose request template names the status, and with it the integration response."""

    def __init__(self, integration: MappedMock) -> None:
        self._mapper = CustomMapper(integration.mapping, FAILING_FOR_HTTP, traced=False)

    def invoke(self, exchange: Exchange) -> Reply:
        """Return the reply that the mappings make. Raises GatewayError, as ``CustomMapper`` does."""
        mapped = self._mapper.request(exchange)
        status = mock_status(mapped.body.decode("utf-8", "replace"))
        if status is None:
            reason = "the request template of a mock makes no integer statusCode"
            raise GatewayError(GatewayResponseType.API_CONFIGURATION_ERROR, reason)
        return self._mapper.reply(mapped, BackendAnswer(str(status), (), b""))
