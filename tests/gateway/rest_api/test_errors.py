from __future__ import annotations

import pytest

from homeport.gateway.errors import Refusal, Refused
from homeport.gateway.http.message import Reply
from homeport.gateway.rest_api.gateway_responses import refuse
from tests.support.gateway import SHORT_ID, UUID_ID, make_context, make_deployment, make_exchange

IDS = (("x-amzn-RequestId", UUID_ID), ("x-amz-apigw-id", SHORT_ID))
EXCHANGE = make_exchange(context=make_context(deployment=make_deployment(flavor="rest")))

UNAUTHORIZED = (401, "UnauthorizedException", b'{"message":"Unauthorized"}')
FORBIDDEN = (403, "ForbiddenException", b'{"message":"Forbidden"}')
SERVER_ERROR = (500, "InternalServerErrorException", b'{"message": "Internal server error"}')
BAD_GATEWAY = (502, "InternalServerErrorException", b'{"message": "Internal server error"}')
NOT_AUTHORIZED = "User is not authorized to access this resource"

ANSWERS = {
    Refusal.BAD_REQUEST: (400, "BadRequestException", b'{"message": "Bad Request"}'),
    Refusal.URI_TOO_LONG: (414, "BadRequestException", b'{"message": "Request-URI Too Long"}'),
    Refusal.HEADERS_TOO_LARGE: (431, "BadRequestException", b'{"message": "Request Header Fields Too Large"}'),
    Refusal.NO_STAGE: FORBIDDEN,
    Refusal.NO_ROUTE: (403, "MissingAuthenticationTokenException", b'{"message":"Missing Authentication Token"}'),
    Refusal.MISSING_IDENTITY: UNAUTHORIZED,
    Refusal.INVALID_TOKEN: UNAUTHORIZED,
    Refusal.EXPIRED_TOKEN: (401, "UnauthorizedException", b'{"message":"The incoming token has expired"}'),
    Refusal.INSUFFICIENT_SCOPE: UNAUTHORIZED,
    Refusal.ACCESS_DENIED: (403, "AccessDeniedException", f'{{"Message":"{NOT_AUTHORIZED}"}}'.encode()),
    Refusal.EXPLICITLY_DENIED: (
        403,
        "AccessDeniedException",
        f'{{"Message":"{NOT_AUTHORIZED} with an explicit deny in an identity-based policy"}}'.encode(),
    ),
    Refusal.AUTHORIZER_FAILURE: (500, "AuthorizerFailureException", b'{"message":null}'),
    Refusal.AUTHORIZER_CONFIGURATION: (500, "AuthorizerConfigurationException", b'{"message":null}'),
    Refusal.MISSING_API_KEY: FORBIDDEN,
    Refusal.INVALID_API_KEY: FORBIDDEN,
    Refusal.THROTTLED: (429, "TooManyRequestsException", b'{"message":"Too Many Requests"}'),
    Refusal.QUOTA_EXCEEDED: (429, "LimitExceededException", b'{"message":"Limit Exceeded"}'),
    Refusal.BAD_PARAMETERS: (400, "BadRequestException", b'{"message": "Missing required request parameters"}'),
    Refusal.BAD_BODY: (400, "BadRequestException", b'{"message": "Invalid request body"}'),
    Refusal.UNSUPPORTED_MEDIA_TYPE: (415, "BadRequestException", b'{"message": "Unsupported Media Type"}'),
    Refusal.API_CONFIGURATION: SERVER_ERROR,
    Refusal.INTEGRATION_FAILURE: SERVER_ERROR,
    Refusal.INTEGRATION_THROTTLED: SERVER_ERROR,
    Refusal.INTEGRATION_TOO_LARGE: (413, "BadRequestException", b'{"message": "Request Too Long"}'),
    Refusal.INTEGRATION_TIMEOUT: (504, "InternalServerErrorException", b'{"message": "Endpoint request timed out"}'),
    Refusal.FUNCTION_FAILED: BAD_GATEWAY,
    Refusal.MALFORMED_REPLY: BAD_GATEWAY,
    Refusal.UNDECODABLE_REPLY: SERVER_ERROR,
    Refusal.INTERNAL: SERVER_ERROR,
}


@pytest.mark.parametrize("refusal", ANSWERS)
def test_every_refusal_has_its_words(refusal: Refusal) -> None:
    status, error_type, body = ANSWERS[refusal]
    headers = (*IDS, ("x-amzn-ErrorType", error_type), ("Content-Type", "application/json"))
    assert refuse(Refused(refusal, "for the developer"), EXCHANGE) == Reply(status, headers, body)


def test_a_body_over_the_limit_is_refused_in_plain_text() -> None:
    headers = (*IDS, ("x-amzn-ErrorType", "RequestTooLargeException"), ("Content-Type", "text/plain"))
    expected = Reply(413, headers, b"HTTP content length exceeded 10485760 bytes.")
    assert refuse(Refused(Refusal.REQUEST_TOO_LARGE), EXCHANGE) == expected


def test_a_message_replaces_the_usual_words() -> None:
    refused = Refused(Refusal.BAD_PARAMETERS, message='Missing required request parameters: ["limit"]')
    expected = b'{"message": "Missing required request parameters: [\\"limit\\"]"}'
    assert refuse(refused, EXCHANGE).body == expected


def test_no_refusal_is_left_out() -> None:
    assert set(Refusal) - set(ANSWERS) == {Refusal.REQUEST_TOO_LARGE}
