"""Gateway responses of HTTP APIs: the replies of the gateway itself. A project can't customize them.

Recorded: 401, 403, 404, 500. From AWS's documentation: 429, 503. The other texts are not confirmed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.http_headers import Header

_NOT_FOUND = (404, "Not Found")
_UNAUTHORIZED = (401, "Unauthorized")
_FORBIDDEN = (403, "Forbidden")
_TOO_LARGE = (413, "Request Entity Too Large")
_BAD_REQUEST = (400, "Bad Request")
_INTERNAL = (500, "Internal Server Error")
_UNAVAILABLE = (503, "Service Unavailable")

_RESPONSES: Mapping[GatewayResponseType, tuple[int, str]] = {
    GatewayResponseType.BAD_REQUEST: _BAD_REQUEST,
    GatewayResponseType.URI_TOO_LONG: (414, "URI Too Long"),
    GatewayResponseType.HEADERS_TOO_LARGE: (431, "Request Header Fields Too Large"),
    GatewayResponseType.REQUEST_TOO_LARGE: _TOO_LARGE,
    GatewayResponseType.NO_STAGE: _NOT_FOUND,
    GatewayResponseType.NO_ROUTE: _NOT_FOUND,
    GatewayResponseType.MISSING_SIGNATURE: _FORBIDDEN,
    GatewayResponseType.INCOMPLETE_SIGNATURE: _FORBIDDEN,
    GatewayResponseType.UNKNOWN_ACCESS_KEY: _FORBIDDEN,
    GatewayResponseType.INVALID_SIGNATURE: _FORBIDDEN,
    GatewayResponseType.MISSING_IDENTITY: _UNAUTHORIZED,
    GatewayResponseType.INVALID_TOKEN: _UNAUTHORIZED,
    GatewayResponseType.EXPIRED_TOKEN: _UNAUTHORIZED,
    GatewayResponseType.INSUFFICIENT_SCOPE: _FORBIDDEN,
    GatewayResponseType.ACCESS_DENIED: _FORBIDDEN,
    GatewayResponseType.EXPLICITLY_DENIED: _FORBIDDEN,
    GatewayResponseType.AUTHORIZER_FAILURE: _INTERNAL,
    GatewayResponseType.AUTHORIZER_CONFIGURATION_ERROR: _INTERNAL,
    GatewayResponseType.MISSING_API_KEY: _FORBIDDEN,
    GatewayResponseType.INVALID_API_KEY: _FORBIDDEN,
    GatewayResponseType.THROTTLED: (429, "Too Many Requests"),
    GatewayResponseType.QUOTA_EXCEEDED: (429, "Limit Exceeded"),
    GatewayResponseType.BAD_REQUEST_PARAMETERS: _BAD_REQUEST,
    GatewayResponseType.BAD_REQUEST_BODY: _BAD_REQUEST,
    GatewayResponseType.UNSUPPORTED_MEDIA_TYPE: (415, "Unsupported Media Type"),
    GatewayResponseType.API_CONFIGURATION_ERROR: _INTERNAL,
    GatewayResponseType.INTEGRATION_FAILURE: _INTERNAL,
    GatewayResponseType.BACKEND_UNREACHABLE: _UNAVAILABLE,
    GatewayResponseType.INTEGRATION_THROTTLED: _INTERNAL,
    GatewayResponseType.INTEGRATION_TOO_LARGE: _TOO_LARGE,
    GatewayResponseType.INTEGRATION_TIMEOUT: _UNAVAILABLE,
    GatewayResponseType.FUNCTION_FAILED: _INTERNAL,
    GatewayResponseType.MALFORMED_PROXY_RESPONSE: _INTERNAL,
    GatewayResponseType.UNDECODABLE_PROXY_RESPONSE: _INTERNAL,
    GatewayResponseType.INTERNAL: _INTERNAL,
}


def error_reply(error: GatewayError, exchange: Exchange) -> Reply:
    """Return the reply for an error."""
    body = json.dumps({"message": error_message(error)}, separators=(",", ":"))
    # The reply of a JWT authorizer has a challenge and no content type (AWS's transcript); all others have one.
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
    first: Header = ("Content-Type", "application/json")
    if error.challenge is not None:
        first = ("www-authenticate", error.challenge)
    headers = (first, ("Apigw-Requestid", exchange.context.request_id))
    return Reply(_RESPONSES[error.type][0], headers, body.encode())


def error_message(error: GatewayError) -> str:
    """Return ``$context.error.message``."""
    return error.message or _RESPONSES[error.type][1]
