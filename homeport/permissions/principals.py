"""Principals: who asks, and whom the ``Principal`` of a resource-based policy names.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Match = Literal["self", "role", "account", "everybody"]
"""How a policy names a principal: by its own ARN, by that of its role, by its account, or as everybody."""

KINDS = ("AWS", "Service", "Federated", "CanonicalUser")
_ACCOUNT = re.compile(r"(?:arn:[^:]*:iam::)?(?P<account>[0-9]{12})(?::root)?")
_SESSION = re.compile(r"arn:(?P<partition>[^:]*):sts::(?P<account>[^:]*):assumed-role/(?P<role>[^/]+)/.+")


@dataclass(frozen=True)
class Principal:
    """The principal of a request by its ARN, ``""`` without a signature. ``service`` is that of AWS itself."""

    arn: str = ""
    service: str = ""

    @property
    def account(self) -> str:
        """The account that it belongs to, ``""`` without one."""
        return self.arn.split(":")[4] if self.arn else ""

    @property
    def role_arn(self) -> str:
        """The ARN of the role that it has assumed, ``""`` where it is no session of a role."""
        found = _SESSION.fullmatch(self.arn)
        return f"arn:{found['partition']}:iam::{found['account']}:role/{found['role']}" if found else ""

    @property
    def shown(self) -> str:
        """Its name in messages."""
        return self.arn or self.service or "anonymous"


ANONYMOUS = Principal()


@dataclass(frozen=True)
class Principals:
    """The ``Principal`` of a statement, or its ``NotPrincipal``: texts by kind, ``*`` for everybody."""

    named: Mapping[str, tuple[str, ...]]
    inverse: bool = False

    def match(self, principal: Principal) -> Match | None:
        """Return how a statement is about a principal, None if it is not."""
        found = self._find(principal)
        if self.inverse:
            return "everybody" if found is None else None
        return found

    def _find(self, principal: Principal) -> Match | None:
        if principal.service and principal.service in self.named.get("Service", ()):
            return "self"
        names = self.named.get("AWS", ())
        if principal.arn:
            if principal.arn in names:
                return "self"
            # A path of a role is no part of the ARN of its session: the name alone is compared.
            role = principal.role_arn.rpartition("/")[2]
            start = principal.role_arn.partition("/")[0] + "/"
            if role and any(name.startswith(start) and name.rpartition("/")[2] == role for name in names):
                return "role"
            accounts = (found["account"] for found in map(_ACCOUNT.fullmatch, names) if found)
            if principal.account in accounts:
                return "account"
        return "everybody" if "*" in names else None
