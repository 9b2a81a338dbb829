"""HTTP integrations of REST APIs: with mappings (``http``), and as a proxy (``http_proxy``).

https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html
"""

from __future__ import annotations

from base64 import b64encode

from homeport.gateway.backend_request import BackendRequest
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, first_accepted, matches_binary
from homeport.gateway.http.uri import split_target
from homeport.gateway.integrations.backend import call_backend, stream_backend
from homeport.gateway.integrations.custom.headers import (
    DROPPED_FOR_HTTP,
    DROPPED_OF_CLIENT,
    FAILING_FOR_HTTP,
    check_mapped,
    mapped_header,
    proxied_response_headers,
)
from homeport.gateway.integrations.custom.mapper import (
    BackendAnswer,
    CustomMapper,
    MappedParameters,
    MappedRequest,
    map_parameters,
)
from homeport.gateway.integrations.custom.notes import note
from homeport.gateway.integrations.custom.uri import add_query, fill_path, split_url
from homeport.gateway.integrations.custom.values import CallValues
from homeport.gateway.mapping import BodyNotReadable
from homeport.gateway.rest_api.reply import finished_headers
from homeport.http_headers import Header, HttpHeaders, has_header
from homeport.project.integrations.rest_api import HttpCustom, HttpProxy
from homeport.project.integrations.stage_variables import fill_stage_variables

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
INTEGRATION_TIMEOUT = 29.0
# https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html: 15 minutes in all, and five
# minutes without a byte (Regional).
STREAM_TIMEOUT = 900.0
STREAM_IDLE = 300.0
MOST_BYTES = 10 * 1024 * 1024
METHODS_WITHOUT_BODY = frozenset(("GET", "HEAD", "OPTIONS"))


class HttpCustomIntegration:
    """An HTTP integration whose request and response are made by mappings."""

    def __init__(self, integration: HttpCustom) -> None:
        self._integration = integration
        self._mapper = CustomMapper(integration.mapping, FAILING_FOR_HTTP)

    def invoke(self, exchange: Exchange) -> Reply:
        """Return the reply that the mappings make of the backend's response. Raises GatewayError."""
        mapped = self._mapper.request(exchange)
        request = custom_backend_request(self._integration, mapped)
        title = f"request to the backend: {request.method} {request.url}{request.target}"
        note(exchange.trace, title, request.headers, request.body)
        timeout = self._integration.mapping.timeout or INTEGRATION_TIMEOUT
        response = call_backend(request, timeout, exchange.trace)
        check_size(response.body)
        return self._mapper.reply(mapped, BackendAnswer(str(response.status), response.headers, response.body))


class HttpProxyIntegration:
    """An HTTP integration that passes the client's request on, and the backend's response back."""

    def __init__(self, integration: HttpProxy) -> None:
        self._integration = integration

    def invoke(self, exchange: Exchange) -> Reply:
        """Return the backend's response. Raises GatewayError."""
        request = self._request(exchange)
        if self._integration.streams:
            return self._stream(request, exchange)
        timeout = self._integration.timeout or INTEGRATION_TIMEOUT
        response = call_backend(request, timeout, exchange.trace)
        check_size(response.body)
        lines = _proxied_headers(response.headers)
        body = _response_body(response.body, has_binary_type(response.headers, exchange), exchange)
        return Reply(response.status, finished_headers(lines, exchange.context), body)

    def _stream(self, request: BackendRequest, exchange: Exchange) -> Reply:
        """Return the backend's response once its headers are there; API Gateway leaves such a body as it is."""
        timeout = self._integration.timeout or STREAM_TIMEOUT
        status, headers, stream = stream_backend(request, timeout, STREAM_IDLE, exchange.trace)
        return Reply(status, finished_headers(_proxied_headers(headers), exchange.context), stream=stream)

    def _request(self, exchange: Exchange) -> BackendRequest:
        values = CallValues(exchange)
        try:
            parameters = map_parameters(self._integration.parameters, values)
        except BodyNotReadable as error:
            message = "Invalid JSON in request body"
            raise GatewayError(GatewayResponseType.BAD_REQUEST, str(error), message=message) from error
        check_mapped((name for name, _ in parameters.headers), FAILING_FOR_HTTP)
        request = exchange.request
        mapped = [mapped_header(*line) for line in parameters.headers if line[0].lower() not in DROPPED_FOR_HTTP]
        replaced = {name.lower() for name, _ in mapped} | DROPPED_OF_CLIENT
        lines = [line for line in request.headers if line[0].lower() not in replaced] + mapped
        lines += [line for line in default_headers(exchange) if not has_header(lines, line[0])]
        is_text = not matches_binary(request.header("content-type"), exchange.context.deployment.binary_media_types)
        body = request.body.decode("utf-8", "replace").encode() if is_text else request.body
        query = split_target(request.target)[1]
        method = backend_method(self._integration.method, exchange)
        return _backend_request(self._integration.uri, method, parameters, query, lines, body, exchange)


def custom_backend_request(integration: HttpCustom, mapped: MappedRequest) -> BackendRequest:
    """Return the request that an HTTP backend gets for a mapped request. Raises GatewayError."""
    exchange = mapped.values.exchange
    method = backend_method(integration.method, exchange)
    lines = [line for line in custom_headers(mapped, method) if line[0].lower() not in DROPPED_FOR_HTTP]
    return _backend_request(integration.uri, method, mapped.parameters, "", lines, mapped.body, exchange)


def backend_method(written: str, exchange: Exchange) -> str:
    """Return the method of the request to the backend: ``ANY`` is the client's."""
    return exchange.request.method if written == "ANY" else written


def default_headers(exchange: Exchange) -> list[Header]:
    """Return the headers that a backend gets unless they are set otherwise."""
    return [
        ("Accept", "application/json"),
        ("User-Agent", f"AmazonAPIGateway_{exchange.context.deployment.api_id}"),
        ("X-Amzn-Apigateway-Api-Id", exchange.context.deployment.api_id),
        ("X-Amzn-Trace-Id", exchange.context.trace_id),
    ]


def custom_headers(mapped: MappedRequest, method: str) -> list[Header]:
    """Return the headers of a mapped request: no client's but Content-Type, which a body needs."""
    exchange = mapped.values.exchange
    lines = [mapped_header(*line) for line in mapped.parameters.headers]
    added = default_headers(exchange)
    if mapped.body and method not in METHODS_WITHOUT_BODY:
        added.append(("Content-Type", exchange.request.header("content-type") or "application/json"))
    return [*lines, *(line for line in added if not has_header(lines, line[0]))]


def check_size(body: bytes) -> None:
    """Raise GatewayError (API_CONFIGURATION_ERROR) for a response that is over API Gateway's limit."""
    if len(body) > MOST_BYTES:
        reason = f"the backend's response has {len(body)} bytes: more than {MOST_BYTES} can't be passed on"
        raise GatewayError(GatewayResponseType.API_CONFIGURATION_ERROR, reason)


def has_binary_type(headers: tuple[Header, ...], exchange: Exchange) -> bool:
    """Return whether a backend's response is of a binary media type."""
    content_type = next((value for name, value in headers if name.lower() == "content-type"), None)
    return matches_binary(content_type, exchange.context.deployment.binary_media_types)


def _proxied_headers(headers: HttpHeaders) -> list[Header]:
    lines = proxied_response_headers(headers)
    return lines if has_header(lines, "content-type") else [*lines, ("Content-Type", "application/json")]


def _response_body(body: bytes, is_binary: bool, exchange: Exchange) -> bytes:
    if not is_binary:
        return body.decode("utf-8", "replace").encode()
    accepted = first_accepted(exchange.request.header("accept"))
    accepts_binary = matches_binary(accepted, exchange.context.deployment.binary_media_types)
    return body if accepts_binary else b64encode(body)


def _backend_request(
    uri: str,
    method: str,
    parameters: MappedParameters,
    client_query: str,
    lines: list[Header],
    body: bytes,
    exchange: Exchange,
) -> BackendRequest:
    filled = fill_path(fill_stage_variables(uri, exchange.context.deployment.stage_variables), parameters.path)
    place = split_url(filled)
    if method in METHODS_WITHOUT_BODY:
        body = b""
    else:
        lines = [*lines, ("Content-Length", str(len(body)))]
    target = add_query(place.target, client_query, parameters.query)
    return BackendRequest(place.base_url, method, target, tuple(lines), body)
