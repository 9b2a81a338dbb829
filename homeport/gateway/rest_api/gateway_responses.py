"""``x-amazon-apigateway-gateway-responses``: a REST API's own answers in the project's words.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html

How REST APIs word their own answers, gateway responses included.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.headers import essence, first_accepted
from homeport.gateway.http.message import Header, Reply
from homeport.gateway.http.uri import split_target
from homeport.gateway.proxy_format import query_parameters, scalar_text
from homeport.gateway.rest_api.event import request_context
from homeport.gateway.rest_api.reply import finished_headers
from homeport.project.model import GatewayResponse

# Simple substitution: no VTL functions and no control structures.
_NAME = r"(?:(?:context|stageVariables)(?:\.\w+)+|method\.request\.\w+\.[\w-]+)"
_VARIABLE = re.compile(rf"\$\{{(?P<braced>{_NAME})\}}|\$(?P<bare>{_NAME})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class ErrorVariables:
    """What ``$context.error`` holds."""

    message: str | None
    response_type: str
    validation: str | None

    @property
    def message_string(self) -> str:
        """``$context.error.messageString``: the message as JSON, quotes included."""
        return json.dumps(self.message, ensure_ascii=False)

    def as_context(self) -> dict[str, Any]:
        """The variables by name."""
        return {
            "message": self.message,
            "messageString": self.message_string,
            "responseType": self.response_type,
            "validationErrorString": self.validation,
        }


def customised(plain: Reply, type: str, error: ErrorVariables, exchange: Exchange) -> Reply:
    """``plain`` as the gateway response of its type changes it, else as DEFAULT_4XX or DEFAULT_5XX does."""
    responses = exchange.context.deployment.gateway_responses
    response = responses.get(type) or responses.get("DEFAULT_4XX" if plain.status < 500 else "DEFAULT_5XX")
    if response is None:
        return plain
    variables = _variables(error, exchange)
    content_type, body = _content(response, variables, exchange) or (plain.headers[0][1], plain.body)
    headers = _headers(response, variables)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", content_type))
    return Reply(response.status or plain.status, tuple(headers), body)


def _variables(error: ErrorVariables, exchange: Exchange) -> dict[str, Any]:
    request, context = exchange.request, exchange.context
    match = exchange.match
    return {
        "context": {
            **request_context(request, match, context),
            "error": error.as_context(),
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
    templates = response.templates
    if not templates:
        return None
    accepted = essence(first_accepted(exchange.request.header("accept")) or "")
    by_essence = {essence(name): name for name in templates}
    chosen = by_essence.get(accepted) or by_essence.get("application/json") or next(iter(templates))
    return chosen, _rendered(templates[chosen], variables).encode("utf-8", "replace")


def _headers(response: GatewayResponse, variables: Mapping[str, Any]) -> list[Header]:
    values = {name: _mapped(expression, variables) for name, expression in response.headers.items()}
    return [(name, _CONTROL.sub(" ", value).strip()) for name, value in values.items() if value is not None]


def _mapped(expression: str, variables: Mapping[str, Any]) -> str | None:
    """A header's value as wire text: ``'text'`` is itself, a variable's name its value (None: there is none)."""
    if expression.startswith("method.request.header."):
        reflected: str | None = _lookup(expression, variables)
        return reflected
    if len(expression) >= 2 and expression[0] == expression[-1] == "'":
        expression = expression[1:-1]
    elif expression.startswith(("context.", "stageVariables.", "method.request.")):
        value = _lookup(expression, variables)
        if value is None:
            return None
        expression = scalar_text(value)
    return expression.encode("utf-8", "replace").decode("latin-1")


def _rendered(template: str, variables: Mapping[str, Any]) -> str:
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


@dataclass(frozen=True, slots=True)
class Wording:
    """One of API Gateway's own answers, uncustomised.

    ``type`` is the gateway response's, None where AWS lets no one customise it. ``error_type`` is x-amzn-ErrorType's
    value. ``body`` is the recorded text with ``%s`` for the JSON of the message: AWS's own spacing varies.
    """

    type: str | None
    status: int
    message: str | None
    error_type: str
    body: str
    content_type: str = "application/json"


_TIGHT = '{"message":%s}'
_SPACED = '{"message": %s}'
_DENIED = "User is not authorized to access this resource"


def _internal(type: str, status: int = 500, message: str = "Internal server error") -> Wording:
    return Wording(type, status, message, "InternalServerErrorException", _SPACED)


def _bad_request(type: str | None, message: str, status: int = 400) -> Wording:
    return Wording(type, status, message, "BadRequestException", _SPACED)


def _unauthorized(message: str = "Unauthorized") -> Wording:
    return Wording("UNAUTHORIZED", 401, message, "UnauthorizedException", _TIGHT)


def _forbidden(type: str | None) -> Wording:
    return Wording(type, 403, "Forbidden", "ForbiddenException", _TIGHT)


# Not confirmed: BAD_REQUEST, URI_TOO_LONG's and HEADERS_TOO_LARGE's wording, AUTHORIZER_FAILURE's error type.
_WORDING: Mapping[GatewayResponseType, Wording] = {
    GatewayResponseType.BAD_REQUEST: _bad_request("DEFAULT_4XX", "Bad Request"),
    GatewayResponseType.URI_TOO_LONG: _bad_request("DEFAULT_4XX", "Request-URI Too Long", 414),
    GatewayResponseType.HEADERS_TOO_LARGE: _bad_request("DEFAULT_4XX", "Request Header Fields Too Large", 431),
    GatewayResponseType.REQUEST_TOO_LARGE: Wording(
        None,
        413,
        None,
        "RequestTooLargeException",
        "HTTP content length exceeded 10485760 bytes.",
        "text/plain",
    ),
    GatewayResponseType.NO_STAGE: _forbidden(None),
    GatewayResponseType.NO_ROUTE: Wording(
        "MISSING_AUTHENTICATION_TOKEN",
        403,
        "Missing Authentication Token",
        "MissingAuthenticationTokenException",
        _TIGHT,
    ),
    GatewayResponseType.MISSING_IDENTITY: _unauthorized(),
    GatewayResponseType.INVALID_TOKEN: _unauthorized(),
    GatewayResponseType.EXPIRED_TOKEN: _unauthorized("The incoming token has expired"),
    GatewayResponseType.INSUFFICIENT_SCOPE: _unauthorized(),
    GatewayResponseType.ACCESS_DENIED: Wording(
        "ACCESS_DENIED", 403, _DENIED, "AccessDeniedException", '{"Message":%s}'
    ),
    GatewayResponseType.EXPLICITLY_DENIED: Wording(
        "ACCESS_DENIED",
        403,
        f"{_DENIED} with an explicit deny in an identity-based policy",
        "AccessDeniedException",
        '{"Message":%s}',
    ),
    GatewayResponseType.AUTHORIZER_FAILURE: Wording(
        "AUTHORIZER_FAILURE", 500, None, "AuthorizerFailureException", _TIGHT
    ),
    GatewayResponseType.AUTHORIZER_CONFIGURATION_ERROR: Wording(
        "AUTHORIZER_CONFIGURATION_ERROR", 500, None, "AuthorizerConfigurationException", _TIGHT
    ),
    GatewayResponseType.MISSING_API_KEY: _forbidden("INVALID_API_KEY"),
    GatewayResponseType.INVALID_API_KEY: _forbidden("INVALID_API_KEY"),
    GatewayResponseType.THROTTLED: Wording("THROTTLED", 429, "Too Many Requests", "TooManyRequestsException", _TIGHT),
    GatewayResponseType.QUOTA_EXCEEDED: Wording(
        "QUOTA_EXCEEDED", 429, "Limit Exceeded", "LimitExceededException", _TIGHT
    ),
    GatewayResponseType.BAD_REQUEST_PARAMETERS: _bad_request(
        "BAD_REQUEST_PARAMETERS", "Missing required request parameters"
    ),
    GatewayResponseType.BAD_REQUEST_BODY: _bad_request("BAD_REQUEST_BODY", "Invalid request body"),
    GatewayResponseType.UNSUPPORTED_MEDIA_TYPE: _bad_request("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", 415),
    GatewayResponseType.API_CONFIGURATION_ERROR: _internal("API_CONFIGURATION_ERROR"),
    # The type's documented status is 504, but Lambda's refusals are seen as 500.
    GatewayResponseType.INTEGRATION_FAILURE: _internal("INTEGRATION_FAILURE"),
    GatewayResponseType.INTEGRATION_THROTTLED: _internal("INTEGRATION_FAILURE"),
    GatewayResponseType.INTEGRATION_TOO_LARGE: _bad_request(None, "Request Too Long", 413),
    GatewayResponseType.INTEGRATION_TIMEOUT: _internal("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out"),
    GatewayResponseType.FUNCTION_FAILED: _internal("DEFAULT_5XX", 502),
    GatewayResponseType.MALFORMED_PROXY_RESPONSE: _internal("DEFAULT_5XX", 502),
    GatewayResponseType.UNDECODABLE_PROXY_RESPONSE: _internal("DEFAULT_5XX"),
    GatewayResponseType.INTERNAL: _internal("DEFAULT_5XX"),
}


def error_reply(error: GatewayError, exchange: Exchange) -> Reply:
    """The reply to a refused request, customised by the API's gateway responses."""
    wording = _WORDING[error.type]
    message = error.message or wording.message
    variables = ErrorVariables(message, wording.type or "", error.validation)
    body = wording.body.replace("%s", variables.message_string)
    plain = Reply(wording.status, (("Content-Type", wording.content_type),), body.encode())
    reply = customised(plain, wording.type, variables, exchange) if wording.type else plain
    lines: tuple[Header, ...] = (("x-amzn-ErrorType", wording.error_type), *reply.headers)
    return Reply(reply.status, finished_headers(lines, exchange.context), reply.body)


def response_type(type: GatewayResponseType) -> str | None:
    """The gateway response that words a refusal (``UNAUTHORIZED``); None where AWS lets no one customise it."""
    return _WORDING[type].type
