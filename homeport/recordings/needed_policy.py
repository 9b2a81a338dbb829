"""The smallest policy that recorded invocations need: each action on each resource that they asked for, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from homeport.recordings.recording import RecordedInvocation, Recording

_VERSION = "2012-10-17"
_PLACEHOLDER = "*"


def permissions_by_function(
    recordings: Iterable[Recording], runs: Iterable[RecordedInvocation] = ()
) -> dict[str, dict[tuple[str, str], bool]]:
    """Return the permissions that functions asked for, by function: action, resource, and whether it was allowed.

    ``runs`` are the invocations that no request waited for.
    """
    found: dict[str, dict[tuple[str, str], bool]] = {}
    of_requests = (each for recording in recordings for each in (recording.authorizer, recording.function))
    for invocation in (*of_requests, *runs):
        if invocation is not None:
            asked = found.setdefault(invocation.function, {})
            asked.update(_checks_of(invocation))
    return found


def _checks_of(invocation: RecordedInvocation) -> dict[tuple[str, str], bool]:
    return {(action, resource): allowed for action, resource, allowed in invocation.checks}


def needed_policy(permissions: Iterable[tuple[str, str]], account: str) -> Mapping[str, Any]:
    """Return the policy that allows the permissions: a statement for each set of resources with the same actions.

    ``account`` is the one of this machine, for which any account is written: that of the deployed function is another.
    """
    actions: dict[str, set[str]] = {}
    for action, resource in permissions:
        actions.setdefault(resource.replace(f":{account}:", f":{_PLACEHOLDER}:"), set()).add(action)
    resources: dict[tuple[str, ...], list[str]] = {}
    for resource in sorted(actions):
        resources.setdefault(tuple(sorted(actions[resource])), []).append(resource)
    statements = [
        {"Effect": "Allow", "Action": _one_or_list(list(names)), "Resource": _one_or_list(found)}
        for names, found in sorted(resources.items())
    ]
    return {"Version": _VERSION, "Statement": statements}


def _one_or_list(texts: list[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else texts
