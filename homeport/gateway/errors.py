"""The closed set of reasons for which API Gateway answers by itself.

Stages and builders raise ``GatewayError``; each flavor words it as API Gateway does (status, body, headers).
"""

from __future__ import annotations

from enum import Enum, auto

from homeport.gateway.authorization import Authorization


class GatewayResponseType(Enum):
    """Why the function's answer is not what the client gets.

    Before a route is known
        BAD_REQUEST               not a request that HTTP allows, or a path that can't be decoded
        URI_TOO_LONG              the request target is over the limit
        HEADERS_TOO_LARGE         the request line and header values are over the limit
        REQUEST_TOO_LARGE         the body is over 10 MB
        NO_STAGE                  the URL names no stage of this API
        NO_ROUTE                  no resource or route has this path and method
    Who may call
        MISSING_IDENTITY          an identity source is missing or blank; the authorizer was not asked
        INVALID_TOKEN             the token is not valid, or a Lambda authorizer raised ``Unauthorized``
        EXPIRED_TOKEN             the token was valid once
        INSUFFICIENT_SCOPE        the token has none of the route's scopes
        ACCESS_DENIED             the authorizer's policy has no statement that allows this method
        EXPLICITLY_DENIED         the authorizer's policy denies this method, or ``isAuthorized`` is false
        AUTHORIZER_FAILURE        the authorizer could not be asked (Lambda refused, or it took too long)
        AUTHORIZER_CONFIGURATION_ERROR  the authorizer raised, or answered with what is no policy
        MISSING_API_KEY           no API key where one is required
        INVALID_API_KEY           the key is unknown, disabled or in no usage plan of this stage
    How often
        THROTTLED                 over the rate of the stage, route or usage plan
        QUOTA_EXCEEDED            over the usage plan's quota
    What is asked
        BAD_REQUEST_PARAMETERS            required parameters are missing; ``validation`` names them
        BAD_REQUEST_BODY                  the body does not fit its model; ``validation`` says where
        UNSUPPORTED_MEDIA_TYPE    no model for this content type
    What became of it
        API_CONFIGURATION_ERROR         the API is set up so that no call can succeed
        INTEGRATION_FAILURE       Lambda could not be asked
        INTEGRATION_THROTTLED     Lambda has no concurrency left for the function
        INTEGRATION_TOO_LARGE     the event is over Lambda's 6 MB
        INTEGRATION_TIMEOUT       the function took longer than API Gateway waits
        FUNCTION_FAILED           the function raised, crashed, ran into its own timeout, or answered over 6 MB
        MALFORMED_PROXY_RESPONSE           the function's answer is not what this payload format allows
        UNDECODABLE_PROXY_RESPONSE         ``isBase64Encoded`` is true and the body is not base64
        INTERNAL                  a fault of the gateway itself
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
    """The gateway answers by itself.

    ``reason`` is for the developer's console and log and never sent. ``message`` replaces the type's usual wording
    where AWS has several. ``validation`` is ``$context.error.validationErrorString``. ``challenge`` is the value of
    ``www-authenticate`` (HTTP APIs). ``authorization`` is what an authorizer said of a caller whom it denied: gateway
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
