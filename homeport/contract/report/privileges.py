"""The proof of least privilege: the permissions that the stacks of a run recorded, against those declared.

``policy_findings.py`` words what was not used of ``policies`` and of a template's roles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from homeport.contract.finding import Finding
from homeport.contract.fuzz.least_privilege import (
    PrivilegeFindings,
    TablePermission,
    compare_permissions,
    hints,
    parse_permissions,
    read_permission_lines,
)
from homeport.contract.fuzz.policy_use import PolicyUse, parse_asked, policy_use
from homeport.contract.report.policy_findings import policy_findings, unseen_lines
from homeport.contract.report.unproven import WaitingCalls, unproven_functions, unproven_lines
from homeport.project.project import Project
from homeport.terminal import with_noun

_DECLARED = "x-homeport.access"


@dataclass(frozen=True, slots=True)
class PrivilegeProof:
    """``asked`` are the permissions that were used. ``line`` says in a sentence what is proven."""

    line: str
    findings: tuple[Finding, ...] = ()
    privileges: PrivilegeFindings | None = None
    asked: frozenset[TablePermission] = frozenset()


def prove_privileges(project: Project, records: Sequence[Path], *, whole: bool) -> PrivilegeProof:
    """Return what the exchange logs in ``records`` prove.

    ``whole`` says that the run asked every operation: only then is a permission that was not used one too many, and
    only of a function of which each operation was answered with success and whose code has no call that would use it.
    Of a function that has no route and asked for nothing it is not known.
    """
    if not records:
        reason = "the calls were not recorded (`homeport dev --record DIR`)"
        return PrivilegeProof(f"Least privilege: not proven, for {reason}")
    lines = [line for record in records for line in read_permission_lines(record)]
    asked = parse_permissions(lines, project.resources.tables.values())
    found = compare_permissions(project.api.functions, asked)
    use = policy_use(project, parse_asked(lines))
    if not whole:
        found, use = PrivilegeFindings(found.denied), PolicyUse()
    idle = {each.function for each in found.unused} | {each.function for each in use.unused}
    unproven = unproven_functions(project, records) if idle else {}
    found = PrivilegeFindings(
        found.denied, tuple(each for each in found.unused if each.function not in {*use.idle, *unproven})
    )
    used = frozenset(permission for permission, _ in asked)
    waiting = WaitingCalls(project, used)
    found = replace(found, unused=tuple(waiting.without(found.unused)))
    parts = waiting.without_parts(each for each in use.unused if each.function not in unproven)
    use = replace(use, unused=tuple(parts))
    doubts = (*unproven_lines(unproven, idle), *waiting.lines)
    findings = (*_findings(project, found), *policy_findings(project, use))
    violated = any(finding.severity == "error" for finding in findings)
    rights = with_noun(len(used), "right")
    if project.template and not violated:
        line = f"Least privilege: nothing was denied, {rights} used; roles of a template may allow more"
    elif not whole and not violated:
        line = f"Least privilege: nothing was denied, {rights} used; a whole run proves the rest"
    elif doubts and not violated:
        line = f"Least privilege: proven in part, {rights} used"
    else:
        line = f"Least privilege: {'violated' if violated else 'proven'}, {rights} used"
    return PrivilegeProof("\n".join((line, *doubts, *unseen_lines(use))), findings, found, used)


def _findings(project: Project, found: PrivilegeFindings) -> list[Finding]:
    functions = project.api.functions
    findings = []
    texts = hints(found, functions)
    for permission, text in zip((*found.denied, *found.unused), texts, strict=True):
        denied = permission in found.denied
        function = functions.get(permission.function)
        promise = "has every permission that it uses" if denied else "has no permission that it does not use"
        findings.append(
            Finding(
                check="denied-permission" if denied else "unused-permission",
                kind="permissions",
                operation="",
                promise=f"Function {permission.function} {promise}",
                origin=_DECLARED,
                happened=text.partition(": ")[2],
                source=function.source if function else None,
                subject=f"{permission.function} {permission.action} {permission.target}",
            )
        )
    return findings
