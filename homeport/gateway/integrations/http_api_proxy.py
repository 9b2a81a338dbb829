"""HTTP proxy integrations of HTTP APIs: the backend's URL gets the request, with what parameter mapping makes of it."""

from __future__ import annotations

from homeport.gateway.context import Exchange
from homeport.gateway.http.message import Reply
from homeport.gateway.http_api.parameter_mapping import map_reply
from homeport.gateway.http_api.proxy_request import proxy_reply, proxy_request
from homeport.gateway.integrations.backend import call_backend
from homeport.gateway.integrations.lambda_proxy import INTEGRATION_TIMEOUT
from homeport.project.integrations.http_api import HttpApiProxy


class HttpApiProxyIntegration:
    """The HTTP proxy integration of one route."""

    def __init__(self, integration: HttpApiProxy) -> None:
        self._integration = integration
        self._timeout = integration.timeout or INTEGRATION_TIMEOUT["http"]

    def invoke(self, exchange: Exchange) -> Reply:
        """Return the reply made of the backend's response.

        Raises GatewayError (API_CONFIGURATION_ERROR, BACKEND_UNREACHABLE, INTEGRATION_TIMEOUT).
        """
        request = proxy_request(self._integration, exchange)
        response = call_backend(request, self._timeout, exchange.trace)
        return map_reply(self._integration.mappings.responses, exchange, proxy_reply(response, exchange.context))
