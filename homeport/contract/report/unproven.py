"""Permissions of which a run can't say that they are not needed: what it did, did not lead to where they may be used.

An operation that is only refused may not have come to what it does: no resource could be made, or none was in the
state that it takes. A call in the code may wait for what a run does not bring about, such as an hour that passes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from homeport.contract.fuzz.code_calls import CodeCalls, read_calls
from homeport.contract.fuzz.least_privilege import TablePermission, every_exchange
from homeport.contract.fuzz.policy_use import UnusedPart
from homeport.project.project import Project

_MOST_OPERATIONS = 3


def unproven_functions(project: Project, records: Iterable[Path]) -> dict[str, tuple[str, ...]]:
    """Return the operations that no stack of a run answered with 2XX or 3XX, by the functions that serve them.

    ``records`` are the folders of the exchange logs.
    """
    answered = {
        entry["operation"]
        for record in records
        for entry in every_exchange(record)
        if 200 <= entry["reply"]["status"] < 400
    }
    found = {
        name: tuple(one for one in function.operations if one not in answered)
        for name, function in project.api.functions.items()
    }
    return {name: operations for name, operations in found.items() if operations}


def unproven_lines(unproven: Mapping[str, tuple[str, ...]], unused: Iterable[str]) -> Iterator[str]:
    """Yield a line for each function of ``unused``, which did not use a permission, that is ``unproven``."""
    for function in sorted(set(unused) & unproven.keys()):
        operations = unproven[function]
        more = len(operations) - _MOST_OPERATIONS
        shown = ", ".join(operations[:_MOST_OPERATIONS]) + (f" and {more} more" if more > 0 else "")
        verb = "were" if len(operations) > 1 else "was"
        yield (
            f"Least privilege of {function}: not proven, for {shown} {verb} never answered with success; "
            "test what needs its permissions that were not used"
        )


class WaitingCalls:
    """The calls in the code of functions that no request of a run came to.

    ``used`` are the permissions that were used. ``lines`` say of which the run proves nothing, and where their calls
    are.
    """

    def __init__(self, project: Project, used: Collection[TablePermission]) -> None:
        self._project = project
        self._used = {(one.function, one.action) for one in used}
        self._calls = cache(self._read)
        self.lines: list[str] = []

    def without(self, unused: Iterable[TablePermission]) -> Iterator[TablePermission]:
        """Yield the permissions of tables that no call waits to use."""
        for one in unused:
            table, is_used = one.target.partition("/")[0], (one.function, one.action) in self._used
            if not self._waits(one.function, one.action, one.target, table, is_used=is_used):
                yield one

    def without_parts(self, unused: Iterable[UnusedPart]) -> Iterator[UnusedPart]:
        """Yield the parts of statements that no call waits to use: of a statement, all or nothing."""
        for part in unused:
            if part.kind not in ("statement", "actions"):
                yield part
                continue
            resources = ", ".join(part.resources)
            idle = [one for one in part.actions if not self._waits(part.function, one, resources)]
            if idle == list(part.actions) or (idle and part.kind == "actions"):
                yield replace(part, actions=tuple(idle))

    def _waits(self, function: str, action: str, target: str, table: str = "", *, is_used: bool = False) -> bool:
        name = action.rpartition(":")[2]
        place = self._calls(function).find(name, table, is_used=is_used)
        if place is not None:
            self.lines.append(
                f"Least privilege of {function}: not proven that it needs {name} on {target}, for no request came to "
                f"the call at {place.file}:{place.line}; test what does"
            )
        return place is not None

    def _read(self, function: str) -> CodeCalls:
        found = self._project.api.functions.get(function)
        return CodeCalls() if found is None else read_calls(self._project, found)
