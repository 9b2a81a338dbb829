"""Hints for a function that failed: what to do about a denied permission, a missing variable, a breakpoint. Pure.

The console prints them under a request, and the inspector shows them on its page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from homeport.project.cloudformation.permissions.missing_rights import (
    access_target,
    missing_right,
    missing_statement,
    missing_table,
)
from homeport.project.model import Function
from homeport.project.project import Project
from homeport.runtime.api import PermissionCheck

_MISSING_VARIABLE = re.compile(rb"KeyError: '([A-Z][A-Z0-9_]*)'")
_DEBUGGER_HINT = "breakpoint() finds no terminal in a worker: start homeport dev --in-process"


def failure_hints(project: Project, function: str, checks: Iterable[PermissionCheck], log: bytes) -> Iterator[str]:
    """Yield what to do about an invocation of ``function``, a name of ``Api.functions``, by its checks and its log."""
    found = project.api.functions.get(function)
    for check in checks:
        if not check.allowed and (hint := _permission_hint(project, found, check)):
            yield f"{function} was denied {check.action}: {hint}"
    variable = missing_variable(log)
    if variable and (reason := missing_table(found, variable, project.resources.tables)):
        yield reason
    if debugger_without_terminal(log):
        yield _DEBUGGER_HINT


def _permission_hint(project: Project, function: Function | None, denied: PermissionCheck) -> str:
    """Return how to give a right, ``""`` where ``access`` has it by now: an earlier request lacked it."""
    service, _, action = denied.action.partition(":")
    if service != "dynamodb":
        return missing_statement(function, denied.action, denied.resource)
    target = access_target(denied.resource, project.resources.tables.values())
    if function is not None and action in function.access.get(target, ()):
        return ""
    return missing_right(function, action, target)


def missing_variable(log: bytes) -> str:
    """Return the environment variable without which a function failed (``os.environ[…]``), ``""``: none is missing."""
    found = _MISSING_VARIABLE.search(log)
    return found[1].decode() if found else ""


def debugger_without_terminal(log: bytes) -> bool:
    """Return whether ``breakpoint()`` asked for commands in a worker, which has no terminal."""
    return b"(Pdb)" in log or b"bdb.BdbQuit" in log
