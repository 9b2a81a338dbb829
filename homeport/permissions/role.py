"""The role of a function: whether it allows what a request to a service needs.

An explicit deny of ``policies`` comes first, then ``access``, then the allows of ``policies``; a permissions boundary
limits them all. A condition is true, false, or not to be known here: then a deny applies and an allow does not.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from .decision import ALLOWED, BOUNDARY, IDENTITY, Decision, PolicySet
from .patterns import Context, is_like
from .policy import AccessRequest, Policy, PolicyStatement, statement_of
from .principals import Principal
from .services.dynamodb import NeededPermission
from .services.dynamodb_keys import dynamodb_context
from .services.permission import ServicePermission

# Actions of DynamoDB (``PutItem``) by the ARN of a table or index; those under ``*`` are allowed on any.
Permissions = Mapping[str, Sequence[str]]
# A statement of an IAM policy whose parts are lists, with None for a value that only AWS knows.
WrittenStatement = Mapping[str, Any]


_RANKS = {"explicit deny": 0, "allow": 1, "implicit deny": 2}


class Role:
    """The rights of a function: its ``access`` and ``policies``. ``principal`` is the ARN of the assumed role.

    ``partition_keys`` has the partition key's attribute by the ARN of a table or index. ``boundary`` are the statements
    of a permissions boundary: what they do not allow as well is denied.
    """

    def __init__(
        self,
        access: Permissions,
        policies: Sequence[WrittenStatement],
        partition_keys: Mapping[str, str],
        principal: str,
        boundary: Sequence[WrittenStatement] | None = None,
    ) -> None:
        self._access = access
        self._policies = [statement_of(written) for written in policies]
        self._boundary = None if boundary is None else [statement_of(written) for written in boundary]
        self._partition_keys = partition_keys
        self.principal = principal
        # The permissions of an environment never change.
        self._has_access = lru_cache(maxsize=256)(self._looks_up)
        self._of_service = lru_cache(maxsize=32)(self._policies_of)

    def denial(self, operation: str, needed: NeededPermission, region: str) -> str:
        """Return in AWS's words why a request of DynamoDB lacks a permission, ``""`` if it has it."""
        action = f"dynamodb:{needed.action}"
        has_access = self._has_access(needed.action, needed.resource)
        policies = self._of_service("dynamodb")
        if has_access and policies.boundary is None and not policies.identity:
            return ""
        keys = dynamodb_context(operation, needed, self._partition_keys.get(needed.resource))
        request = self._request(action, needed.resource, keys, region)
        return self._decide(policies, request, has_access).reason(action)

    def decide(self, permission: ServicePermission, region: str) -> Decision:
        """Return the decision about a permission that a request to a service needs.

        Where several ARNs stand for the resource, a statement about one of them is enough.
        """
        policies = self._of_service(permission.action.partition(":")[0].lower())
        requests = (
            self._request(permission.action, resource, permission.keys, region)
            for resource in (permission.resource, *permission.aliases)
        )
        decisions = [self._decide(policies, request, has_access=False) for request in requests]
        return min(decisions, key=lambda each: _RANKS[each.effect])

    def message(self, permission: ServicePermission, decision: Decision) -> str:
        """Return AWS's message about a permission that is denied."""
        request = AccessRequest(permission.action, permission.resource, {}, Principal(self.principal))
        return decision.message(request)

    def _decide(self, policies: PolicySet, request: AccessRequest, has_access: bool) -> Decision:
        decision = policies.decide(request)
        if not has_access or decision.effect == "explicit deny" or decision.policy != IDENTITY:
            return decision
        # ``access`` allows what no statement does: the boundary still limits it.
        if policies.boundary is None:
            return ALLOWED
        limited = PolicySet(identity=policies.boundary).decide(request)
        return limited if limited.allowed else Decision("implicit deny", BOUNDARY, unknown=limited.unknown)

    def _policies_of(self, service: str) -> PolicySet:
        """Return the policies with the statements that can be about a service."""
        boundary = None if self._boundary is None else Policy.of(_about(service, self._boundary))
        return PolicySet(identity=Policy.of(_about(service, self._policies)), boundary=boundary)

    def _looks_up(self, action: str, resource: str) -> bool:
        allowed = (*self._access.get(resource, ()), *self._access.get("*", ()))
        return any(is_like(action.lower(), name.lower()) for name in allowed)

    def _request(self, action: str, resource: str, keys: Context, region: str) -> AccessRequest:
        account, name = self.principal.split(":")[4], self.principal.split("/")[1]
        now = time.time()
        known: dict[str, Sequence[str]] = {
            "aws:requestedregion": [region],
            "aws:principalaccount": [account],
            "aws:principalarn": [f"arn:aws:iam::{account}:role/{name}"],
            "aws:principaltype": ["AssumedRole"],
            "aws:resourceaccount": [account],
            "aws:currenttime": [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))],
            "aws:epochtime": [str(int(now))],
            # As on AWS: functions call it by HTTPS, and sign with a role's credentials.
            "aws:securetransport": ["true"],
            "aws:viaawsservice": ["false"],
            "aws:multifactorauthpresent": [],
            "aws:username": [],
        }
        return AccessRequest(action, resource, {**known, **keys}, Principal(self.principal))


def _about(service: str, statements: Sequence[PolicyStatement]) -> list[PolicyStatement]:
    return [each for each in statements if each.not_action or any(_can_name(service, name) for name in each.actions)]


def _can_name(service: str, action: str) -> bool:
    prefix, colon, _ = action.partition(":")
    return action == "*" or is_like(service, prefix) or not colon
