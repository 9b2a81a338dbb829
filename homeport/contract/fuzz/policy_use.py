"""The use that a run made of roles: ``policies`` of openapi.yaml, and the roles of a template.

An action of a statement is used where a function asked for it on one of the statement's resources, and a resource where
one of the actions was asked for on it. What Lambda does by the role counts as well: polling, and records of failures.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from homeport.permissions.patterns import is_like, is_like_arn, variables_of
from homeport.permissions.services import SERVICES, service_name
from homeport.project.cloudformation.permissions.policies import role_statements
from homeport.project.languages import language_of
from homeport.project.model import LOCAL_ACCOUNT, Function
from homeport.project.project import Project
from homeport.project.triggers.role_permissions import role_permissions

# Each function has a log, and what its settings ask for: these are Lambda's own uses of the role.
_OF_LAMBDA = frozenset(("logs", "xray", "ec2"))
# Services ask for a key in the name of a function that reads or writes what the key encrypts.
_BY_SERVICES = ("kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKey*", "kms:Encrypt")
_SIGNED = ("s3:GetObject", "s3:PutObject")
_FOR_ABSENCE = ("s3:GetObject", "s3:GetObjectVersion")
"""Without ``s3:ListBucket`` S3 answers these with 403 instead of 404 where there is no such object.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""
ONLY_AWS_KNOWS = "a resource that only AWS knows"


@dataclass(frozen=True, slots=True, order=True)
class AskedPermission:
    """An action (``sqs:SendMessage``) that a function asked for on a resource's ARN."""

    function: str
    action: str
    resource: str


@dataclass(frozen=True, slots=True, order=True)
class UnusedPart:
    """Actions of a statement that were not used on its resources. ``kind`` says what there is to take out.

    ``statement``: nothing of it was used; ``actions``: these actions; ``resources``: the actions were used, but on none
    of these; ``wide``: the action is a pattern, of which ``used`` was asked for.
    """

    function: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    kind: Literal["statement", "actions", "resources", "wide"] = "actions"
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyUse:
    """``unused`` are the parts of statements that nothing used.

    ``unseen`` has the actions that no run here can see, each with the functions that may do it. ``idle`` are functions
    without a route that asked for nothing: they may not have run.
    """

    unused: tuple[UnusedPart, ...] = ()
    unseen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    idle: tuple[str, ...] = ()


def parse_asked(lines: Iterable[str]) -> frozenset[AskedPermission]:
    """Return the permissions of the lines of an exchange log."""
    found = (json.loads(line) for line in lines)
    return frozenset(AskedPermission(each["function"], each["action"], each["resource"]) for each in found)


def policy_use(project: Project, asked: Iterable[AskedPermission]) -> PolicyUse:
    """Compare the statements of each function's role with what was asked for."""
    wanted = tuple(asked)
    by_role = role_permissions(project.triggers, project.stage.region, LOCAL_ACCOUNT)
    used = frozenset(with_absence((*wanted, *(AskedPermission(*each) for each in by_role))))
    parts: list[UnusedPart] = []
    unseen: dict[str, list[str]] = {}
    asking = {each.function for each in wanted}
    idle = tuple(_idle(project, asking))
    for name, function in project.api.functions.items():
        if name in idle:
            continue
        own = [each for each in used if each.function == name]
        # A URL that another language signs is seen when it is used, one that Python signs when it is signed.
        signed = () if language_of(function.runtime or project.stage.runtime) == "python" else _SIGNED
        for statement in _statements(project, function):
            actions = [str(action) for action in statement["Action"]]
            hidden = [
                each
                for each in actions
                if (each in signed or not _is_seen(each)) and not _uses(own, (each,), statement["Resource"])
            ]
            for action in hidden:
                unseen.setdefault(action, []).append(name)
            seen = [each for each in actions if _is_seen(each) and each not in hidden]
            parts.extend(_parts(name, seen, statement["Resource"], own))
    unique = {action: tuple(dict.fromkeys(names)) for action, names in sorted(unseen.items())}
    return PolicyUse(tuple(sorted(set(parts))), unique, idle)


def with_absence(asked: Iterable[AskedPermission]) -> Iterator[AskedPermission]:
    """Yield what was asked for, and the listing that tells an absent object from a forbidden one."""
    for each in asked:
        yield each
        if each.action in _FOR_ABSENCE:
            yield AskedPermission(each.function, "s3:ListBucket", each.resource.partition("/")[0])


def _idle(project: Project, asking: Collection[str]) -> Iterator[str]:
    """Yield the functions without a route that may do something and asked for nothing."""
    authorizing = {each.function for each in project.api.authorizers.values()}
    for name, function in project.api.functions.items():
        has_route = bool(function.operations) or name in authorizing
        if not has_route and name not in asking and (function.policies or function.access):
            yield name


def _statements(project: Project, function: Function) -> Iterator[Mapping[str, Any]]:
    """Yield the statements that allow actions by their names on resources by theirs."""
    for statement in role_statements(function.policies, project.stage, project.resources, LOCAL_ACCOUNT):
        if statement.get("Effect", "Allow") == "Allow" and "Action" in statement and "Resource" in statement:
            yield statement


def _is_seen(action: str) -> bool:
    """Return whether a function's use of an action is seen here; ``*`` names every action."""
    if action in _BY_SERVICES:
        return False
    service = action.partition(":")[0].lower()
    return action == "*" or service in _OF_LAMBDA or service == "dynamodb" or service_name(service) in SERVICES


def _parts(
    function: str, actions: Sequence[str], resources: Sequence[str | None], own: Sequence[AskedPermission]
) -> Iterator[UnusedPart]:
    wanted = [action for action in actions if action.partition(":")[0] not in _OF_LAMBDA]
    shown = tuple(dict.fromkeys(each or ONLY_AWS_KNOWS for each in resources))
    idle = tuple(dict.fromkeys(action for action in wanted if not _uses(own, (action,), resources)))
    if idle:
        is_all = len(idle) == len(dict.fromkeys(wanted))
        yield UnusedPart(function, idle, shown, "statement" if is_all else "actions")
    busy = [action for action in wanted if action not in idle]
    still = tuple(dict.fromkeys(each for each in resources if each is not None and not _uses(own, busy, (each,))))
    if busy and still:
        yield UnusedPart(function, tuple(dict.fromkeys(busy)), still, "resources")
    for action in dict.fromkeys(busy):
        if "*" in action:
            found = sorted({each.action for each in _uses(own, (action,), resources)})
            yield UnusedPart(function, (action,), shown, "wide", tuple(found))


def _uses(
    own: Sequence[AskedPermission], actions: Sequence[str], resources: Sequence[str | None]
) -> list[AskedPermission]:
    return [
        each
        for each in own
        if any(is_like(each.action.lower(), action.lower()) for action in actions)
        and any(_covers(resource, each.resource) for resource in resources)
    ]


def _covers(pattern: str | None, arn: str) -> bool:
    """Return whether a statement's resource may be meant; a variable of a request may stand for anything."""
    if pattern is None or pattern == "*" or variables_of(pattern):
        return True
    # A poller's source is written with a wildcard itself: any stream of the table.
    return is_like_arn(arn, pattern) or is_like_arn(pattern, arn)
