"""The report of a run: lines on the terminal, one HTML page, and a HAR file that replays each failure."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from homeport.contract.fuzz import results
from homeport.contract.fuzz.least_privilege import (
    PrivilegeFindings,
    TablePermission,
    compare_permissions,
    hints,
    parse_permissions,
    read_exchanges,
    read_permission_lines,
)
from homeport.contract.fuzz.rejections import is_rejected, rejection_lines
from homeport.contract.fuzz.results import FailedCheck, Statistics, read_findings, read_statistics
from homeport.contract.fuzz.schemathesis_run import EVENTS, FuzzOptions
from homeport.contract.har import to_har
from homeport.project.model import Api
from homeport.project.project import Project

FAILURES = "failures"
PAGE = "index.html"
_TEMPLATE = "report.html"
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run, and the exit status of schemathesis. ``record`` is the folder of its exchange log, None: it has
    none. ``left`` are resources that the run created and could not remove.
    """

    project: Project
    url: str
    options: FuzzOptions
    status: int
    record: Path | None = None
    left: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ReportPage:
    """The contents of the HTML page. ``failures`` are findings, each with its explanation.

    ``privileges`` and ``asked`` are None and empty where the run has no exchange log.
    """

    url: str
    seed: int
    api: Api
    statistics: Statistics
    failures: Sequence[tuple[FailedCheck, Sequence[str]]]
    privileges: PrivilegeFindings | None = None
    asked: frozenset[TablePermission] = frozenset()
    left: Sequence[str] = ()


def report(result: RunResult) -> int:
    """Print what schemathesis can't know, write the page and the HAR files, and return the exit status."""
    failures = _write_failures(result)
    for _, lines in failures:
        print("\n" + "\n".join(lines))
    privileges, asked = _privileges(result)
    for line in _privilege_lines(result.project, privileges, len(asked)):
        print(line)
    for line in result.left:
        print(f"made by the run and not removed: {line}")
    api, options = result.project.api, result.options
    with (options.report / EVENTS).open() as events:
        statistics = read_statistics(events, api)
    for line in rejection_lines(statistics, result.project):
        print(line)
    page = ReportPage(result.url, options.seed, api, statistics, failures, privileges, asked, result.left)
    file = options.report / PAGE
    file.write_text(html_report(page))
    print(f"Report: {_relative(file)}")
    return result.status or int(bool(privileges) or is_rejected(statistics))


def _write_failures(result: RunResult) -> list[tuple[FailedCheck, list[str]]]:
    """Write a HAR file for each failure; return each with its explanation."""
    with (result.options.report / EVENTS).open() as events:
        findings = read_findings(events)
    folder = result.options.report / FAILURES
    for old in folder.glob("*.har"):
        old.unlink()
    if not findings:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    ids = frozenset(each.request_id for finding in findings for each in finding.exchanges if each.request_id)
    logged = read_exchanges(result.record, ids) if result.record else {}
    print("\nWhat failed, and what the functions saw of it")
    explained = []
    for number, finding in enumerate(findings, 1):
        file = folder / failure_file(number, finding)
        file.write_text(failure_archive(finding, logged))
        lines = explain(finding, logged, _relative(file), has_log=result.record is not None)
        explained.append((finding, list(lines)))
    return explained


def failure_file(number: int, finding: FailedCheck) -> str:
    """Return the file name of a failure's archive: ``01-POST-items-not_a_server_error.har``."""
    operation = re.sub(r"[^A-Za-z0-9]+", "-", finding.operation).strip("-")
    return f"{number:02}-{operation}-{finding.check}.har"


def failure_archive(finding: FailedCheck, logged: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the failure's exchanges as a HAR text, with ``_event``, ``_log`` and ``_calls`` from the exchange log."""
    noted = []
    for exchange in finding.exchanges:
        entry = logged.get(exchange.request_id, {})
        notes = {name: entry[name] for name in ("event", "log", "calls", "refused") if entry.get(name)}
        noted.append(replace(exchange, notes=notes))
    return to_har(noted)


def explain(
    finding: FailedCheck, logged: Mapping[str, Mapping[str, Any]], file: str, *, has_log: bool
) -> Iterator[str]:
    """Yield the lines about one failure. ``file`` is its archive, ``has_log`` whether the run has an exchange log."""
    yield f"{finding.operation}: {finding.title} ({finding.check})"
    yield from ("  " + line for line in finding.message.splitlines() if line)
    if not finding.exchanges:
        return
    failed = finding.exchanges[-1]
    yield f"  answered  {failed.status} {_shorten(failed.reply_body.decode(errors='replace'))}"
    for exchange in finding.exchanges:
        yield f"  request   {exchange.as_curl()}"
    yield f"  replay    homeport replay {file} --url URL"
    if has_log:
        yield from _explain_invocation(logged.get(failed.request_id, {}))


def _explain_invocation(entry: Mapping[str, Any]) -> Iterator[str]:
    if entry.get("refused"):
        yield f"  gateway   {entry['refused']}"
    if not entry.get("event"):
        yield "  event     none: the gateway answered without a function"
        return
    yield f"  event     {_shorten(json.dumps(entry['event']))}"
    for line in entry.get("log", "").splitlines():
        yield f"  log       {_shorten(line)}"


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _privileges(result: RunResult) -> tuple[PrivilegeFindings | None, frozenset[TablePermission]]:
    if result.record is None:
        return None, frozenset()
    project = result.project
    asked = parse_permissions(read_permission_lines(result.record), project.resources.tables.values())
    return compare_permissions(project.api.functions, asked), frozenset(permission for permission, _ in asked)


def _privilege_lines(project: Project, privileges: PrivilegeFindings | None, used: int) -> list[str]:
    if privileges is None:
        return ["Least privilege: not proven, for the calls were not recorded (`homeport dev --record DIR`)"]
    if project.template and not privileges:
        return [f"Least privilege: nothing was denied, {used} rights used; roles of a template may allow more"]
    proven = "violated" if privileges else "proven"
    return [*hints(privileges, project.api.functions), f"Least privilege: {proven}, {used} rights used"]


def html_report(page: ReportPage) -> str:
    """Return the page as an HTML document that needs no other file."""
    # Imported late: nothing else of the contract tests needs Jinja.
    from jinja2 import Environment, PackageLoader

    loader = PackageLoader("homeport.contract.fuzz", "")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    privileges = page.privileges
    return environment.get_template(_TEMPLATE).render(
        page=page,
        findings=len(page.failures) + (len(privileges.denied + privileges.unused) if privileges else 0),
        checks=sorted({check for _, check in page.statistics.checks}),
        undocumented=list(results.undocumented_responses(page.statistics, page.api)),
        responses=list(results.response_coverage(page.statistics, page.api)),
        uses=results.USES,
        parameters=list(_parameter_rows(page)),
        permissions=_permission_rows(page),
    )


def _parameter_rows(page: ReportPage) -> Iterator[tuple[str, str, list[int]]]:
    """Yield operation, parameter (``*`` after a required one) and how often it had each use."""
    for operation in page.api.operations:
        name = f"{operation.method} {operation.path}"
        required = {results.parameter_name(one): one.required for one in operation.parameters}
        required |= {"body": operation.body.required} if operation.body else {}
        for parameter, is_required in required.items():
            uses = page.statistics.uses.get((name, parameter), {})
            yield name, parameter + (" *" if is_required else ""), [uses.get(use, 0) for use in results.USES]


def _permission_rows(page: ReportPage) -> list[tuple[TablePermission, str]]:
    if page.privileges is None:
        return []
    found = dict.fromkeys(page.asked, "used") | dict.fromkeys(page.privileges.unused, "declared, never used")
    return sorted((found | dict.fromkeys(page.privileges.denied, "denied: not declared")).items())


def _relative(file: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(file.relative_to(Path.cwd()))
    return str(file)
