"""The errors of the gateway, for which API Gateway answers in its own words.

Exception
├── GatewayError                 the reply is a gateway response; ``type`` says which, and each flavor words it
│                                (``http_api/gateway_responses.py``, ``rest_api/gateway_responses.py``)
│   The authorizers and integrations raise it in place of these, which do not leave their modules:
├── auth.jwt.TokenError                               a token is not valid
├── auth.authorizer_response.PolicyError              a Lambda authorizer's policy is malformed
├── auth.authorizer_response.AuthorizerResponseError  a Lambda authorizer's response is malformed
├── auth.authorizer_response.UnauthorizedError        a Lambda authorizer raised ``Unauthorized``
└── homeport.runtime.api.InvokeError                  Lambda rejects an invocation
"""

from __future__ import annotations

from enum import Enum, auto

from homeport.gateway.authorization import Authorization


class GatewayResponseType(Enum):
    """The reason of a gateway response.

    The names are those of API Gateway's gateway response types where it has one. It has fewer than there are reasons,
    so that several of ours may be worded by one of its types.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html

    Before the route is known
        BAD_REQUEST                     a request that HTTP does not allow
        URI_TOO_LONG                    the request line, or the method's ARN, is over the limit
        HEADERS_TOO_LARGE               the headers are over the limit
        REQUEST_TOO_LARGE               the body is over 10 MB
        NO_STAGE                        the URL does not begin with the stage of this API
        NO_ROUTE                        no route has this path and method
    Authorization
        MISSING_IDENTITY                an identity source is missing or blank; the authorizer was not asked
        INVALID_TOKEN                   the token is not valid, or a Lambda authorizer raised ``Unauthorized``
        EXPIRED_TOKEN                   the token has expired
        INSUFFICIENT_SCOPE              the token has none of the route's scopes
        ACCESS_DENIED                   the authorizer's policy has no statement that allows this method
        EXPLICITLY_DENIED               the authorizer's policy denies this method, or ``isAuthorized`` is false
        AUTHORIZER_FAILURE              the authorizer could not be invoked, or took too long
        AUTHORIZER_CONFIGURATION_ERROR  the authorizer raised, or its response is malformed
        MISSING_API_KEY                 the method needs an API key, and there is none
        INVALID_API_KEY                 the key is unknown, disabled or in no usage plan of this stage
    Rates and quotas
        THROTTLED                       over the rate of the stage, the route or the usage plan
        QUOTA_EXCEEDED                  over the usage plan's quota
    Validation
        BAD_REQUEST_PARAMETERS          required parameters are missing; ``validation`` names them
        BAD_REQUEST_BODY                the body does not fit its model; ``validation`` names the place
        UNSUPPORTED_MEDIA_TYPE          no model for this content type
    Integration
        API_CONFIGURATION_ERROR         the API is set up so that no call can succeed
        INTEGRATION_FAILURE             the integration could not be invoked
        INTEGRATION_THROTTLED           Lambda has no concurrency left for the function
        INTEGRATION_TOO_LARGE           the event is over Lambda's 6 MB
        INTEGRATION_TIMEOUT             the integration took longer than API Gateway waits
        FUNCTION_FAILED                 the function raised, crashed, timed out, or returned more than 6 MB
        MALFORMED_PROXY_RESPONSE        the function's result does not have the payload format
        UNDECODABLE_PROXY_RESPONSE      ``isBase64Encoded`` is true and the body is not base64
        INTERNAL                        a fault of the gateway itself
    """

    BAD_REQUEST = auto()
    URI_TOO_LONG = auto()
    HEADERS_TOO_LARGE = auto()
    REQUEST_TOO_LARGE = auto()
    NO_STAGE = auto()
    NO_ROUTE = auto()
    MISSING_IDENTITY = auto()
    INVALID_TOKEN = auto()
    EXPIRED_TOKEN = auto()
    INSUFFICIENT_SCOPE = auto()
    ACCESS_DENIED = auto()
    EXPLICITLY_DENIED = auto()
    AUTHORIZER_FAILURE = auto()
    AUTHORIZER_CONFIGURATION_ERROR = auto()
    MISSING_API_KEY = auto()
    INVALID_API_KEY = auto()
    THROTTLED = auto()
    QUOTA_EXCEEDED = auto()
    BAD_REQUEST_PARAMETERS = auto()
    BAD_REQUEST_BODY = auto()
    UNSUPPORTED_MEDIA_TYPE = auto()
    API_CONFIGURATION_ERROR = auto()
    INTEGRATION_FAILURE = auto()
    INTEGRATION_THROTTLED = auto()
    INTEGRATION_TOO_LARGE = auto()
    INTEGRATION_TIMEOUT = auto()
    FUNCTION_FAILED = auto()
    MALFORMED_PROXY_RESPONSE = auto()
    UNDECODABLE_PROXY_RESPONSE = auto()
    INTERNAL = auto()


class GatewayError(Exception):
    """API Gateway answers by itself, with the gateway response of ``type``.

    ``reason`` is for the developer's console and log and never sent. ``message`` replaces the type's usual message
    where AWS has several. ``validation`` is ``$context.error.validationErrorString``. ``challenge`` is the value of
    ``www-authenticate`` (HTTP APIs). ``authorization`` is the result of an authorizer that denies access: gateway
    responses may quote it.
    """

    def __init__(
        self,
        type: GatewayResponseType,
        reason: str = "",
        *,
        message: str | None = None,
        validation: str | None = None,
        challenge: str | None = None,
        authorization: Authorization | None = None,
    ) -> None:
        super().__init__(f"{type.name}: {reason}" if reason else type.name)
        self.type = type
        self.reason = reason
        self.message = message
        self.validation = validation
        self.challenge = challenge
        self.authorization = authorization
