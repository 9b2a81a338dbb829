"""What a run found, told: on the terminal, as one HTML page, and as files that replay each failure."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.contract import explain, privilege
from homeport.contract.figures import count
from homeport.contract.findings import Finding, read_findings
from homeport.contract.fuzz import EVENTS, FuzzOptions
from homeport.contract.page import Run, page
from homeport.contract.privilege import Privileges, Right
from homeport.contract.records import read_exchanges, read_right_lines
from homeport.spec.project import Project

FAILURES = "failures"
PAGE = "index.html"


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that is over. ``record`` is where its calls were recorded, None: they were not; ``left`` are resources
    that it made and could not remove.
    """

    project: Project
    url: str
    options: FuzzOptions
    status: int
    record: Path | None = None
    left: Sequence[str] = ()


def conclude(ended: Ended) -> int:
    """Print what schemathesis can't know, write the page, and give the exit status."""
    told = _failures(ended)
    for _, lines in told:
        print("\n" + "\n".join(lines))
    privileges, asked = _privileges(ended)
    for line in _privilege_lines(ended.project, privileges, len(asked)):
        print(line)
    for line in ended.left:
        print(f"made by the run and not removed: {line}")
    print(f"Report: {_write_page(ended, told, privileges, asked)}")
    return ended.status or int(bool(privileges))


def _failures(ended: Ended) -> list[tuple[Finding, list[str]]]:
    """Each failure with what to say of it; its calls are kept in a file."""
    findings = _findings(ended.options.report / EVENTS)
    folder = ended.options.report / FAILURES
    for old in folder.glob("*.har"):
        old.unlink()
    if not findings:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    ids = frozenset(call.request_id for finding in findings for call in finding.calls if call.request_id)
    exchanges = read_exchanges(ended.record, ids) if ended.record else {}
    print("\nWhat failed, and what the functions saw of it")
    recorded = ended.record is not None
    return [(finding, _told(folder, n, finding, exchanges, recorded)) for n, finding in enumerate(findings, 1)]


def _told(
    folder: Path, number: int, finding: Finding, exchanges: Mapping[str, Mapping[str, Any]], recorded: bool
) -> list[str]:
    file = folder / explain.file_name(number, finding)
    file.write_text(explain.as_archive(finding, exchanges))
    return list(explain.explanation(finding, exchanges, _shown(file), recorded=recorded))


def _privileges(ended: Ended) -> tuple[Privileges | None, frozenset[Right]]:
    if ended.record is None:
        return None, frozenset()
    project = ended.project
    asked = privilege.read_rights(read_right_lines(ended.record), project.resources.tables, project.stage)
    return privilege.compare(project.api.functions, asked), frozenset(right for right, _ in asked)


def _privilege_lines(project: Project, privileges: Privileges | None, used: int) -> list[str]:
    if privileges is None:
        return ["Least privilege: not proven, for the calls were not recorded (`homeport dev --record DIR`)"]
    verdict = "violated" if privileges else "proven"
    return [
        *privilege.advice(privileges, project.api.functions),
        f"Least privilege: {verdict}, {used} rights used",
    ]


def _write_page(
    ended: Ended,
    told: Sequence[tuple[Finding, Sequence[str]]],
    privileges: Privileges | None,
    asked: frozenset[Right],
) -> str:
    api = ended.project.api
    with (ended.options.report / EVENTS).open() as lines:
        figures = count(lines, api)
    run = Run(ended.url, ended.options.seed, api, figures, told, privileges, asked, ended.left)
    file = ended.options.report / PAGE
    file.write_text(page(run))
    return _shown(file)


def _findings(events: Path) -> tuple[Finding, ...]:
    with events.open() as lines:
        return read_findings(lines)


def _shown(file: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(file.relative_to(Path.cwd()))
    return str(file)
