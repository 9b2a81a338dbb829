"""Findings about statements of roles that allow what no function used, and lines about what a run can't see.

In ``x-homeport`` each action and each resource is the owner's own word: one that nothing used is an error. In a role
of a template a statement that nothing used is a warning, and a part of one a note: the statements of SAM's policy
templates and of CDK's grants can't be taken apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.contract.finding import Finding, Severity
from homeport.contract.fuzz.policy_use import PolicyUse, UnusedPart
from homeport.project.model import Function
from homeport.project.project import Project

_DECLARED = "x-homeport.policies"


def policy_findings(project: Project, use: PolicyUse) -> Iterator[Finding]:
    """Yield a finding for each part of a statement that was not used."""
    for part in use.unused:
        function = project.api.functions[part.function]
        of_template = bool(project.template)
        if of_template and part.kind == "wide":
            continue
        actions, resources = ", ".join(part.actions), ", ".join(part.resources)
        place = _place(function) if of_template else _DECLARED
        yield Finding(
            check="wide-permission" if part.kind == "wide" else "unused-permission",
            kind="permissions",
            operation="",
            promise=f"Function {part.function} has no permission that it does not use",
            origin=place,
            happened=_explanation(part, place, actions, resources),
            source=function.role_source or function.source,
            subject=f"{part.function} {actions} {resources}",
            severity=_severity(part, of_template=of_template),
        )


def unseen_lines(use: PolicyUse) -> Iterator[str]:
    """Yield a line for what a run can't see."""
    if use.unseen:
        shown = (f"{action} of {', '.join(functions)}" for action, functions in use.unseen.items())
        yield f"Least privilege does not see: {'; '.join(shown)}"
    if use.idle:
        yield f"Least privilege does not see what asked for nothing, and has no route: {', '.join(use.idle)}"


def _severity(part: UnusedPart, *, of_template: bool) -> Severity:
    if part.kind == "wide":
        return "warning"
    if of_template:
        return "warning" if part.kind == "statement" else "note"
    return "error"


def _explanation(part: UnusedPart, place: str, actions: str, resources: str) -> str:
    if part.kind == "wide":
        return f"{part.function} may {actions} on {resources}, and did {', '.join(part.used)} alone: name what it does"
    taken = resources if part.kind == "resources" else actions
    may = f"{part.function} may {actions} on {resources}, but never did"
    return f"{may}: take {taken} out of {place}, or test what needs it"


def _place(function: Function) -> str:
    source = function.role_source or function.source
    return f"the role at {source.file}:{source.line}"
