"""Runs moto's server, in a process with nothing but moto's package set: PACKAGES PORT."""

from __future__ import annotations

import sys
from typing import Any

packages, port = sys.argv[1:]
sys.path.insert(0, packages)

from moto.iam.access_control import IAMPolicyStatement, PermissionResult  # noqa: E402
from moto.server import main  # noqa: E402

evaluate = IAMPolicyStatement.is_action_permitted


def is_action_permitted(self: Any, *arguments: Any, **named: Any) -> Any:
    # moto denies what a Deny names whatever its Condition says; it is made to leave out the one that is about TLS.
    if "aws:SecureTransport" in str(self._statement.get("Condition")):
        return PermissionResult.NEUTRAL
    return evaluate(self, *arguments, **named)


IAMPolicyStatement.is_action_permitted = is_action_permitted
main(["-H", "127.0.0.1", "-p", port])
