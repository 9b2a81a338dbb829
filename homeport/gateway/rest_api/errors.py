"""How REST APIs word their own answers, gateway responses included.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from homeport.gateway.context import Exchange
from homeport.gateway.errors import Refusal, Refused
from homeport.gateway.message import Header, Reply
from homeport.gateway.rest_api.gateway_responses import ErrorVariables, customised
from homeport.gateway.rest_api.reply import finished_headers


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
_WORDING: Mapping[Refusal, Wording] = {
    Refusal.BAD_REQUEST: _bad_request("DEFAULT_4XX", "Bad Request"),
    Refusal.URI_TOO_LONG: _bad_request("DEFAULT_4XX", "Request-URI Too Long", 414),
    Refusal.HEADERS_TOO_LARGE: _bad_request("DEFAULT_4XX", "Request Header Fields Too Large", 431),
    Refusal.REQUEST_TOO_LARGE: Wording(
        None,
        413,
        None,
        "RequestTooLargeException",
        "HTTP content length exceeded 10485760 bytes.",
        "text/plain",
    ),
    Refusal.NO_STAGE: _forbidden(None),
    Refusal.NO_ROUTE: Wording(
        "MISSING_AUTHENTICATION_TOKEN",
        403,
        "Missing Authentication Token",
        "MissingAuthenticationTokenException",
        _TIGHT,
    ),
    Refusal.MISSING_IDENTITY: _unauthorized(),
    Refusal.INVALID_TOKEN: _unauthorized(),
    Refusal.EXPIRED_TOKEN: _unauthorized("The incoming token has expired"),
    Refusal.INSUFFICIENT_SCOPE: _unauthorized(),
    Refusal.ACCESS_DENIED: Wording("ACCESS_DENIED", 403, _DENIED, "AccessDeniedException", '{"Message":%s}'),
    Refusal.EXPLICITLY_DENIED: Wording(
        "ACCESS_DENIED",
        403,
        f"{_DENIED} with an explicit deny in an identity-based policy",
        "AccessDeniedException",
        '{"Message":%s}',
    ),
    Refusal.AUTHORIZER_FAILURE: Wording("AUTHORIZER_FAILURE", 500, None, "AuthorizerFailureException", _TIGHT),
    Refusal.AUTHORIZER_CONFIGURATION: Wording(
        "AUTHORIZER_CONFIGURATION_ERROR", 500, None, "AuthorizerConfigurationException", _TIGHT
    ),
    Refusal.MISSING_API_KEY: _forbidden("INVALID_API_KEY"),
    Refusal.INVALID_API_KEY: _forbidden("INVALID_API_KEY"),
    Refusal.THROTTLED: Wording("THROTTLED", 429, "Too Many Requests", "TooManyRequestsException", _TIGHT),
    Refusal.QUOTA_EXCEEDED: Wording("QUOTA_EXCEEDED", 429, "Limit Exceeded", "LimitExceededException", _TIGHT),
    Refusal.BAD_PARAMETERS: _bad_request("BAD_REQUEST_PARAMETERS", "Missing required request parameters"),
    Refusal.BAD_BODY: _bad_request("BAD_REQUEST_BODY", "Invalid request body"),
    Refusal.UNSUPPORTED_MEDIA_TYPE: _bad_request("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", 415),
    Refusal.API_CONFIGURATION: _internal("API_CONFIGURATION_ERROR"),
    # The type's documented status is 504, but Lambda's refusals are seen as 500.
    Refusal.INTEGRATION_FAILURE: _internal("INTEGRATION_FAILURE"),
    Refusal.INTEGRATION_THROTTLED: _internal("INTEGRATION_FAILURE"),
    Refusal.INTEGRATION_TOO_LARGE: _bad_request(None, "Request Too Long", 413),
    Refusal.INTEGRATION_TIMEOUT: _internal("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out"),
    Refusal.FUNCTION_FAILED: _internal("DEFAULT_5XX", 502),
    Refusal.MALFORMED_REPLY: _internal("DEFAULT_5XX", 502),
    Refusal.UNDECODABLE_REPLY: _internal("DEFAULT_5XX"),
    Refusal.INTERNAL: _internal("DEFAULT_5XX"),
}


def refuse(refused: Refused, exchange: Exchange) -> Reply:
    """The reply to a refused request, customised by the API's gateway responses."""
    wording = _WORDING[refused.refusal]
    message = refused.message or wording.message
    error = ErrorVariables(message, wording.type or "", refused.validation)
    body = wording.body.replace("%s", error.message_string)
    plain = Reply(wording.status, (("Content-Type", wording.content_type),), body.encode())
    reply = customised(plain, wording.type, error, exchange) if wording.type else plain
    lines: tuple[Header, ...] = (("x-amzn-ErrorType", wording.error_type), *reply.headers)
    return Reply(reply.status, finished_headers(lines, exchange.context), reply.body)


def response_type(refusal: Refusal) -> str | None:
    """The gateway response that words a refusal (``UNAUTHORIZED``); None where AWS lets no one customise it."""
    return _WORDING[refusal].type
