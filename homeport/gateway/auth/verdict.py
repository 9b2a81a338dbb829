"""What a Lambda authorizer answered, read as strictly as API Gateway does.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from homeport.gateway.auth.policy import Decision, Policy, PolicyError, read_policy
from homeport.runtime.api import Invocation

# "The Resource ARN, as shown in the policy statement output by the authorizer, is currently limited to 512 characters."
_LONGEST_REST_RESOURCE = 512


class VerdictError(Exception):
    """The authorizer raised, or answered with what API Gateway can't use; the text is for the developer's log."""


class Unauthorized(Exception):
    """The authorizer raised exactly ``Unauthorized``."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``grant`` is a policy, or a simple yes or no for every route. ``context`` goes to the function."""

    grant: Policy | bool
    principal_id: str | None
    context: Mapping[str, Any]
    usage_identifier_key: str | None

    def decide(self, method_arn: str) -> Decision:
        """Whether a method may be called."""
        if isinstance(self.grant, Policy):
            return self.grant.decide(method_arn)
        return Decision.ALLOWED if self.grant else Decision.EXPLICITLY_DENIED


def read_verdict(invocation: Invocation, *, flavor: Literal["http", "rest"], simple: bool) -> Verdict:
    """Read an answer; ``simple`` allows ``isAuthorized``. Raises Unauthorized or VerdictError."""
    answer = _object(invocation)
    if invocation.error is not None:
        if answer.get("errorMessage") == "Unauthorized":
            raise Unauthorized
        kind, message = str(answer.get("errorType"))[:80], str(answer.get("errorMessage"))[:200]
        raise VerdictError(f"raised {kind!r}: {message!r}")
    context = _context(answer.get("context"), flavor)
    if simple and "isAuthorized" in answer:
        granted = answer["isAuthorized"]
        if not isinstance(granted, bool):
            raise VerdictError(f"answered isAuthorized {granted!r}, which is neither true nor false")
        return Verdict(granted, None, context, None)
    principal_id = _scalar_text(answer.get("principalId"))
    if not principal_id:
        raise VerdictError("answered without a principalId" + _hint(answer, simple))
    try:
        longest = _LONGEST_REST_RESOURCE if flavor == "rest" else None
        policy = read_policy(answer.get("policyDocument"), longest_resource=longest)
    except PolicyError as error:
        raise VerdictError(f"answered with what is no policy: {error}") from None
    return Verdict(policy, principal_id, context, _scalar_text(answer.get("usageIdentifierKey")))


def _object(invocation: Invocation) -> Mapping[str, Any]:
    try:
        answer = json.loads(invocation.payload)
    except (ValueError, RecursionError):
        raise VerdictError("answered with what is not JSON") from None
    if not isinstance(answer, dict):
        raise VerdictError(f"answered {str(answer)[:80]!r}, which is not an object")
    return answer


def _context(value: Any, flavor: Literal["http", "rest"]) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise VerdictError("answered with a context that is not an object")
    if flavor == "rest":
        for name, item in value.items():
            if not isinstance(item, str | int | float):
                raise VerdictError(f"answered with context.{name[:64]}, which is neither text, number nor boolean")
    return value


def _scalar_text(value: Any) -> str | None:
    """A text, number or boolean as text; anything else is nothing."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, int | float) else None


def _hint(answer: Mapping[str, Any], simple: bool) -> str:
    unread = "isAuthorized" in answer and not simple
    return " (isAuthorized counts only with enableSimpleResponses, on HTTP APIs)" if unread else ""
