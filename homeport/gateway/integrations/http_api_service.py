"""Service integrations of HTTP APIs: the action of an AWS service is called with parameters of the request."""

from __future__ import annotations

from homeport.gateway.context import Exchange
from homeport.gateway.http.message import Reply
from homeport.gateway.http_api.parameter_mapping import map_reply
from homeport.gateway.http_api.service_request import service_parameters, service_reply, service_request
from homeport.gateway.integrations.aws_call import ServiceUrl, call_service
from homeport.gateway.integrations.lambda_proxy import INTEGRATION_TIMEOUT
from homeport.project.integrations.http_api import HttpApiService


class HttpApiServiceIntegration:
    """The service integration of one route. ``url_of`` finds the service."""

    def __init__(self, integration: HttpApiService, region: str, url_of: ServiceUrl) -> None:
        self._integration, self._region, self._url_of = integration, region, url_of
        self._timeout = integration.timeout or INTEGRATION_TIMEOUT["http"]

    def invoke(self, exchange: Exchange) -> Reply:
        """Return the reply made of the service's response.

        Raises GatewayError (API_CONFIGURATION_ERROR, BAD_REQUEST, BACKEND_UNREACHABLE, INTEGRATION_FAILURE,
        INTEGRATION_TIMEOUT).
        """
        parameters = service_parameters(self._integration, exchange)
        request = service_request(self._integration.subtype, parameters, self._region)
        response = call_service(request, self._url_of, self._timeout, exchange.trace)
        return map_reply(self._integration.mappings.responses, exchange, service_reply(response, exchange.context))
