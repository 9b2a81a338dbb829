from __future__ import annotations

import pytest

from homeport.gateway.errors import Refusal, Refused
from homeport.gateway.http.message import Reply
from homeport.gateway.http_api.errors import refuse
from tests.support.gateway import SHORT_ID, make_exchange

ID = ("Apigw-Requestid", SHORT_ID)

ANSWERS = {
    Refusal.BAD_REQUEST: (400, b'{"message":"Bad Request"}'),
    Refusal.URI_TOO_LONG: (414, b'{"message":"URI Too Long"}'),
    Refusal.HEADERS_TOO_LARGE: (431, b'{"message":"Request Header Fields Too Large"}'),
    Refusal.REQUEST_TOO_LARGE: (413, b'{"message":"Request Entity Too Large"}'),
    Refusal.NO_STAGE: (404, b'{"message":"Not Found"}'),
    Refusal.NO_ROUTE: (404, b'{"message":"Not Found"}'),
    Refusal.MISSING_IDENTITY: (401, b'{"message":"Unauthorized"}'),
    Refusal.INVALID_TOKEN: (401, b'{"message":"Unauthorized"}'),
    Refusal.EXPIRED_TOKEN: (401, b'{"message":"Unauthorized"}'),
    Refusal.INSUFFICIENT_SCOPE: (403, b'{"message":"Forbidden"}'),
    Refusal.ACCESS_DENIED: (403, b'{"message":"Forbidden"}'),
    Refusal.EXPLICITLY_DENIED: (403, b'{"message":"Forbidden"}'),
    Refusal.AUTHORIZER_FAILURE: (500, b'{"message":"Internal Server Error"}'),
    Refusal.AUTHORIZER_CONFIGURATION: (500, b'{"message":"Internal Server Error"}'),
    Refusal.MISSING_API_KEY: (403, b'{"message":"Forbidden"}'),
    Refusal.INVALID_API_KEY: (403, b'{"message":"Forbidden"}'),
    Refusal.THROTTLED: (429, b'{"message":"Too Many Requests"}'),
    Refusal.QUOTA_EXCEEDED: (429, b'{"message":"Limit Exceeded"}'),
    Refusal.BAD_PARAMETERS: (400, b'{"message":"Bad Request"}'),
    Refusal.BAD_BODY: (400, b'{"message":"Bad Request"}'),
    Refusal.UNSUPPORTED_MEDIA_TYPE: (415, b'{"message":"Unsupported Media Type"}'),
    Refusal.API_CONFIGURATION: (500, b'{"message":"Internal Server Error"}'),
    Refusal.INTEGRATION_FAILURE: (500, b'{"message":"Internal Server Error"}'),
    Refusal.INTEGRATION_THROTTLED: (500, b'{"message":"Internal Server Error"}'),
    Refusal.INTEGRATION_TOO_LARGE: (413, b'{"message":"Request Entity Too Large"}'),
    Refusal.INTEGRATION_TIMEOUT: (503, b'{"message":"Service Unavailable"}'),
    Refusal.FUNCTION_FAILED: (500, b'{"message":"Internal Server Error"}'),
    Refusal.MALFORMED_REPLY: (500, b'{"message":"Internal Server Error"}'),
    Refusal.UNDECODABLE_REPLY: (500, b'{"message":"Internal Server Error"}'),
    Refusal.INTERNAL: (500, b'{"message":"Internal Server Error"}'),
}


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_has_its_words(refusal: Refusal) -> None:
    status, body = ANSWERS[refusal]
    expected = Reply(status, (("Content-Type", "application/json"), ID), body)
    assert refuse(Refused(refusal, "for the developer"), make_exchange()) == expected


def test_a_challenge_takes_the_place_of_the_content_type() -> None:
    challenge = 'Bearer scope="" error="invalid_token" error_description="the token has expired"'
    expected = Reply(401, (("www-authenticate", challenge), ID), b'{"message":"Unauthorized"}')
    assert refuse(Refused(Refusal.INVALID_TOKEN, challenge=challenge), make_exchange()) == expected


def test_a_message_replaces_the_usual_words() -> None:
    reply = refuse(Refused(Refusal.BAD_PARAMETERS, message='no "limit"'), make_exchange())
    assert reply.body == b'{"message":"no \\"limit\\""}'
