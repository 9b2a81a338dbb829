"""Integrations of REST APIs with mappings in the definition: ``aws``, ``http``, ``http_proxy`` and ``mock``.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from homeport.cloud.template.functions import literal, sub
from homeport.project.integrations.caching import CacheKey
from homeport.project.integrations.rest_api import (
    CustomMapping,
    HttpProxy,
    IntegrationResponse,
    RequestParameter,
    ServiceIntegration,
)
from homeport.project.model import LOCAL_ACCOUNT, Operation

Json = dict[str, Any]


def custom_integration(kind: str, mapping: CustomMapping, **settings: Any) -> Json:
    """Return a custom integration of a type; ``settings`` are its ``uri``, ``httpMethod`` and ``credentials``."""
    made: Json = {
        "type": kind,
        **settings,
        **_parameters(mapping.parameters),
        "passthroughBehavior": mapping.passthrough,
        "responses": {_key(each): _response(each) for each in mapping.responses},
    }
    if mapping.templates:
        made["requestTemplates"] = {**dict(mapping.templates), **mapping.written_templates}
    if mapping.content_handling is not None:
        made["contentHandling"] = mapping.content_handling
    return {**made, **_timeout(mapping.timeout), **cache_key(mapping.cache_key)}


def service_integration(integration: ServiceIntegration) -> Json:
    """Return an integration with a service of AWS, in the account of the stack."""
    settings: Json = {"uri": integration.written_uri or _in_account(integration.uri), "httpMethod": integration.method}
    if integration.credentials:
        settings["credentials"] = _in_account(integration.credentials)
    return custom_integration("aws", integration.mapping, **settings)


def http_proxy_integration(integration: HttpProxy) -> Json:
    """Return an HTTP proxy integration."""
    made: Json = {
        "type": "http_proxy",
        "uri": integration.written_uri or integration.uri,
        "httpMethod": integration.method,
        "passthroughBehavior": "when_no_match",
        **_parameters(integration.parameters),
        **_timeout(integration.timeout),
        **cache_key(integration.cache_key),
    }
    return {**made, "responseTransferMode": "STREAM"} if integration.streams else made


def cache_key(key: CacheKey) -> Json:
    """Return the parameters of an integration by which its cached responses differ, and its namespace."""
    made: Json = {"cacheKeyParameters": key.names} if key.parameters else {}
    return {**made, "cacheNamespace": key.namespace} if key.namespace else made


def method_responses(operation: Operation) -> Json:
    """Return the responses that a method declares, with the headers to which its integration may map."""
    return {
        status: {"description": f"{status} response", **_declared_headers(response)}
        for status, response in operation.responses.items()
        if status.isascii() and status.isdecimal()
    }


def _declared_headers(response: Mapping[str, Any]) -> Json:
    headers = response.get("headers")
    if not isinstance(headers, Mapping) or not headers:
        return {}
    return {"headers": {name: {"schema": {"type": "string"}} for name in headers}}


def _key(response: IntegrationResponse) -> str:
    return response.pattern or "default"


def _response(response: IntegrationResponse) -> Json:
    made: Json = {"statusCode": str(response.status)}
    if response.headers:
        made["responseParameters"] = {f"method.response.header.{name}": value.text for name, value in response.headers}
    if response.templates:
        made["responseTemplates"] = dict(response.templates)
    if response.content_handling is not None:
        made["contentHandling"] = response.content_handling
    return made


def _parameters(parameters: Iterable[RequestParameter]) -> Json:
    found = {f"integration.request.{each.place}.{each.name}": each.value.text for each in parameters}
    return {"requestParameters": found} if found else {}


def _timeout(seconds: float | None) -> Json:
    return {} if seconds is None else {"timeoutInMillis": round(seconds * 1000)}


def _in_account(arn: Any) -> Any:
    """Return an ARN in which the account of the stack stands for the local one; a function of CloudFormation stays."""
    if not isinstance(arn, str):
        return arn
    parts = literal(arn).split(LOCAL_ACCOUNT)
    return arn if len(parts) == 1 else sub("${AWS::AccountId}".join(parts))
