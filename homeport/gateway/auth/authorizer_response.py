"""The response of a Lambda authorizer, read as strictly as API Gateway reads it: the policy and the context.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.gateway.auth.policy import AuthorizerPolicy, read_authorizer_policy
from homeport.permissions.decision import ALLOWED, IDENTITY, Decision
from homeport.permissions.patterns import Context
from homeport.permissions.policy import PolicyError
from homeport.project.model import Flavor
from homeport.runtime.api import Invocation

# "The Resource ARN, as shown in the policy statement output by the authorizer, is currently limited to 512 characters."
_MAX_REST_RESOURCE = 512


class AuthorizerResponseError(Exception):
    """The authorizer raised, or its response is not usable; the text is for the developer's log."""


class UnauthorizedError(Exception):
    """The authorizer raised an error whose message is exactly ``Unauthorized``."""


@dataclass(frozen=True, slots=True)
class AuthorizerResponse:
    """``grant`` is a policy, or a simple yes or no for every route. ``context`` is passed to the function."""

    grant: AuthorizerPolicy | bool
    principal_id: str | None
    context: Mapping[str, Any]
    usage_identifier_key: str | None

    def decide(self, method_arn: str, keys: Context) -> Decision:
        """Return the decision about a request with these keys to the method or route with this ARN."""
        if isinstance(self.grant, AuthorizerPolicy):
            return self.grant.decide(method_arn, keys)
        return ALLOWED if self.grant else Decision("explicit deny", IDENTITY)

    def unmet_keys(self, method_arn: str, keys: Context) -> list[str]:
        """Return the keys of conditions that kept the policy from allowing the request (``Policy.unmet_keys``)."""
        return self.grant.unmet_keys(method_arn, keys) if isinstance(self.grant, AuthorizerPolicy) else []


def read_authorizer_response(invocation: Invocation, *, flavor: Flavor, simple: bool) -> AuthorizerResponse:
    """Read a response; ``simple`` allows ``isAuthorized``. Raises UnauthorizedError or AuthorizerResponseError."""
    response = _object(invocation)
    if invocation.error is not None:
        if response.get("errorMessage") == "Unauthorized":
            raise UnauthorizedError
        kind, message = str(response.get("errorType"))[:80], str(response.get("errorMessage"))[:200]
        raise AuthorizerResponseError(f"raised {kind!r}: {message!r}")
    context = _context(response.get("context"), flavor)
    if simple and "isAuthorized" in response:
        granted = response["isAuthorized"]
        if not isinstance(granted, bool):
            raise AuthorizerResponseError(f"answered isAuthorized {granted!r}, which is neither true nor false")
        return AuthorizerResponse(granted, None, context, None)
    principal_id = _scalar_text(response.get("principalId"))
    if not principal_id:
        raise AuthorizerResponseError("answered without a principalId" + _hint(response, simple))
    try:
        longest = _MAX_REST_RESOURCE if flavor == "rest" else None
        policy = read_authorizer_policy(response.get("policyDocument"), longest_resource=longest)
    except PolicyError as error:
        raise AuthorizerResponseError(f"answered with an invalid policy: {error}") from None
    return AuthorizerResponse(policy, principal_id, context, _scalar_text(response.get("usageIdentifierKey")))


def _object(invocation: Invocation) -> Mapping[str, Any]:
    try:
        response = json.loads(invocation.payload)
    except (ValueError, RecursionError):
        raise AuthorizerResponseError("answered with invalid JSON") from None
    if not isinstance(response, dict):
        raise AuthorizerResponseError(f"answered {str(response)[:80]!r}, which is not an object")
    return response


def _context(value: Any, flavor: Flavor) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise AuthorizerResponseError("answered with a context that is not an object")
    if flavor == "rest":
        for name, item in value.items():
            if not isinstance(item, str | int | float):
                raise AuthorizerResponseError(
                    f"answered with context.{name[:64]}, which is neither text, number nor boolean"
                )
    return value


def _scalar_text(value: Any) -> str | None:
    """Return a text, number or boolean as text, None for any other value."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, int | float) else None


def _hint(response: Mapping[str, Any], simple: bool) -> str:
    unread = "isAuthorized" in response and not simple
    return " (isAuthorized counts only with enableSimpleResponses, on HTTP APIs)" if unread else ""
