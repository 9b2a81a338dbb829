"""The resource policy of a REST API: who may call which method, by address, by account, or at all.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from homeport.gateway.auth.policy import ABSENT_KEYS, INVOKE, condition_keys
from homeport.gateway.context import Deployment, Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http_api import event as http_event
from homeport.gateway.rest_api import event as rest_event
from homeport.permissions.decision import Decision, PolicySet
from homeport.permissions.patterns import Context
from homeport.permissions.policy import AccessRequest, Policy, PolicyStatement, read_policy
from homeport.permissions.principals import ANONYMOUS, Principal
from homeport.project.model import Flavor

SHORT = "execute-api:"
"""The beginning of a resource that leaves out what API Gateway knows: region, account and API."""

_OF_AN_API = re.compile(r"arn:[^:]*:execute-api:[^:]*:[^:]*:[^/:]+/(?P<rest>.*)", re.DOTALL)
# The number of an account in an ARN: API Gateway shows the end of it.
_ACCOUNT = re.compile(r":\d{8}(\d{4}):")


@dataclass(frozen=True, slots=True)
class ApiPolicy:
    """The policy of one API in one stage, its resources as ARNs of this API."""

    policy: Policy

    def decide(self, exchange: Exchange, principal: Principal = ANONYMOUS) -> Decision:
        """Return what the policy alone decides about a call whose route is known."""
        return PolicySet(resource=self.policy).decide(access_request(exchange, principal))

    def check(self, exchange: Exchange) -> None:
        """Let a call through that the policy allows. Raises GatewayError (ACCESS_DENIED)."""
        if not (decision := self.decide(exchange)).allowed:
            raise access_denied(exchange, decision)

    def check_explicit(self, exchange: Exchange) -> None:
        """Reject a call that the policy denies explicitly. Raises GatewayError (ACCESS_DENIED)."""
        if (decision := self.decide(exchange)).effect == "explicit deny":
            raise access_denied(exchange, decision)


def api_policy(document: Mapping[str, Any] | None, deployment: Deployment) -> ApiPolicy | None:
    """Return the policy that a document of a REST API has, None for an API without one. Raises PolicyError."""
    if document is None or deployment.flavor != "rest":
        return None
    policy = read_policy(document, resource_based=True, short=SHORT, templated="whole")
    return ApiPolicy(Policy.of(_of_this_api(statement, deployment) for statement in policy.statements))


def _of_this_api(statement: PolicyStatement, deployment: Deployment) -> PolicyStatement:
    return replace(statement, resources=tuple(local_resource(each, deployment) for each in statement.resources))


def local_resource(resource: str | None, deployment: Deployment) -> str | None:
    """Return a resource of an API as that of the API here, whose id and account are others than on AWS."""
    if resource is None:
        return None
    found = _OF_AN_API.fullmatch(resource)
    rest = resource[len(SHORT) :].lstrip("/") if resource.startswith(SHORT) else found["rest"] if found else None
    api = deployment.execute_arn.rpartition("/")[0]
    return resource if rest is None else f"{api}/{rest}"


def method_arn(exchange: Exchange, flavor: Flavor) -> str:
    """Return the ARN of the called method or route, which policies name."""
    arn = http_event.route_arn if flavor == "http" else rest_event.method_arn
    return arn(exchange.request, exchange.require_match(), exchange.context)


def access_request(exchange: Exchange, principal: Principal, identity: Context | None = None) -> AccessRequest:
    """Return a call as policies see it; ``identity`` has the condition keys of its principal."""
    deployment = exchange.context.deployment
    keys = {
        **dict.fromkeys(ABSENT_KEYS, ()),
        "aws:requestedregion": [deployment.region],
        "aws:resourceaccount": [deployment.account_id],
        **condition_keys(exchange),
        **(identity or {}),
    }
    return AccessRequest(INVOKE, method_arn(exchange, deployment.flavor), keys, principal)


def access_denied(exchange: Exchange, decision: Decision, principal: Principal = ANONYMOUS) -> GatewayError:
    """Return the error of a call that policies deny, in a REST API's words, which show the end of the account alone.

    https://repost.aws/knowledge-center/api-gateway-403-error-lambda-authorizer
    """
    request = access_request(exchange, principal)
    reason = decision.reason(INVOKE)
    # The reply to a request without a signature names no reason but an explicit one:
    # https://github.com/ASFHyP3/hyp3/issues/2283
    why = f" {reason}" if principal.arn or decision.effect == "explicit deny" else ""
    shown = _ACCOUNT.sub(r":********\1:", request.resource, count=1)
    message = f"User: {principal.shown} is not authorized to perform: {INVOKE} on resource: {shown}{why}"
    statement = f" ({decision.statement})" if decision.statement else ""
    own_words = exchange.context.deployment.flavor == "rest"
    return GatewayError(
        GatewayResponseType.ACCESS_DENIED, f"{message}{statement}", message=message if own_words else None
    )
