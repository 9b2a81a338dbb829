"""HTTP proxy integrations of HTTP APIs: the request that the backend gets, and the reply made of its response.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from homeport.gateway.backend_request import BackendRequest
from homeport.gateway.context import CallContext, Exchange, Match
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http.uri import percent_encode_rest, split_target
from homeport.gateway.http_api.parameter_mapping import map_request
from homeport.gateway.http_api.reply import finished_headers
from homeport.http_client import HttpResponse
from homeport.http_headers import CONNECTION_HEADERS, Header, HttpHeaders, drop_headers, header_value, header_values
from homeport.project.integrations.http_api import HttpApiProxy

_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}|\$stageVariables\.(\w+)")
_PATH_VARIABLE = re.compile(r"\{([^{}]+?)\+?\}")

_DROPPED = CONNECTION_HEADERS | {"content-length", "expect", "forwarded", "host", "via", "x-amzn-trace-id"}
# Seen on AWS, here without the address of API Gateway itself (by=):
# https://github.com/expressjs/session/issues/886
_VIA = "HTTP/1.1 AmazonAPIGateway"
# The server writes the length and the date.
_DROPPED_FROM_RESPONSE = CONNECTION_HEADERS | {"apigw-requestid", "content-length", "date"}


def proxy_request(integration: HttpApiProxy, exchange: Exchange) -> BackendRequest:
    """Return the request to the backend. Raises GatewayError (API_CONFIGURATION_ERROR) for a URI that is no URL."""
    request, match = map_request(integration.mappings.request, exchange)
    url, path, own_query = _address(integration.uri, exchange)
    if any(mapping.place == "path" for mapping in integration.mappings.request):
        path = match.path
    query = "&".join(part for part in (own_query, split_target(request.target)[1]) if part)
    return BackendRequest(
        url,
        request.method if integration.method == "ANY" else integration.method,
        percent_encode_rest(f"{path}?{query}" if query else path),
        _request_headers(request, exchange.context),
        request.body,
    )


def proxy_reply(response: HttpResponse, context: CallContext) -> Reply:
    """Return the reply made of a backend's response."""
    headers = drop_headers(response.headers, _DROPPED_FROM_RESPONSE)
    return Reply(response.status, finished_headers(list(headers), context), response.body)


def _address(uri: str, exchange: Exchange) -> tuple[str, str, str]:
    """Return the origin, the path and the query of an integration's URI, its variables replaced."""
    variables = exchange.context.deployment.stage_variables
    text = _STAGE_VARIABLE.sub(lambda found: variables.get(found[1] or found[2], ""), uri)
    parts = urlsplit(_with_path_variables(text, exchange.require_match()))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        reason = (
            f"the integration's URI is {text!r}, which is no URL" if text else "only AWS knows the integration's URI"
        )
        raise GatewayError(GatewayResponseType.API_CONFIGURATION_ERROR, reason)
    return f"{parts.scheme}://{parts.netloc}", parts.path or "/", parts.query


def _with_path_variables(text: str, match: Match) -> str:
    return _PATH_VARIABLE.sub(lambda found: match.path_parameters.get(found[1], ""), text)


def _request_headers(request: Request, context: CallContext) -> HttpHeaders:
    headers: list[Header] = list(drop_headers(request.headers, _DROPPED))
    if request.body or header_value(request.headers, "content-length") is not None:
        headers.append(("Content-Length", str(len(request.body))))
    forwarded = f"for={context.source_ip};host={context.domain_name};proto={context.scheme}"
    return (
        *headers,
        ("Forwarded", ", ".join([*header_values(request.headers, "forwarded"), forwarded])),
        ("Via", ", ".join([*header_values(request.headers, "via"), _VIA])),
        ("X-Amzn-Trace-Id", context.trace_id),
    )
