"""The decision about a request, from all policies that have a say, in AWS's order and AWS's words.

An explicit deny of any policy ends it. Then an identity-based or a resource-based policy must allow the request, within
one account one of them, between accounts both; a permissions boundary and a session policy must allow it too.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .policy import AccessRequest, Policy
from .principals import Match

IDENTITY, RESOURCE = "identity-based policy", "resource-based policy"
BOUNDARY, SESSION = "permissions boundary", "session policy"
_ARTICLES = {IDENTITY: "an", RESOURCE: "a", BOUNDARY: "a", SESSION: "a"}


@dataclass(frozen=True)
class Decision:
    """A decision. ``policy`` is the kind of policy that decided, ``statement`` the name of the statement that denies.

    ``unknown`` has the condition keys and resources that are not to be known here, and that the decision hangs on.
    """

    effect: Literal["allow", "explicit deny", "implicit deny"]
    policy: str = ""
    statement: str = ""
    unknown: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Return whether the request is allowed."""
        return self.effect == "allow"

    def reason(self, action: str) -> str:
        """Return in AWS's words why an action is denied, ``""`` if it is not.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
        """
        if self.allowed:
            return ""
        if self.effect == "explicit deny":
            return f"with an explicit deny in {_ARTICLES[self.policy]} {self.policy}{self._explanation()}"
        return f"because no {self.policy} allows the {action} action{self._explanation()}"

    def message(self, request: AccessRequest) -> str:
        """Return AWS's message for a request that is denied."""
        what = f"{request.action} on resource: {request.resource}"
        return f"User: {request.principal.shown} is not authorized to perform: {what} {self.reason(request.action)}"

    def _explanation(self) -> str:
        names = ", ".join(dict.fromkeys(self.unknown))
        return f" (homeport can't tell {names} of its policies)" if names else ""


ALLOWED = Decision("allow")


@dataclass(frozen=True)
class PolicySet:
    """The policies that have a say about the requests of a principal. None: there is no such policy.

    ``same_account`` says that the resource belongs to the account of the principal.
    """

    identity: Policy | None = None
    resource: Policy | None = None
    boundary: Policy | None = None
    session: Policy | None = None
    same_account: bool = True

    def decide(self, request: AccessRequest) -> Decision:
        """Return the decision about a request."""
        if (denied := self._explicit(request)) is not None:
            return denied
        of_resource = self._named_by_resource(request)
        if not self.same_account and not of_resource:
            return self._nothing_allows(RESOURCE, request)
        direct = self.same_account and bool(of_resource - {"account"})
        if not direct and not _allows(self.identity, request):
            return self._nothing_allows(IDENTITY if self.identity is not None else RESOURCE, request)
        # A resource-based policy that names a user or a session of a role is not limited by what these do not allow.
        if not (self.same_account and "self" in of_resource):
            for kind, policy in ((BOUNDARY, self.boundary), (SESSION, self.session)):
                if policy is not None and not _allows(policy, request):
                    return self._nothing_allows(kind, request)
        return ALLOWED

    def _kinds(self) -> Iterable[tuple[str, Policy | None]]:
        yield IDENTITY, self.identity
        yield RESOURCE, self.resource
        yield BOUNDARY, self.boundary
        yield SESSION, self.session

    def _explicit(self, request: AccessRequest) -> Decision | None:
        for kind, policy in self._kinds():
            unknown: list[str] = []
            denying = policy.denying(request, unknown) if policy is not None else None
            if denying is not None:
                return Decision("explicit deny", kind, denying.name, tuple(unknown))
        return None

    def _named_by_resource(self, request: AccessRequest) -> set[Match]:
        """Return how the statements of the resource-based policy that allow the request name its principal."""
        if self.resource is None:
            return set()
        found = self.resource.allowing(request, [])
        names = (each.principals.match(request.principal) for each in found if each.principals is not None)
        return {name for name in names if name is not None}

    def _nothing_allows(self, kind: str, request: AccessRequest) -> Decision:
        policy = dict(self._kinds())[kind]
        unknown: list[str] = []
        if policy is not None:
            policy.allowing(request, unknown)
        return Decision("implicit deny", kind, unknown=tuple(unknown))


def _allows(policy: Policy | None, request: AccessRequest) -> bool:
    return policy is not None and bool(policy.allowing(request, []))
