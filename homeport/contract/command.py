"""``homeport test``: fuzzes the contract, says what is wrong so that it can be acted on, and proves least privilege."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

from homeport.contract import explain, privilege
from homeport.contract.arguments import headers_of
from homeport.contract.credentials import credentials
from homeport.contract.findings import Finding, read_findings
from homeport.contract.fuzz import EVENTS, FuzzOptions, fuzz, is_local
from homeport.contract.records import read_exchanges, read_right_lines
from homeport.contract.stack import running_stack
from homeport.spec.load import load_project
from homeport.spec.model import Api, Operation
from homeport.spec.project import Project

FAILURES = "failures"
# What a running stack has recorded is in its files after so many seconds.
_WRITTEN = 0.6


def run(options: argparse.Namespace) -> int:
    """The exit status: 0 when the contract holds. Raises HomeportError."""
    root: Path = options.project.resolve()
    project = load_project(root, options.stage)
    local = options.url is None or is_local(options.url)
    fuzz_options = FuzzOptions(
        report=options.report.resolve() if options.report else root / "reports" / "contract",
        flavor=project.stage.flavor,
        seed=options.seed,
        max_examples=options.max_examples,
        max_time=options.max_time,
        headers=headers_of(options),
        spared=collection_writes(project.api),
        credentials=credentials(project) if local and not (options.token or options.api_key) else {},
    )
    with tempfile.TemporaryDirectory(prefix="homeport-") as scratch:
        if options.url is not None:
            record = options.record.resolve() if options.record else None
            status = fuzz(root, options.url.rstrip("/"), fuzz_options)
            time.sleep(_WRITTEN if record else 0)
        else:
            record = Path(scratch)
            with running_stack(root, ("--no-data", "--stage", options.stage, "--record", scratch)) as stack:
                status = fuzz(root, stack.url, fuzz_options)
        return conclude(project, fuzz_options.report, record, status)


def collection_writes(api: Api) -> tuple[str, ...]:
    """The operations that change things which no id of the path tells apart: nobody knows whose they are."""
    changing = ("DELETE", "PATCH", "PUT")
    return tuple(f"{found.method} {found.path}" for found in api.operations if _is_shared(found, changing))


def _is_shared(operation: Operation, changing: Collection[str]) -> bool:
    return operation.method in changing and "{" not in operation.path


def conclude(project: Project, report: Path, record: Path | None, status: int) -> int:
    """Print what schemathesis can't know, and give the exit status. ``record`` is where the calls were recorded."""
    _print_failures(report, record)
    if record is None:
        print("Least privilege: not proven, for the calls were not recorded (`homeport dev --record DIR`)")
        return status
    asked = privilege.read_rights(read_right_lines(record), project.resources.tables, project.stage)
    found = privilege.compare(project.api.functions, asked)
    for line in privilege.advice(found, project.api.functions):
        print(line)
    print(f"Least privilege: {'violated' if found else 'proven'}, {len(set(asked))} rights used")
    return status or int(bool(found))


def _print_failures(report: Path, record: Path | None) -> None:
    findings = _findings(report / EVENTS)
    folder = report / FAILURES
    for old in folder.glob("*.har"):
        old.unlink()
    if not findings:
        return
    folder.mkdir(parents=True, exist_ok=True)
    ids = frozenset(call.request_id for finding in findings for call in finding.calls if call.request_id)
    exchanges = read_exchanges(record, ids) if record else {}
    print("\nWhat failed, and what the functions saw of it")
    for number, finding in enumerate(findings, 1):
        file = folder / explain.file_name(number, finding)
        file.write_text(explain.as_archive(finding, exchanges))
        print()
        print("\n".join(explain.explanation(finding, exchanges, _shown(file), recorded=record is not None)))


def _findings(events: Path) -> tuple[Finding, ...]:
    with contextlib.suppress(FileNotFoundError), events.open() as lines:
        return read_findings(lines)
    return ()


def _shown(file: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(file.relative_to(Path.cwd()))
    return str(file)
