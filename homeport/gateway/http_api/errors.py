"""How HTTP APIs word their own answers. They can't be customised.

Recorded: 401, 403, 404, 500. From AWS's documentation: 429, 503. The others' wording is not confirmed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from homeport.gateway.context import Exchange
from homeport.gateway.errors import Refusal, Refused
from homeport.gateway.http.message import Header, Reply

_NOT_FOUND = (404, "Not Found")
_UNAUTHORIZED = (401, "Unauthorized")
_FORBIDDEN = (403, "Forbidden")
_TOO_LARGE = (413, "Request Entity Too Large")
_BAD_REQUEST = (400, "Bad Request")
_INTERNAL = (500, "Internal Server Error")

_WORDING: Mapping[Refusal, tuple[int, str]] = {
    Refusal.BAD_REQUEST: _BAD_REQUEST,
    Refusal.URI_TOO_LONG: (414, "URI Too Long"),
    Refusal.HEADERS_TOO_LARGE: (431, "Request Header Fields Too Large"),
    Refusal.REQUEST_TOO_LARGE: _TOO_LARGE,
    Refusal.NO_STAGE: _NOT_FOUND,
    Refusal.NO_ROUTE: _NOT_FOUND,
    Refusal.MISSING_IDENTITY: _UNAUTHORIZED,
    Refusal.INVALID_TOKEN: _UNAUTHORIZED,
    Refusal.EXPIRED_TOKEN: _UNAUTHORIZED,
    Refusal.INSUFFICIENT_SCOPE: _FORBIDDEN,
    Refusal.ACCESS_DENIED: _FORBIDDEN,
    Refusal.EXPLICITLY_DENIED: _FORBIDDEN,
    Refusal.AUTHORIZER_FAILURE: _INTERNAL,
    Refusal.AUTHORIZER_CONFIGURATION: _INTERNAL,
    Refusal.MISSING_API_KEY: _FORBIDDEN,
    Refusal.INVALID_API_KEY: _FORBIDDEN,
    Refusal.THROTTLED: (429, "Too Many Requests"),
    Refusal.QUOTA_EXCEEDED: (429, "Limit Exceeded"),
    Refusal.BAD_PARAMETERS: _BAD_REQUEST,
    Refusal.BAD_BODY: _BAD_REQUEST,
    Refusal.UNSUPPORTED_MEDIA_TYPE: (415, "Unsupported Media Type"),
    Refusal.API_CONFIGURATION: _INTERNAL,
    Refusal.INTEGRATION_FAILURE: _INTERNAL,
    Refusal.INTEGRATION_THROTTLED: _INTERNAL,
    Refusal.INTEGRATION_TOO_LARGE: _TOO_LARGE,
    Refusal.INTEGRATION_TIMEOUT: (503, "Service Unavailable"),
    Refusal.FUNCTION_FAILED: _INTERNAL,
    Refusal.MALFORMED_REPLY: _INTERNAL,
    Refusal.UNDECODABLE_REPLY: _INTERNAL,
    Refusal.INTERNAL: _INTERNAL,
}


def refuse(refused: Refused, exchange: Exchange) -> Reply:
    """The reply to a refused request."""
    status, usual = _WORDING[refused.refusal]
    body = json.dumps({"message": refused.message or usual}, separators=(",", ":"))
    # A JWT authorizer's answer has a challenge and no content type (AWS's transcript); all others have one.
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
    first: Header = ("Content-Type", "application/json")
    if refused.challenge is not None:
        first = ("www-authenticate", refused.challenge)
    return Reply(status, (first, ("Apigw-Requestid", exchange.context.request_id)), body.encode())
