"""Integrations: the backends behind the routes, one module for each type, each with a method ``invoke``.

``integrate`` is the last step of the pipeline. ``build_integration`` is the one place in the gateway that looks at the
type of an ``Integration`` value of the project model. Read ``lambda_proxy.py`` first. The modules of integrations with
mappings are imported where an API has one: they and the template engine would delay each start.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-integration-types.html
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import TIMEOUT_MAX
from typing import Protocol, assert_never

from homeport.gateway.context import Deployment, Exchange, Step
from homeport.gateway.http.message import Reply
from homeport.gateway.integrations.aws_call import ServiceUrl, no_service
from homeport.gateway.integrations.lambda_proxy import INTEGRATION_TIMEOUT, FunctionCall, LambdaProxyIntegration
from homeport.gateway.integrations.mock import MockIntegration, NoBackend
from homeport.project.integrations import (
    ExternalIntegration,
    FailingIntegration,
    Integration,
    LambdaProxy,
    Mock,
)
from homeport.project.integrations.http_api import HttpApiProxy, HttpApiService
from homeport.project.integrations.rest_api import HttpCustom, HttpProxy, LambdaCustom, MappedMock, ServiceIntegration
from homeport.project.model import Api, Stage, effective_settings
from homeport.runtime.api import Runtime


class IntegrationHandler(Protocol):
    """An integration that is ready to be invoked."""

    def invoke(self, exchange: Exchange) -> Reply:
        """Return the reply to a request whose route is known. Raises GatewayError."""
        ...


def build_integration(
    integration: Integration,
    api: Api,
    stage: Stage,
    deployment: Deployment,
    runtime: Runtime,
    *,
    debugging: bool,
    service_url: ServiceUrl = no_service,
) -> IntegrationHandler:
    """Return the handler of an integration; ``debugging`` and ``service_url`` are ``PipelineDependencies``'."""
    match integration:
        case LambdaProxy(streams=True):
            from homeport.gateway.integrations.http import STREAM_TIMEOUT
            from homeport.gateway.integrations.lambda_stream import LambdaStreamIntegration

            limit = TIMEOUT_MAX if debugging else integration.timeout or STREAM_TIMEOUT
            return LambdaStreamIntegration(integration, runtime, limit)
        case LambdaProxy(function):
            timeout = effective_settings(api.functions[function], stage).timeout
            return LambdaProxyIntegration(integration, deployment, runtime, timeout, debugging=debugging)
        case HttpApiProxy():
            from homeport.gateway.integrations.http_api_proxy import HttpApiProxyIntegration

            return HttpApiProxyIntegration(integration)
        case HttpApiService():
            from homeport.gateway.integrations.http_api_service import HttpApiServiceIntegration

            return HttpApiServiceIntegration(integration, deployment.region, service_url)
        case Mock(cors):
            return MockIntegration(cors)
        case LambdaCustom(function, mapping):
            from homeport.gateway.integrations.lambda_custom import LambdaCustomIntegration

            limit = mapping.timeout or INTEGRATION_TIMEOUT["rest"]
            timeout = effective_settings(api.functions[function], stage).timeout
            call = FunctionCall(function, runtime, limit, timeout, debugging=debugging)
            return LambdaCustomIntegration(integration, call)
        case MappedMock() | HttpCustom() | HttpProxy() | ServiceIntegration():
            return _without_function(integration, service_url)
        case FailingIntegration(reason):
            return NoBackend(reason)
        case ExternalIntegration():
            return NoBackend("the API runs elsewhere")
        case unknown:
            assert_never(unknown)


def _without_function(
    integration: MappedMock | HttpCustom | HttpProxy | ServiceIntegration, service_url: ServiceUrl
) -> IntegrationHandler:
    """Return the handler of an integration of a REST API that invokes no function."""
    match integration:
        case MappedMock():
            from homeport.gateway.integrations.mapped_mock import MappedMockIntegration

            return MappedMockIntegration(integration)
        case HttpCustom():
            from homeport.gateway.integrations.http import HttpCustomIntegration

            return HttpCustomIntegration(integration)
        case HttpProxy():
            from homeport.gateway.integrations.http import HttpProxyIntegration

            return HttpProxyIntegration(integration)
        case ServiceIntegration():
            from homeport.gateway.integrations.aws_service import AwsServiceIntegration

            return AwsServiceIntegration(integration, service_url)


def integrate(handlers: Mapping[str, IntegrationHandler]) -> Step:
    """Return the step that invokes the integration of the route; ``handlers`` are the operations', by their ids."""

    def step(exchange: Exchange) -> Reply:
        return handlers[exchange.require_match().operation.id].invoke(exchange)

    return step
