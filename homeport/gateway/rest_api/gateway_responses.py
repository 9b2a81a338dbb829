"""Gateway responses of REST APIs: the replies of the gateway itself, which the project can customize.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, essence, first_accepted
from homeport.gateway.http.uri import split_target
from homeport.gateway.proxy_event import query_parameters, scalar_text
from homeport.gateway.rest_api.event import request_context
from homeport.gateway.rest_api.reply import finished_headers
from homeport.http_headers import Header, has_header
from homeport.project.model import GatewayResponse


@dataclass(frozen=True, slots=True)
class DefaultResponse:
    """A gateway response that is not customized.

    ``type`` is AWS's name of the response type, None where AWS allows no customization. ``error_type`` is the value of
    x-amzn-ErrorType, None for a reply that has neither it nor ids. ``body`` is the recorded text with ``%s`` for the
    message as JSON: AWS's own spacing varies.
    """

    type: str | None
    status: int
    message: str | None
    error_type: str | None
    body: str
    content_type: str = "application/json"


_TIGHT = '{"message":%s}'
_SPACED = '{"message": %s}'
_NO_ACCESS = "User is not authorized to access this resource"


def _server_error(type: str, status: int = 500, message: str = "Internal server error") -> DefaultResponse:
    return DefaultResponse(type, status, message, "InternalServerErrorException", _SPACED)


def _bad_request(type: str | None, message: str, status: int = 400) -> DefaultResponse:
    return DefaultResponse(type, status, message, "BadRequestException", _SPACED)


def _unauthorized_response(message: str = "Unauthorized") -> DefaultResponse:
    return DefaultResponse("UNAUTHORIZED", 401, message, "UnauthorizedException", _TIGHT)


def _forbidden(type: str | None) -> DefaultResponse:
    return DefaultResponse(type, 403, "Forbidden", "ForbiddenException", _TIGHT)


def _signature_error(type: str, error_type: str) -> DefaultResponse:
    return DefaultResponse(type, 403, None, error_type, _TIGHT)


_NO_SIGNATURE = DefaultResponse(
    "MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token", "MissingAuthenticationTokenException", _TIGHT
)

# Not confirmed: the texts of BAD_REQUEST, URI_TOO_LONG and HEADERS_TOO_LARGE, and the error type of AUTHORIZER_FAILURE.
_RESPONSES: Mapping[GatewayResponseType, DefaultResponse] = {
    GatewayResponseType.BAD_REQUEST: _bad_request("DEFAULT_4XX", "Bad Request"),
    GatewayResponseType.URI_TOO_LONG: _bad_request("DEFAULT_4XX", "Request-URI Too Long", 414),
    GatewayResponseType.HEADERS_TOO_LARGE: _bad_request("DEFAULT_4XX", "Request Header Fields Too Large", 431),
    GatewayResponseType.REQUEST_TOO_LARGE: DefaultResponse(
        None,
        413,
        None,
        # Recorded: https://github.com/koki-develop/lgtm-generator/issues/10, as is the reply of INTEGRATION_TOO_LARGE.
        None,
        "HTTP content length exceeded 10485760 bytes.",
        "text; charset=utf-8",
    ),
    GatewayResponseType.NO_STAGE: _forbidden(None),
    GatewayResponseType.NO_ROUTE: _NO_SIGNATURE,
    GatewayResponseType.MISSING_SIGNATURE: _NO_SIGNATURE,
    GatewayResponseType.INCOMPLETE_SIGNATURE: _signature_error("DEFAULT_4XX", "IncompleteSignatureException"),
    GatewayResponseType.UNKNOWN_ACCESS_KEY: _signature_error("DEFAULT_4XX", "UnrecognizedClientException"),
    GatewayResponseType.INVALID_SIGNATURE: _signature_error("INVALID_SIGNATURE", "InvalidSignatureException"),
    GatewayResponseType.MISSING_IDENTITY: _unauthorized_response(),
    GatewayResponseType.INVALID_TOKEN: _unauthorized_response(),
    GatewayResponseType.EXPIRED_TOKEN: _unauthorized_response("The incoming token has expired"),
    GatewayResponseType.INSUFFICIENT_SCOPE: _unauthorized_response(),
    GatewayResponseType.ACCESS_DENIED: DefaultResponse(
        "ACCESS_DENIED", 403, _NO_ACCESS, "AccessDeniedException", '{"Message":%s}'
    ),
    GatewayResponseType.EXPLICITLY_DENIED: DefaultResponse(
        "ACCESS_DENIED",
        403,
        f"{_NO_ACCESS} with an explicit deny in an identity-based policy",
        "AccessDeniedException",
        '{"Message":%s}',
    ),
    GatewayResponseType.AUTHORIZER_FAILURE: DefaultResponse(
        "AUTHORIZER_FAILURE", 500, None, "AuthorizerFailureException", _TIGHT
    ),
    GatewayResponseType.AUTHORIZER_CONFIGURATION_ERROR: DefaultResponse(
        "AUTHORIZER_CONFIGURATION_ERROR", 500, None, "AuthorizerConfigurationException", _TIGHT
    ),
    GatewayResponseType.MISSING_API_KEY: _forbidden("INVALID_API_KEY"),
    GatewayResponseType.INVALID_API_KEY: _forbidden("INVALID_API_KEY"),
    GatewayResponseType.THROTTLED: DefaultResponse(
        "THROTTLED", 429, "Too Many Requests", "TooManyRequestsException", _TIGHT
    ),
    GatewayResponseType.QUOTA_EXCEEDED: DefaultResponse(
        "QUOTA_EXCEEDED", 429, "Limit Exceeded", "LimitExceededException", _TIGHT
    ),
    GatewayResponseType.BAD_REQUEST_PARAMETERS: _bad_request(
        "BAD_REQUEST_PARAMETERS", "Missing required request parameters"
    ),
    GatewayResponseType.BAD_REQUEST_BODY: _bad_request("BAD_REQUEST_BODY", "Invalid request body"),
    GatewayResponseType.UNSUPPORTED_MEDIA_TYPE: _bad_request("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", 415),
    GatewayResponseType.API_CONFIGURATION_ERROR: _server_error("API_CONFIGURATION_ERROR"),
    # The documented status of this type is 504; for errors of the Lambda service 500 is recorded.
    GatewayResponseType.INTEGRATION_FAILURE: _server_error("INTEGRATION_FAILURE"),
    GatewayResponseType.BACKEND_UNREACHABLE: _server_error(
        "INTEGRATION_FAILURE", 504, "Network error communicating with endpoint"
    ),
    GatewayResponseType.INTEGRATION_THROTTLED: _server_error("INTEGRATION_FAILURE"),
    GatewayResponseType.INTEGRATION_TOO_LARGE: _bad_request(None, "Request Too Long", 413),
    GatewayResponseType.INTEGRATION_TIMEOUT: _server_error("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out"),
    GatewayResponseType.FUNCTION_FAILED: _server_error("DEFAULT_5XX", 502),
    GatewayResponseType.MALFORMED_PROXY_RESPONSE: _server_error("DEFAULT_5XX", 502),
    GatewayResponseType.UNDECODABLE_PROXY_RESPONSE: _server_error("DEFAULT_5XX"),
    GatewayResponseType.INTERNAL: _server_error("DEFAULT_5XX"),
}


def error_reply(error: GatewayError, exchange: Exchange) -> Reply:
    """Return the reply for an error, customized by the API's gateway responses."""
    default = _RESPONSES[error.type]
    body = default.body.replace("%s", json.dumps(error_message(error), ensure_ascii=False))
    reply = Reply(default.status, (("Content-Type", default.content_type),), body.encode())
    if default.type is not None:
        reply = _customize(reply, default.type, error, exchange)
    if default.error_type is None:
        return reply
    lines: tuple[Header, ...] = (("x-amzn-ErrorType", default.error_type), *reply.headers)
    return Reply(reply.status, finished_headers(lines, exchange.context), reply.body)


def error_message(error: GatewayError) -> str | None:
    """Return ``$context.error.message``, None where API Gateway has no message."""
    return error.message or _RESPONSES[error.type].message


def response_type(type: GatewayResponseType) -> str | None:
    """Return ``$context.error.responseType`` (``UNAUTHORIZED``); None where AWS allows no customization."""
    return _RESPONSES[type].type


# Simple substitution: no VTL functions and no control structures.
_NAME = r"(?:(?:context|stageVariables)(?:\.\w+)+|method\.request\.\w+\.[\w-]+)"
_VARIABLE = re.compile(rf"\$\{{(?P<braced>{_NAME})\}}|\$(?P<bare>{_NAME})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def _customize(default: Reply, type: str, error: GatewayError, exchange: Exchange) -> Reply:
    """Return ``default`` as the API's response of that type changes it, or its DEFAULT_4XX or DEFAULT_5XX."""
    responses = exchange.context.deployment.gateway_responses
    response = responses.get(type) or responses.get("DEFAULT_4XX" if default.status < 500 else "DEFAULT_5XX")
    if response is None:
        return default
    variables = _variables(type, error, exchange)
    content_type, body = _content(response, variables, exchange) or (default.headers[0][1], default.body)
    headers = _headers(response, variables)
    if not has_header(headers, "content-type"):
        headers.append(("Content-Type", content_type))
    return Reply(response.status or default.status, tuple(headers), body)


def _variables(type: str, error: GatewayError, exchange: Exchange) -> dict[str, Any]:
    """Return the variables that headers and templates of a gateway response can name."""
    request, context, match = exchange.request, exchange.context, exchange.match
    message = error_message(error)
    return {
        "context": {
            **request_context(request, match, context),
            "error": {
                "message": message,
                "messageString": json.dumps(message, ensure_ascii=False),
                "responseType": type,
                "validationErrorString": error.validation,
            },
            "xrayTraceId": context.trace_id,
        },
        "stageVariables": context.deployment.stage_variables,
        "method": {
            "request": {
                "header": {name.lower(): value for name, value in request.headers},
                "querystring": query_parameters(split_target(request.target)[1], "&;")[0] or {},
                "path": match.path_parameters if match else {},
            }
        },
    }


def _content(response: GatewayResponse, variables: Mapping[str, Any], exchange: Exchange) -> tuple[str, bytes] | None:
    """Return the content type and body of the template that the client accepts, None without templates."""
    templates = response.templates
    if not templates:
        return None
    accepted = essence(first_accepted(exchange.request.header("accept")) or "")
    by_essence = {essence(name): name for name in templates}
    content_type = by_essence.get(accepted) or by_essence.get("application/json") or next(iter(templates))
    return content_type, _render(templates[content_type], variables).encode("utf-8", "replace")


def _headers(response: GatewayResponse, variables: Mapping[str, Any]) -> list[Header]:
    values = {name: _header_value(expression, variables) for name, expression in response.headers.items()}
    return [(name, _CONTROL.sub(" ", value).strip()) for name, value in values.items() if value is not None]


def _header_value(expression: str, variables: Mapping[str, Any]) -> str | None:
    """Return a header's value as latin-1 text: ``'text'`` is itself, a variable's name its value.

    The value is None for a variable without a value.
    """
    if expression.startswith("method.request.header."):
        value: str | None = _lookup(expression, variables)
        return value
    if len(expression) >= 2 and expression[0] == expression[-1] == "'":
        expression = expression[1:-1]
    elif expression.startswith(("context.", "stageVariables.", "method.request.")):
        value = _lookup(expression, variables)
        if value is None:
            return None
        expression = scalar_text(value)
    return expression.encode("utf-8", "replace").decode("latin-1")


def _render(template: str, variables: Mapping[str, Any]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found["braced"] or found["bare"]
        resolved = _lookup(name, variables)
        return "" if resolved is None else scalar_text(resolved)

    return _VARIABLE.sub(value, template)


def _lookup(name: str, variables: Mapping[str, Any]) -> Any:
    if name.startswith("method.request.header."):
        return variables["method"]["request"]["header"].get(name.removeprefix("method.request.header.").lower())
    value: Any = variables
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value
