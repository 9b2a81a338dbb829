"""Integrations in the template: the resources of an HTTP API, and the methods of a REST API's definition.

This is the only module of ``cloud/`` that looks at the type of an integration.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, assert_never

from homeport.cloud.template.functions import invocation_target, invocation_target_text, ref, resource, sub
from homeport.cloud.template.names import Names
from homeport.cloud.template.rest_integrations import (
    cache_key,
    custom_integration,
    http_proxy_integration,
    method_responses,
    service_integration,
)
from homeport.errors import Problem
from homeport.gateway.rest_api.cors import preflight_method
from homeport.project.integrations import ExternalIntegration, FailingIntegration, LambdaProxy, Mock
from homeport.project.integrations.http_api import HttpApiProxy, HttpApiService
from homeport.project.integrations.parameter_mapping import ParameterMapping
from homeport.project.integrations.rest_api import (
    CustomIntegration,
    HttpCustom,
    HttpProxy,
    LambdaCustom,
    MappedMock,
    ServiceIntegration,
)
from homeport.project.logical_ids import digest
from homeport.project.model import Operation
from homeport.project.openapi.extensions import INTEGRATION
from homeport.project.project import Project

_RESPONSES = "ResponseParameters"
_LAMBDA = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda"


@dataclass(frozen=True, slots=True)
class HttpIntegration:
    """An integration of an HTTP API: a resource that all routes with an equal integration share.

    ``depends_on`` are the resources without which the routes could not be called.
    """

    logical_id: str
    resource: dict[str, Any]
    depends_on: tuple[str, ...] = ()


def http_integration(operation: Operation, project: Project, names: Names) -> HttpIntegration:
    """Return the integration of a route of an HTTP API."""
    match operation.integration:
        case LambdaProxy() as integration:
            return _http_lambda_proxy(integration, project, names)
        case HttpApiProxy() as integration:
            made = _http_resource(
                integration,
                IntegrationType="HTTP_PROXY",
                IntegrationUri=integration.written_uri,
                IntegrationMethod=integration.method,
            )
            return HttpIntegration(f"{names.operations[operation.id]}RouteTarget", made)
        case HttpApiService() as integration:
            made = _http_resource(
                integration,
                IntegrationType="AWS_PROXY",
                IntegrationSubtype=integration.subtype,
                CredentialsArn=integration.credentials,
                RequestParameters=dict(integration.written),
            )
            return HttpIntegration(f"{names.operations[operation.id]}RouteTarget", made)
        case Mock() | FailingIntegration() | ExternalIntegration():
            raise ValueError("an HTTP API has no mock integrations: it answers preflight itself")
        case MappedMock() | LambdaCustom() | ServiceIntegration() | HttpCustom() | HttpProxy():
            raise ValueError("an HTTP API has none of a REST API's integrations")
        case unknown:
            assert_never(unknown)


def _http_lambda_proxy(integration: LambdaProxy, project: Project, names: Names) -> HttpIntegration:
    name, milliseconds = names.functions[integration.function], _timeout_in_millis(integration)
    made = _http_resource(
        integration,
        IntegrationType="AWS_PROXY",
        IntegrationUri=invocation_target(project.stage, name),
        PayloadFormatVersion=project.stage.payload_format,
    )
    mapped = {key: value for key, value in made["Properties"].items() if key in ("RequestParameters", _RESPONSES)}
    mark = f"By{digest(json.dumps(mapped, sort_keys=True))}" if mapped else ""
    id = f"{name}{'' if milliseconds is None else f'In{milliseconds}Ms'}{mark}Integration"
    return HttpIntegration(id, made, (f"{name}Permission",))


def _http_resource(integration: LambdaProxy | HttpApiProxy | HttpApiService, /, **properties: Any) -> dict[str, Any]:
    """Return an integration of an HTTP API with its time limit and its parameter mappings."""
    mappings = integration.mappings
    responses = {status: _response_parameters(mapped) for status, mapped in mappings.responses.items()}
    common = {
        "TimeoutInMillis": _timeout_in_millis(integration),
        "RequestParameters": {mapping.key: mapping.value.text for mapping in mappings.request} or None,
        _RESPONSES: responses or None,
    }
    given = {"PayloadFormatVersion": "1.0", **properties}
    return resource("AWS::ApiGatewayV2::Integration", ApiId=ref("Api"), **{**properties, **common, **given})


def _response_parameters(mappings: Iterable[ParameterMapping]) -> dict[str, Any]:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigatewayv2-integration-responseparametermap.html
    return {_RESPONSES: [{"Destination": mapping.key, "Source": mapping.value.text} for mapping in mappings]}


def rest_method(operation: Operation, project: Project, names: Names) -> dict[str, Any]:
    """Return a method of a REST API's definition, as far as its integration makes it."""
    match operation.integration:
        case LambdaProxy() as integration:
            return {"responses": {}, INTEGRATION: _rest_lambda_proxy(integration, project, names)}
        case Mock(cors):
            method = preflight_method(cors)
            if project.api.binary_media_types:
                # With */* as a binary type a mock reads its own request template as bytes, and fails.
                # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
                method[INTEGRATION]["contentHandling"] = "CONVERT_TO_TEXT"
            return method
        case HttpApiProxy() | HttpApiService():
            raise ValueError("a REST API has no parameter mapping of HTTP APIs")
        case MappedMock() | LambdaCustom() | ServiceIntegration() | HttpCustom() | HttpProxy() as mapped:
            made = _mapped_integration(mapped, project, names)
            return {"responses": method_responses(operation), INTEGRATION: made}
        case FailingIntegration() | ExternalIntegration():
            raise ValueError("only a template has such integrations, and it is deployed by its own tool")
        case unknown:
            assert_never(unknown)


def _mapped_integration(integration: CustomIntegration | HttpProxy, project: Project, names: Names) -> dict[str, Any]:
    match integration:
        case MappedMock(mapping):
            return custom_integration("mock", mapping)
        case LambdaCustom(function, mapping):
            uri = invocation_uri(project, names, function)
            return custom_integration("aws", mapping, uri=uri, httpMethod="POST")
        case ServiceIntegration():
            return service_integration(integration)
        case HttpCustom(uri, method, mapping):
            return custom_integration("http", mapping, uri=integration.written_uri or uri, httpMethod=method)
        case HttpProxy():
            return http_proxy_integration(integration)


def integration_problems(operations: Iterable[Operation]) -> Iterator[Problem]:
    """Yield a problem for each integration that API Gateway would import and on whose every call it would fail."""
    for operation in operations:
        integration, source = operation.integration, operation.source
        if isinstance(integration, LambdaProxy) and integration.fault:
            yield Problem(integration.fault, source.file, source.line, "mend the integration")


def invocation_uri(project: Project, names: Names, function: str) -> dict[str, str]:
    """Return the ARN by which API Gateway invokes a function."""
    arn = invocation_target_text(project.stage, names.functions[function])
    return sub(f"{_LAMBDA}:path/2015-03-31/functions/{arn}/invocations")


def _streaming_uri(project: Project, names: Names, function: str) -> dict[str, str]:
    """Return the ARN by which API Gateway invokes a function whose response is a stream."""
    arn = invocation_target_text(project.stage, names.functions[function])
    return sub(f"{_LAMBDA}:path/2021-11-15/functions/{arn}/response-streaming-invocations")


def _rest_lambda_proxy(integration: LambdaProxy, project: Project, names: Names) -> dict[str, Any]:
    extension: dict[str, Any] = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "passthroughBehavior": "when_no_match",
        "uri": (_streaming_uri if integration.streams else invocation_uri)(project, names, integration.function),
    }
    if integration.streams:
        extension["responseTransferMode"] = "STREAM"
    milliseconds = _timeout_in_millis(integration)
    if milliseconds is not None:
        extension["timeoutInMillis"] = milliseconds
    return {**extension, **cache_key(integration.cache_key)}


def _timeout_in_millis(integration: LambdaProxy | HttpApiProxy | HttpApiService) -> int | None:
    return None if integration.timeout is None else round(integration.timeout * 1000)
