"""Integrations with services of AWS: a signed request to the service that runs on this machine.

https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-request-basic-setup.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

from homeport.gateway.backend_request import ServiceRequest
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.integrations.aws_call import ServiceUrl, call_service
from homeport.gateway.integrations.custom.headers import FAILING_FOR_AWS
from homeport.gateway.integrations.custom.mapper import BackendAnswer, CustomMapper, MappedRequest
from homeport.gateway.integrations.custom.notes import note
from homeport.gateway.integrations.custom.uri import add_query, encode_target, fill_path
from homeport.gateway.integrations.http import (
    INTEGRATION_TIMEOUT,
    METHODS_WITHOUT_BODY,
    backend_method,
    check_size,
    custom_headers,
)
from homeport.gateway.integrations.query_answers import json_answer
from homeport.gateway.integrations.service_protocols import (
    JSON_SERVICES,
    QUERY_ONLY_AT_GATEWAY,
    QUERY_VERSIONS,
    json_of_query,
    query_answer,
)
from homeport.http_client import HttpResponse
from homeport.http_headers import Header, has_header, header_value
from homeport.project.integrations.rest_api import ServiceIntegration
from homeport.project.integrations.stage_variables import fill_stage_variables

_URI = re.compile(
    r"arn:[^:]+:apigateway:(?P<region>[^:]*):(?:(?P<subdomain>[^:.]+)\.)?(?P<service>[^:]+)"
    r":(?P<kind>path|action)/(?P<rest>.*)",
    re.DOTALL,
)


class ServiceAddress(NamedTuple):
    """The service that a URI names, in a region, and there a path with a query, or an action (``""``: none)."""

    service: str
    region: str
    target: str
    action: str


class AwsServiceIntegration:
    """The integration of one operation with a service of AWS."""

    def __init__(self, integration: ServiceIntegration, service_url: ServiceUrl) -> None:
        self._integration = integration
        self._mapper = CustomMapper(integration.mapping, FAILING_FOR_AWS)
        self._service_url = service_url

    def invoke(self, exchange: Exchange) -> Reply:
        """Return the reply that the mappings make of the service's answer. Raises GatewayError."""
        mapped = self._mapper.request(exchange)
        call = service_address(self._integration, mapped)
        request = service_request(call, self._integration.method, mapped)
        title = f"request to {call.service} in {request.region}: {request.method} {request.target}"
        note(exchange.trace, title, request.headers, request.body)
        timeout = self._integration.mapping.timeout or INTEGRATION_TIMEOUT
        response = call_service(request, self._service_url, timeout, exchange.trace)
        check_size(response.body)
        body = _answer_body(call, request, response, exchange)
        return self._mapper.reply(mapped, BackendAnswer(str(response.status), response.headers, body))


def service_address(integration: ServiceIntegration, mapped: MappedRequest) -> ServiceAddress:
    """Return the address that a mapped request goes to. Raises GatewayError (API_CONFIGURATION_ERROR)."""
    variables = mapped.values.exchange.context.deployment.stage_variables
    return parse_uri(fill_path(fill_stage_variables(integration.uri, variables), mapped.parameters.path))


def parse_uri(uri: str) -> ServiceAddress:
    """Return the address that a URI names. Raises GatewayError (API_CONFIGURATION_ERROR)."""
    found = _URI.fullmatch(uri)
    if found is None:
        raise GatewayError(GatewayResponseType.API_CONFIGURATION_ERROR, f"{uri!r} names no service of AWS")
    service, rest = found["service"], found["rest"]
    if found["subdomain"] and service == "dynamodb":
        service = f"{found['subdomain']}.{service}"
    if found["kind"] == "action":
        action, _, query = rest.partition("&")
        return ServiceAddress(service, found["region"], f"/?{query}" if query else "/", action)
    # A bucket in the host's name is the first part of the path at an address without names.
    bucket = f"/{found['subdomain']}" if found["subdomain"] and service == "s3" else ""
    return ServiceAddress(service, found["region"], f"{bucket}/{rest.lstrip('/')}", "")


def service_request(call: ServiceAddress, written_method: str, mapped: MappedRequest) -> ServiceRequest:
    """Return the request that a service gets for a mapped request."""
    method = backend_method(written_method, mapped.values.exchange)
    lines = custom_headers(mapped, method)
    query, body = list(mapped.parameters.query), mapped.body
    protocol = JSON_SERVICES.get(call.service)
    if call.action and protocol is not None:
        if not has_header(lines, "x-amz-target"):
            lines.append(("X-Amz-Target", f"{protocol.target}.{call.action}"))
        lines = _with_content_type(lines, mapped, protocol.content_type)
    elif call.action:
        query = [("Action", call.action), *query]
        if call.service in QUERY_VERSIONS and not any(name == "Version" for name, _ in query):
            query.insert(1, ("Version", QUERY_VERSIONS[call.service]))
        lines, body = _with_json_input(lines, call, query, body)
    target = add_query(encode_target(call.target), "", query)
    region = call.region or mapped.values.exchange.context.deployment.region
    body = b"" if method in METHODS_WITHOUT_BODY else body
    return ServiceRequest(call.service, region, method, target, tuple(lines), body)


def _with_content_type(lines: list[Header], mapped: MappedRequest, content_type: str) -> list[Header]:
    """Return headers with the content type of a JSON service, unless the mappings have one."""
    if has_header(mapped.parameters.headers, "content-type"):
        return lines
    return [*(line for line in lines if line[0].lower() != "content-type"), ("Content-Type", content_type)]


def _with_json_input(
    lines: list[Header], call: ServiceAddress, query: list[tuple[str, str]], body: bytes
) -> tuple[list[Header], bytes]:
    """Return headers and body by which a local stand-in understands an action of the old query protocol too."""
    protocol = QUERY_ONLY_AT_GATEWAY.get(call.service)
    if protocol is None:
        return lines, body
    kept = [line for line in lines if line[0].lower() not in ("content-type", "x-amz-target")]
    target = ("X-Amz-Target", f"{protocol.target}.{call.action}")
    return [*kept, target, ("Content-Type", protocol.content_type)], json_of_query(query)


def _answer_body(call: ServiceAddress, request: ServiceRequest, response: HttpResponse, exchange: Exchange) -> bytes:
    """Return the body of an answer as the service itself would write it for API Gateway."""
    if call.service in QUERY_ONLY_AT_GATEWAY and call.action and response.status < 300:
        return query_answer(call.action, response.body, exchange.context.request_id)
    content_type = header_value(response.headers, "content-type") or ""
    wants_json = "json" in (header_value(request.headers, "accept") or "")
    if call.service in QUERY_VERSIONS and wants_json and "xml" in content_type:
        return json_answer(call.service, response.body)
    return response.body
