"""The policy in a Lambda authorizer's response: what it decides about a request to a method or route.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from homeport.gateway.context import Exchange
from homeport.permissions.decision import Decision, PolicySet
from homeport.permissions.patterns import Context, variables_of
from homeport.permissions.policy import AccessRequest, Policy, PolicyError, PolicyStatement, read_policy

INVOKE = "execute-api:Invoke"
INVALIDATE = "execute-api:InvalidateCache"

_PRESENT = frozenset(
    ("aws:currenttime", "aws:epochtime", "aws:referer", "aws:securetransport", "aws:sourceip", "aws:useragent")
)
# Keys of signed requests and of private APIs: a request to a method with a Lambda authorizer has none of them.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
ABSENT_KEYS = frozenset(
    (
        *("aws:multifactorauthage", "aws:multifactorauthpresent", "aws:principalaccount", "aws:principalarn"),
        *("aws:principalorgid", "aws:principalorgpaths", "aws:principaltype", "aws:sourcevpc", "aws:sourcevpce"),
        *("aws:tokenissuetime", "aws:userid", "aws:username", "aws:vpcsourceip"),
    )
)
_PRINCIPAL_TAG = "aws:principaltag/"
_NAME = "policyDocument"


def condition_keys(exchange: Exchange) -> Context:
    """Return the condition keys of a request, as far as it has them."""
    request, received = exchange.request, exchange.context.received
    keys = {
        "aws:currenttime": datetime.fromtimestamp(received, UTC).isoformat(),
        "aws:epochtime": str(int(received)),
        "aws:referer": request.header("referer"),
        # API Gateway has no endpoint without TLS.
        "aws:securetransport": "true",
        "aws:sourceip": exchange.context.source_ip,
        "aws:useragent": request.header("user-agent"),
    }
    return {name: [value] for name, value in keys.items() if value}


@dataclass(frozen=True, slots=True)
class AuthorizerPolicy:
    """A policy that has been read. ``absent`` has the keys that it asks for, as a request has them that lacks all."""

    policy: Policy
    absent: Context

    def decide(self, method_arn: str, keys: Context) -> Decision:
        """Decide about ``execute-api:Invoke`` on a method by a request with these keys."""
        return PolicySet(identity=self.policy).decide(self._request(method_arn, keys))

    def unmet_keys(self, method_arn: str, keys: Context) -> list[str]:
        """Return the keys of conditions that a request did not meet, of statements that would have allowed it."""
        return self.policy.unmet_keys(self._request(method_arn, keys))

    def _request(self, method_arn: str, keys: Context) -> AccessRequest:
        return AccessRequest(INVOKE, method_arn, {**self.absent, **keys})


def read_authorizer_policy(document: Any, *, longest_resource: int | None = None) -> AuthorizerPolicy:
    """Read a policy document. ``longest_resource`` limits the characters of an ARN. Raises PolicyError."""
    policy = read_policy(document, name=_NAME)
    resources = [text for statement in policy.statements for text in statement.resources if text is not None]
    if longest_resource is not None and any(len(text) > longest_resource for text in resources):
        raise PolicyError(_NAME, f"has a Resource over the {longest_resource} characters that API Gateway allows")
    asked = dict.fromkeys(key for statement in policy.statements for key in _keys(statement))
    for key in asked:
        if key.lower() not in _PRESENT | ABSENT_KEYS and not key.lower().startswith(_PRINCIPAL_TAG):
            raise PolicyError(_NAME, f"asks for the key {key[:64]!r}, which the kit does not know of a request")
    return AuthorizerPolicy(policy, {key.lower(): () for key in asked})


def _keys(statement: PolicyStatement) -> Iterator[str]:
    """Yield the condition keys that a statement asks for, in its conditions and as variables in its resources."""
    yield from (condition.key for condition in statement.conditions)
    for resource in statement.resources if statement.variables else ():
        yield from variables_of(resource or "")
