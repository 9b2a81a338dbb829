"""Functions that failed at each of their invocations: one finding for each cause, in place of all that follows from it.

A module that can't be imported fails every request: its reads, its writes, and what other operations say of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.contract.finding import Finding
from homeport.contract.fuzz.least_privilege import every_exchange
from homeport.project.model import Source
from homeport.project.project import Project
from homeport.runtime.failure_hints import failure_hints
from homeport.terminal import with_noun

_CHECK = "function-always-fails"
_FEWEST = 2
# Lambda's own line about an exception that a function let through, and those of its initialisation.
_UNHANDLED = re.compile(r"^\[ERROR\] (.+)$", re.MULTILINE)
_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
_INITIALIZING = re.compile(r"^INIT_REPORT .*Status: error", re.MULTILINE)
_ORDERED_FAULT = "homeport: fault "
_NOT_OWN = frozenset((".homeport", ".venv", "venv", "node_modules", "site-packages"))


@dataclass(frozen=True, slots=True)
class FailingFunction:
    """A function of which no invocation succeeded. ``operations`` are labels, ``requests`` the ids of those it failed.

    ``error`` is the exception with its message, ``place`` the function's own line where it was raised.
    ``is_import`` says that its module could not be imported.
    """

    name: str
    error: str
    place: Source | None
    is_import: bool
    log: str
    operations: frozenset[str]
    requests: frozenset[str]


def failing_functions(project: Project, records: Iterable[Path]) -> tuple[FailingFunction, ...]:
    """Return the functions that failed with one and the same exception at every invocation of the stacks of a run.

    Invocations with faults that a check ordered do not count.
    """
    operations = {one.id: one for one in project.api.operations}
    failed: dict[str, list[Mapping[str, Any]]] = {}
    errors: dict[str, set[str]] = {}
    for entry in (entry for record in records for entry in every_exchange(record)):
        operation = operations.get(entry["operation"] or "")
        invoked = entry.get("invocation")
        if operation is None or operation.function is None or invoked is None or _ORDERED_FAULT in entry["log"]:
            continue
        found = _UNHANDLED.search(entry["log"])
        is_failed = bool(invoked["error"]) and found is not None
        errors.setdefault(operation.function, set()).add(found[1] if found and is_failed else "")
        if is_failed:
            failed.setdefault(operation.function, []).append(entry)
    return tuple(
        _failing(project, name, error, failed[name], operations)
        for name, (error, *others) in ((name, sorted(found)) for name, found in errors.items())
        if error and not others and len(failed[name]) >= _FEWEST
    )


def _failing(
    project: Project, name: str, error: str, entries: Sequence[Mapping[str, Any]], operations: Mapping[str, Any]
) -> FailingFunction:
    log = str(entries[0]["log"])
    return FailingFunction(
        name=name,
        error=error,
        place=_own_place(log, project.root),
        is_import=_INITIALIZING.search(log) is not None,
        log=log,
        operations=frozenset(operations[entry["operation"]].label for entry in entries),
        requests=frozenset(str(entry["requestId"]) for entry in entries),
    )


def _own_place(log: str, root: Path) -> Source | None:
    """Return the innermost line of the project's own code in a traceback."""
    found = None
    for frame in _FRAME.finditer(log):
        file = Path(frame["file"])
        if file.is_relative_to(root) and not _NOT_OWN & set(file.relative_to(root).parts):
            found = Source(str(file.relative_to(root)), int(frame["line"]))
    return found


def name_failing_functions(
    project: Project, findings: Sequence[Finding], failing: Sequence[FailingFunction]
) -> tuple[Finding, ...]:
    """Return the findings with one for each cause why functions always fail, in place of those that it causes."""
    causes: dict[tuple[str, Source | None], list[FailingFunction]] = {}
    for one in failing:
        causes.setdefault((one.error, one.place), []).append(one)
    rest = tuple(findings)
    named: list[Finding] = []
    for ones in causes.values():
        caused = [finding for finding in rest if any(_is_caused(finding, one) for one in ones)]
        rest = tuple(finding for finding in rest if finding not in caused)
        named.append(_finding(project, ones, caused))
    return (*named, *rest)


def _is_caused(finding: Finding, failing: FailingFunction) -> bool:
    if any(exchange.request_id in failing.requests for exchange in finding.exchanges):
        return True
    return finding.kind == "permissions" and finding.subject.partition(" ")[0] == failing.name


def _finding(project: Project, ones: Sequence[FailingFunction], caused: Sequence[Finding]) -> Finding:
    first = ones[0]
    names = ", ".join(one.name for one in ones)
    what = "can't be imported" if first.is_import else f"{'fail' if len(ones) > 1 else 'fails'} at every call"
    where = f" ({first.place.file}:{first.place.line})" if first.place else ""
    calls = sum(len(one.requests) for one in ones)
    left = Counter(finding.check for finding in caused)
    lines = [f"{names} {what}: {first.error}{where}; none of {calls} invocations succeeded"]
    lines += dict.fromkeys(hint for one in ones for hint in _hints(project, one))
    if left:
        count = with_noun(left.total(), "other finding")
        lines.append(f"{count} that come from it are left out: {_list(left)}")
    exchanges = next((finding.exchanges for finding in caused if finding.exchanges), ())
    return Finding(
        check=_CHECK,
        kind="permissions",
        operation=sorted(first.operations)[0],
        promise="Every function answers",
        origin="Lambda, Understanding retry behavior: an error of a function is its caller's 502 or 500",
        happened="\n".join(lines),
        exchanges=exchanges[-1:],
        source=first.place,
        subject=names,
    )


def _hints(project: Project, failing: FailingFunction) -> Iterator[str]:
    return failure_hints(project, failing.name, (), failing.log.encode())


def _list(checks: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count})" if count > 1 else name for name, count in checks.items())
