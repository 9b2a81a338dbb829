from __future__ import annotations

import pytest

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.rest_api.gateway_responses import error_reply
from homeport.project.model import GatewayResponse
from tests.support.gateway import SHORT_ID, UUID_ID, make_context, make_deployment, make_exchange

IDS = (("x-amzn-RequestId", UUID_ID), ("x-amz-apigw-id", SHORT_ID))
EXCHANGE = make_exchange(context=make_context(deployment=make_deployment(flavor="rest")))

NO_SIGNATURE = (403, "MissingAuthenticationTokenException", b'{"message":"Missing Authentication Token"}')
UNAUTHORIZED = (401, "UnauthorizedException", b'{"message":"Unauthorized"}')
FORBIDDEN = (403, "ForbiddenException", b'{"message":"Forbidden"}')
SERVER_ERROR = (500, "InternalServerErrorException", b'{"message": "Internal server error"}')
BAD_GATEWAY = (502, "InternalServerErrorException", b'{"message": "Internal server error"}')
NOT_AUTHORIZED = "User is not authorized to access this resource"

ANSWERS = {
    GatewayResponseType.BAD_REQUEST: (400, "BadRequestException", b'{"message": "Bad Request"}'),
    GatewayResponseType.URI_TOO_LONG: (414, "BadRequestException", b'{"message": "Request-URI Too Long"}'),
    GatewayResponseType.HEADERS_TOO_LARGE: (
        431,
        "BadRequestException",
        b'{"message": "Request Header Fields Too Large"}',
    ),
    GatewayResponseType.NO_STAGE: FORBIDDEN,
    GatewayResponseType.NO_ROUTE: NO_SIGNATURE,
    GatewayResponseType.MISSING_SIGNATURE: NO_SIGNATURE,
    GatewayResponseType.INCOMPLETE_SIGNATURE: (403, "IncompleteSignatureException", b'{"message":null}'),
    GatewayResponseType.UNKNOWN_ACCESS_KEY: (403, "UnrecognizedClientException", b'{"message":null}'),
    GatewayResponseType.INVALID_SIGNATURE: (403, "InvalidSignatureException", b'{"message":null}'),
    GatewayResponseType.MISSING_IDENTITY: UNAUTHORIZED,
    GatewayResponseType.INVALID_TOKEN: UNAUTHORIZED,
    GatewayResponseType.EXPIRED_TOKEN: (401, "UnauthorizedException", b'{"message":"The incoming token has expired"}'),
    GatewayResponseType.INSUFFICIENT_SCOPE: UNAUTHORIZED,
    GatewayResponseType.ACCESS_DENIED: (403, "AccessDeniedException", f'{{"Message":"{NOT_AUTHORIZED}"}}'.encode()),
    GatewayResponseType.EXPLICITLY_DENIED: (
        403,
        "AccessDeniedException",
        f'{{"Message":"{NOT_AUTHORIZED} with an explicit deny in an identity-based policy"}}'.encode(),
    ),
    GatewayResponseType.AUTHORIZER_FAILURE: (500, "AuthorizerFailureException", b'{"message":null}'),
    GatewayResponseType.AUTHORIZER_CONFIGURATION_ERROR: (500, "AuthorizerConfigurationException", b'{"message":null}'),
    GatewayResponseType.MISSING_API_KEY: FORBIDDEN,
    GatewayResponseType.INVALID_API_KEY: FORBIDDEN,
    GatewayResponseType.THROTTLED: (429, "TooManyRequestsException", b'{"message":"Too Many Requests"}'),
    GatewayResponseType.QUOTA_EXCEEDED: (429, "LimitExceededException", b'{"message":"Limit Exceeded"}'),
    GatewayResponseType.BAD_REQUEST_PARAMETERS: (
        400,
        "BadRequestException",
        b'{"message": "Missing required request parameters"}',
    ),
    GatewayResponseType.BAD_REQUEST_BODY: (400, "BadRequestException", b'{"message": "Invalid request body"}'),
    GatewayResponseType.UNSUPPORTED_MEDIA_TYPE: (415, "BadRequestException", b'{"message": "Unsupported Media Type"}'),
    GatewayResponseType.API_CONFIGURATION_ERROR: SERVER_ERROR,
    GatewayResponseType.INTEGRATION_FAILURE: SERVER_ERROR,
    GatewayResponseType.BACKEND_UNREACHABLE: (
        504,
        "InternalServerErrorException",
        b'{"message": "Network error communicating with endpoint"}',
    ),
    GatewayResponseType.INTEGRATION_THROTTLED: SERVER_ERROR,
    GatewayResponseType.INTEGRATION_TOO_LARGE: (413, "BadRequestException", b'{"message": "Request Too Long"}'),
    GatewayResponseType.INTEGRATION_TIMEOUT: (
        504,
        "InternalServerErrorException",
        b'{"message": "Endpoint request timed out"}',
    ),
    GatewayResponseType.FUNCTION_FAILED: BAD_GATEWAY,
    GatewayResponseType.MALFORMED_PROXY_RESPONSE: BAD_GATEWAY,
    GatewayResponseType.UNDECODABLE_PROXY_RESPONSE: SERVER_ERROR,
    GatewayResponseType.INTERNAL: SERVER_ERROR,
}


@pytest.mark.parametrize("type", [type for type in GatewayResponseType if type.name != "REQUEST_TOO_LARGE"])
def test_each_response_type_has_its_status_and_body(type: GatewayResponseType) -> None:
    status, error_type, body = ANSWERS[type]
    headers = (*IDS, ("x-amzn-ErrorType", error_type), ("Content-Type", "application/json"))
    assert error_reply(GatewayError(type, "for the developer"), EXCHANGE) == Reply(status, headers, body)


def test_a_body_over_the_limit_is_rejected_with_a_sentence_and_without_ids() -> None:
    headers = (("Content-Type", "text; charset=utf-8"),)
    expected = Reply(413, headers, b"HTTP content length exceeded 10485760 bytes.")
    assert error_reply(GatewayError(GatewayResponseType.REQUEST_TOO_LARGE), EXCHANGE) == expected


def test_an_event_over_lambdas_limit_is_rejected_as_json_with_ids() -> None:
    reply = error_reply(GatewayError(GatewayResponseType.INTEGRATION_TOO_LARGE), EXCHANGE)
    headers = (*IDS, ("x-amzn-ErrorType", "BadRequestException"), ("Content-Type", "application/json"))
    assert reply == Reply(413, headers, b'{"message": "Request Too Long"}')


def test_a_default_4xx_response_does_not_change_the_reply_to_a_body_over_the_limit() -> None:
    custom = GatewayResponse(400, {"Access-Control-Allow-Origin": "'*'"}, {"application/json": "{}"})
    deployment = make_deployment(flavor="rest", gateway_responses={"DEFAULT_4XX": custom, "REQUEST_TOO_LARGE": custom})
    exchange = make_exchange(context=make_context(deployment=deployment))
    error = GatewayError(GatewayResponseType.REQUEST_TOO_LARGE)
    assert error_reply(error, exchange) == error_reply(error, EXCHANGE)


def test_a_message_replaces_the_default_message() -> None:
    error = GatewayError(
        GatewayResponseType.BAD_REQUEST_PARAMETERS, message='Missing required request parameters: ["limit"]'
    )
    expected = b'{"message": "Missing required request parameters: [\\"limit\\"]"}'
    assert error_reply(error, EXCHANGE).body == expected
