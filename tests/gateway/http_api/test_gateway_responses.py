from __future__ import annotations

import pytest

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.http_api.gateway_responses import error_reply
from tests.support.gateway import SHORT_ID, make_exchange

ID = ("Apigw-Requestid", SHORT_ID)

ANSWERS = {
    GatewayResponseType.BAD_REQUEST: (400, b'{"message":"Bad Request"}'),
    GatewayResponseType.URI_TOO_LONG: (414, b'{"message":"URI Too Long"}'),
    GatewayResponseType.HEADERS_TOO_LARGE: (431, b'{"message":"Request Header Fields Too Large"}'),
    GatewayResponseType.REQUEST_TOO_LARGE: (413, b'{"message":"Request Entity Too Large"}'),
    GatewayResponseType.NO_STAGE: (404, b'{"message":"Not Found"}'),
    GatewayResponseType.NO_ROUTE: (404, b'{"message":"Not Found"}'),
    GatewayResponseType.MISSING_SIGNATURE: (403, b'{"message":"Forbidden"}'),
    GatewayResponseType.INCOMPLETE_SIGNATURE: (403, b'{"message":"Forbidden"}'),
    GatewayResponseType.UNKNOWN_ACCESS_KEY: (403, b'{"message":"Forbidden"}'),
    GatewayResponseType.INVALID_SIGNATURE: (403, b'{"message":"Forbidden"}'),
    GatewayResponseType.MISSING_IDENTITY: (401, b'{"message":"Unauthorized"}'),
    GatewayResponseType.INVALID_TOKEN: (401, b'{"message":"Unauthorized"}'),
    GatewayResponseType.EXPIRED_TOKEN: (401, b'{"message":"Unauthorized"}'),
    GatewayResponseType.INSUFFICIENT_SCOPE: (403, b'{"message":"Forbidden"}'),
    GatewayResponseType.ACCESS_DENIED: (403, b'{"message":"Forbidden"}'),
    GatewayResponseType.EXPLICITLY_DENIED: (403, b'{"message":"Forbidden"}'),
    GatewayResponseType.AUTHORIZER_FAILURE: (500, b'{"message":"Internal Server Error"}'),
    GatewayResponseType.AUTHORIZER_CONFIGURATION_ERROR: (500, b'{"message":"Internal Server Error"}'),
    GatewayResponseType.MISSING_API_KEY: (403, b'{"message":"Forbidden"}'),
    GatewayResponseType.INVALID_API_KEY: (403, b'{"message":"Forbidden"}'),
    GatewayResponseType.THROTTLED: (429, b'{"message":"Too Many Requests"}'),
    GatewayResponseType.QUOTA_EXCEEDED: (429, b'{"message":"Limit Exceeded"}'),
    GatewayResponseType.BAD_REQUEST_PARAMETERS: (400, b'{"message":"Bad Request"}'),
    GatewayResponseType.BAD_REQUEST_BODY: (400, b'{"message":"Bad Request"}'),
    GatewayResponseType.UNSUPPORTED_MEDIA_TYPE: (415, b'{"message":"Unsupported Media Type"}'),
    GatewayResponseType.API_CONFIGURATION_ERROR: (500, b'{"message":"Internal Server Error"}'),
    GatewayResponseType.INTEGRATION_FAILURE: (500, b'{"message":"Internal Server Error"}'),
    GatewayResponseType.BACKEND_UNREACHABLE: (503, b'{"message":"Service Unavailable"}'),
    GatewayResponseType.INTEGRATION_THROTTLED: (500, b'{"message":"Internal Server Error"}'),
    GatewayResponseType.INTEGRATION_TOO_LARGE: (413, b'{"message":"Request Entity Too Large"}'),
    GatewayResponseType.INTEGRATION_TIMEOUT: (503, b'{"message":"Service Unavailable"}'),
    GatewayResponseType.FUNCTION_FAILED: (500, b'{"message":"Internal Server Error"}'),
    GatewayResponseType.MALFORMED_PROXY_RESPONSE: (500, b'{"message":"Internal Server Error"}'),
    GatewayResponseType.UNDECODABLE_PROXY_RESPONSE: (500, b'{"message":"Internal Server Error"}'),
    GatewayResponseType.INTERNAL: (500, b'{"message":"Internal Server Error"}'),
}


@pytest.mark.parametrize("type", GatewayResponseType)
def test_each_response_type_has_its_status_and_body(type: GatewayResponseType) -> None:
    status, body = ANSWERS[type]
    expected = Reply(status, (("Content-Type", "application/json"), ID), body)
    assert error_reply(GatewayError(type, "for the developer"), make_exchange()) == expected


def test_a_challenge_takes_the_place_of_the_content_type() -> None:
    challenge = 'Bearer scope="" error="invalid_token" error_description="the token has expired"'
    expected = Reply(401, (("www-authenticate", challenge), ID), b'{"message":"Unauthorized"}')
    assert (
        error_reply(GatewayError(GatewayResponseType.INVALID_TOKEN, challenge=challenge), make_exchange()) == expected
    )


def test_a_message_replaces_the_default_message() -> None:
    reply = error_reply(GatewayError(GatewayResponseType.BAD_REQUEST_PARAMETERS, message='no "limit"'), make_exchange())
    assert reply.body == b'{"message":"no \\"limit\\""}'
