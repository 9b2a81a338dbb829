"""Roles of a stack: what each function may do, as statements of IAM with every value worked out.

A function's role has inline policies, the stack's policies that name the role, and managed ones. SAM's policy templates
and connectors are such policies by now. ``homeport/permissions/role.py`` decides by them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from homeport.project.cloudformation.permissions.managed_policies import is_known_elsewhere, managed_statements
from homeport.project.cloudformation.stack.function_values import as_text
from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.model import Function, Source
from homeport.project.source.cursor import Cursor

Statement = Mapping[str, Any]
"""A statement whose parts are lists of texts, with None for a value that only AWS knows."""

ROLE_TYPE = "AWS::IAM::Role"
_MANAGED_POLICY_TYPE = "AWS::IAM::ManagedPolicy"
_ATTACHED_TYPES = ("AWS::IAM::Policy", _MANAGED_POLICY_TYPE)
_MANAGED = "AWS's managed policy "
_ROLE_POLICY_TYPE = "AWS::IAM::RolePolicy"

_LISTS = ("Action", "NotAction", "Resource", "NotResource")
EVERYTHING: Statement = {"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}
"""The statement of a policy that is not in the template."""


class RoleRights(NamedTuple):
    """The rights of a role. ``boundary`` limits them, None: it has no permissions boundary.

    ``unknown`` names the policies that are not in the template. What they allow is not known, so nothing that they
    could allow is denied. ``source`` is the role's place, None outside of the template.
    """

    name: str
    statements: tuple[Statement, ...]
    boundary: tuple[Statement, ...] | None = None
    unknown: tuple[str, ...] = ()
    source: Source | None = None


def with_permissions(functions: Mapping[str, Function], stack: CloudFormationStack) -> dict[str, Function]:
    """Return the functions with the statements of their roles as ``policies``.

    Where rights are not known, everything is allowed that is not denied, and the roles are named.
    """
    made: dict[str, Function] = {}
    rights: dict[str, RoleRights] = {}
    unknown: dict[str, list[tuple[str, Cursor]]] = {}
    for logical_id, function in functions.items():
        properties = stack.resources[logical_id].properties
        arn = _text(properties.at("Role"))
        if arn not in rights:
            rights[arn] = _rights_of_arn(arn, stack)
        found = rights[arn]
        made[logical_id] = replace(
            function, policies=found.statements, boundary=found.boundary, role_name=found.name, role_source=found.source
        )
        for subject in found.unknown:
            unknown.setdefault(subject, []).append((logical_id, properties.at("Role")))
    for subject, users in unknown.items():
        names = ", ".join(name for name, _ in users)
        where = "other services than DynamoDB" if subject.startswith(_MANAGED) else "AWS"
        users[0][1].warning(
            f"{subject} is not in the template: what it allows is not known, so calls of {names} to {where} are not "
            "checked as on AWS",
            "define it here to have them checked",
        )
    return made


def role_rights(role: StackResource, stack: CloudFormationStack) -> RoleRights:
    """Return the rights that a role of the stack has."""
    properties = role.properties
    statements = [it for inline in properties.list("Policies") for it in _statements(inline, role.unknown)]
    for policy in stack.of_type(*_ATTACHED_TYPES):
        if role.physical_id in _texts(policy.properties.at("Roles"), policy.unknown):
            statements += _statements(policy.properties, policy.unknown)
    for policy in stack.of_type(_ROLE_POLICY_TYPE):
        if policy.properties.text("RoleName") == role.physical_id:
            statements += _statements(policy.properties, policy.unknown)
    unknown = []
    for arn in dict.fromkeys(_texts(properties.at("ManagedPolicyArns"), role.unknown)):
        found = _managed_policy(arn, stack)
        statements += found or ()
        if found is None:
            statements.append(EVERYTHING)
            unknown.append(f"the managed policy {arn or 'of a value that only AWS knows'}")
        elif arn is not None and managed_statements(arn) is not None and not is_known_elsewhere(arn):
            unknown.append(f"{_MANAGED}{arn.rpartition('/')[2]}")
    boundary, outside = _boundary(role, stack)
    return RoleRights(role.physical_id, tuple(statements), boundary, (*unknown, *outside), properties.source)


def _rights_of_arn(arn: str, stack: CloudFormationStack) -> RoleRights:
    role = stack.by_arn(arn) if arn else None
    if role is not None and role.type == ROLE_TYPE:
        return role_rights(role, stack)
    name = arn.rpartition("/")[2]
    return RoleRights(name, (EVERYTHING,), unknown=(f"the role {arn}" if arn else "the role of a function",))


def _boundary(role: StackResource, stack: CloudFormationStack) -> tuple[tuple[Statement, ...] | None, tuple[str, ...]]:
    """Return the statements of a role's permissions boundary, and its name if they are not known.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    at = role.properties.at("PermissionsBoundary")
    if at.value is None:
        return None, ()
    arn = None if _is_unknown(at, role.unknown) else as_text(at.value)
    found = _managed_policy(arn, stack)
    if found is None:
        return None, (f"the permissions boundary {arn or f'of {role.logical_id}'}",)
    return found, ()


def _managed_policy(arn: str | None, stack: CloudFormationStack) -> tuple[Statement, ...] | None:
    """Return the statements of a managed policy of AWS or of the stack, None if it is none of these."""
    if arn is None:
        return None
    for policy in stack.of_type(_MANAGED_POLICY_TYPE):
        if policy.physical_id == arn:
            return tuple(_statements(policy.properties, policy.unknown))
    return managed_statements(arn)


def _statements(policy: Cursor, unknown: frozenset[tuple[str, ...]]) -> Iterator[Statement]:
    """Yield the statements of a policy, the map that has its PolicyDocument."""
    written = policy.map("PolicyDocument").at("Statement")
    for statement in (written,) if isinstance(written.value, dict) else written.entries():
        if isinstance(statement.value, dict):
            yield dict(_worked_out(statement, unknown))


def _worked_out(statement: Cursor, unknown: frozenset[tuple[str, ...]]) -> Iterator[tuple[str, Any]]:
    yield "Effect", statement.text("Effect", "Allow")
    if statement.has("Sid"):
        yield "Sid", as_text(statement.value["Sid"])
    for key in _LISTS:
        if statement.has(key):
            yield key, _texts(statement.at(key), unknown)
    if statement.has("Condition"):
        operators = statement.map("Condition").items()
        yield "Condition", {name: {key: _texts(at, unknown) for key, at in keys.items()} for name, keys in operators}


def _texts(at: Cursor, unknown: frozenset[tuple[str, ...]]) -> list[str | None]:
    """Return a text or a list of them as a list, with None for what only AWS knows."""
    if at.value is None:
        return []
    entries = [*at.entries()] if isinstance(at.value, list) else [at]
    return [None if _is_unknown(entry, unknown) else as_text(entry.value) for entry in entries]


def _text(at: Cursor) -> str:
    return at.value if isinstance(at.value, str) else ""


def _is_unknown(at: Cursor, unknown: frozenset[tuple[str, ...]]) -> bool:
    return any(at.path[:depth] in unknown for depth in range(1, len(at.path) + 1))
