"""The errors of the gateway, for which API Gateway answers in its own words.

Exception
├── GatewayError                 the reply is a gateway response; ``type`` says which, and each flavor words it
│                                (``http_api/gateway_responses.py``, ``rest_api/gateway_responses.py``)
│   The authorizers and integrations raise it in place of these, which do not leave their modules:
├── auth.jwt.TokenError                               a token is not valid
├── homeport.permissions.policy.PolicyError           a Lambda authorizer's policy is malformed
├── auth.authorizer_response.AuthorizerResponseError  a Lambda authorizer's response is malformed
├── auth.authorizer_response.UnauthorizedError        a Lambda authorizer raised ``Unauthorized``
└── homeport.runtime.api.InvokeError                  Lambda rejects an invocation
"""

from __future__ import annotations

from enum import Enum, auto

from homeport.gateway.auth import Authorization


class GatewayResponseType(Enum):
    """The reason of a gateway response.

    The names are those of API Gateway's gateway response types where it has one. It has fewer than there are reasons,
    so that several of ours may be worded by one of its types.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """

    # Before the route is known
    BAD_REQUEST = auto()  # a request that HTTP does not allow
    URI_TOO_LONG = auto()  # the request line, or the method's ARN, is over the limit
    HEADERS_TOO_LARGE = auto()  # the headers are over the limit
    REQUEST_TOO_LARGE = auto()  # the body is over 10 MB
    NO_STAGE = auto()  # the URL does not begin with the stage of this API
    NO_ROUTE = auto()  # no route has this path and method
    # Authorization
    MISSING_SIGNATURE = auto()  # the route asks for a signature of IAM, or for what can't be checked here
    INCOMPLETE_SIGNATURE = auto()  # the Authorization header, or the query string, is no signature that can be read
    UNKNOWN_ACCESS_KEY = auto()  # the access key of the signature belongs to nobody
    INVALID_SIGNATURE = auto()  # the signature is another one, has expired, or is for another service or region
    MISSING_IDENTITY = auto()  # an identity source is missing or blank; the authorizer was not asked
    INVALID_TOKEN = auto()  # the token is not valid, or a Lambda authorizer raised ``Unauthorized``
    EXPIRED_TOKEN = auto()  # the token has expired
    INSUFFICIENT_SCOPE = auto()  # the token has none of the route's scopes
    ACCESS_DENIED = auto()  # no policy of the caller, the authorizer or the API allows this method
    EXPLICITLY_DENIED = auto()  # the authorizer's policy denies this method, or ``isAuthorized`` is false
    AUTHORIZER_FAILURE = auto()  # the authorizer could not be invoked, or took too long
    AUTHORIZER_CONFIGURATION_ERROR = auto()  # the authorizer raised, or its response is malformed
    MISSING_API_KEY = auto()  # the method needs an API key, and there is none
    INVALID_API_KEY = auto()  # the key is unknown, disabled or in no usage plan of this stage
    # Rates and quotas
    THROTTLED = auto()  # over the rate of the stage, the route or the usage plan
    QUOTA_EXCEEDED = auto()  # over the usage plan's quota
    # Validation
    BAD_REQUEST_PARAMETERS = auto()  # required parameters are missing; ``validation`` names them
    BAD_REQUEST_BODY = auto()  # the body does not fit its model; ``validation`` names the place
    UNSUPPORTED_MEDIA_TYPE = auto()  # no model for this content type
    # Integration
    API_CONFIGURATION_ERROR = auto()  # the API is set up so that no call can succeed
    INTEGRATION_FAILURE = auto()  # the integration could not be invoked
    BACKEND_UNREACHABLE = auto()  # nothing answers at the backend's URL, or what answers is no HTTP
    INTEGRATION_THROTTLED = auto()  # Lambda has no concurrency left for the function
    INTEGRATION_TOO_LARGE = auto()  # the event is over Lambda's 6 MB
    INTEGRATION_TIMEOUT = auto()  # the integration took longer than API Gateway waits
    FUNCTION_FAILED = auto()  # the function raised, crashed, timed out, or returned more than 6 MB
    MALFORMED_PROXY_RESPONSE = auto()  # the function's result does not have the payload format
    UNDECODABLE_PROXY_RESPONSE = auto()  # ``isBase64Encoded`` is true and the body is not base64
    INTERNAL = auto()  # a fault of the gateway itself


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
