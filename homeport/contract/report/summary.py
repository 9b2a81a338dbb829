"""The summary of a run: every finding in its form for people and for tools, and the exit status."""

from __future__ import annotations

import argparse
import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from homeport import __version__
from homeport.contract.finding import Finding
from homeport.contract.fuzz.least_privilege import read_exchanges
from homeport.contract.fuzz.rejections import is_rejected, rejection_lines
from homeport.contract.fuzz.results import Statistics
from homeport.contract.http_exchange import request_headers
from homeport.contract.report.exports import (
    CheckOutcome,
    findings_fields,
    findings_json,
    github_annotations,
    junit,
    sarif,
)
from homeport.contract.report.failing_functions import failing_functions, name_failing_functions
from homeport.contract.report.findings import FAILURES, Logged, finding_lines, terminal_lines, write_archives
from homeport.contract.report.given_credentials import GivenCredentials
from homeport.contract.report.page import PAGE, ReportPage, html_report
from homeport.contract.report.privileges import PrivilegeProof, prove_privileges
from homeport.contract.run.baseline import Baseline, write_baseline
from homeport.contract.run.cases import CaseResults
from homeport.contract.run.parts import ApiResults, is_github
from homeport.contract.run.plan import RunPlan
from homeport.contract.run.settings import CheckSettings

# Checks that a line names; the page has all of them.
_MOST_CHECKS = 12
JSON, SARIF, JUNIT = "findings.json", "findings.sarif", "junit.xml"
Publish = Callable[[Mapping[str, Any]], None]
_NOTHING = Statistics({}, {}, {}, {}, ())


def report(
    results: Sequence[ApiResults],
    cases: CaseResults,
    baseline: Baseline,
    settings: CheckSettings,
    options: argparse.Namespace,
    plan: RunPlan,
    publish: Publish,
) -> int:
    """Print the findings of a run, write its reports, and return the exit status.

    ``publish`` takes what ``--json`` prints.
    """
    every: list[Finding] = []
    published: list[dict[str, Any]] = []
    is_failed = bool(cases.problem)
    for number, result in enumerate(results):
        if len(results) > 1:
            print(f"\n{result.project.api.name} at {result.url}")
        # The project's own cases belong to the first API's report.
        own = cases if number == 0 else CaseResults()
        given = GivenCredentials(result.project, request_headers(options))
        found, failed = _report_api(result, own, baseline, settings, plan, given)
        every += found
        is_failed |= failed
        published.append(_fields(result, own, *baseline.split(found)))
    is_interrupted = any(result.is_interrupted for result in results)
    holds = not is_failed and not is_interrupted
    publish({"holds": holds, "interrupted": is_interrupted, "apis": published, "problem": cases.problem or None})
    if is_interrupted:
        # What the rest of the run would have found is not known, so the known findings stay as they are.
        return int(is_failed)
    if options.update_baseline:
        file = write_baseline(results[0].project.root, every)
        print(f"wrote {_relative(file)}: {sum(one.severity == 'error' for one in every)} known findings")
        return 0
    if gone := baseline.gone(every) if plan.shard == (1, 1) and options.url is None else []:
        print(f"{len(gone)} known findings are gone: homeport test --update-baseline forgets them")
    return int(is_failed)


def _report_api(
    result: ApiResults,
    cases: CaseResults,
    baseline: Baseline,
    settings: CheckSettings,
    plan: RunPlan,
    given: GivenCredentials,
) -> tuple[list[Finding], bool]:
    """Report on one API; return all of its findings, and whether any of them fails the run."""
    failing = failing_functions(result.project, result.records)
    # Where a function never works, others are not asked for all that they can do.
    whole = asked_everything(result, plan) and not failing
    proof = prove_privileges(result.project, result.records, whole=whole)
    found = (*result.findings, *cases.findings, *proof.findings)
    named = name_failing_functions(result.project, found, failing)
    every = list(map(given.hide_in_finding, merge_findings(named)))
    counted = without_repeated([finding for finding in every if not settings.reason(finding)])
    new, known = baseline.split(counted)
    ids = frozenset(each.request_id for one in new for each in one.exchanges if each.request_id)
    logged: dict[str, Any] = {}
    for record in result.records:
        logged |= given.hide_in_value(read_exchanges(record, ids))
    lines = _print_findings(result, new, logged if result.records else None)
    for line in _notes(result, cases, settings, known):
        print(line)
    if (result.fuzz is not None or result.checks is not None) and not result.is_interrupted:
        print(proof.line)
    _write_reports(result, new, known, lines, proof, settings)
    failed = any(one.severity == "error" for one in new)
    if result.fuzz is not None and result.fuzz.status and not result.fuzz.findings:
        print(f"schemathesis failed without a failed check: {_relative(result.fuzz.output)} has its output")
        failed = True
    is_whole = plan.shard == (1, 1) and not result.is_interrupted
    rejected = is_whole and result.fuzz is not None and is_rejected(result.fuzz.statistics)
    _print_end(result, new, cases, plan)
    return counted, failed or rejected


def _fields(result: ApiResults, cases: CaseResults, new: Sequence[Finding], known: Sequence[Finding]) -> dict[str, Any]:
    """Return what ``--json`` has of an API; its findings are those of findings.json."""
    return {
        "name": result.project.api.name or result.project.api.title,
        "url": result.url,
        "seed": result.seed,
        "report": str(result.folder / PAGE),
        "cases": sum(result.fuzz.statistics.cases.values()) if result.fuzz else 0,
        "requests": sum(run.requests for run in result.checks.runs) if result.checks else 0,
        "ownCases": cases.passed + len(cases.findings),
        "findings": findings_fields(new, known),
    }


def asked_everything(result: ApiResults, plan: RunPlan) -> bool:
    """Return whether a run came to its end, so that a permission that was not used is one too many."""
    if not plan.has("fuzz") or plan.shard != (1, 1) or result.is_interrupted:
        return False
    return plan.fuzz_seconds is None if result.checks is None else not result.checks.cut_short


def merge_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Return each fault once: a check that found the same subject on several operations names them in one finding."""
    merged: dict[tuple[str, str, str], Finding] = {}
    others: dict[tuple[str, str, str], list[str]] = {}
    for finding in findings:
        has_own = finding.kind in ("schemathesis", "document", "case", "permissions") or not finding.subject
        key = (finding.check, finding.operation if has_own else "", finding.subject)
        if key not in merged:
            merged[key] = finding
        elif finding.operation != merged[key].operation:
            others.setdefault(key, []).append(finding.operation)
    found = [
        replace(one, happened="\n".join((one.happened, f"also on {', '.join(dict.fromkeys(others[key]))}")))
        if key in others
        else one
        for key, one in merged.items()
    ]
    return sorted(found, key=lambda one: one.rank)


def without_repeated(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings without those of schemathesis that another says better.

    An undocumented status is one fault where a check of REST names the cause that has it, or where the service failed.
    """
    said = {
        (finding.operation, finding.exchanges[-1].status)
        for finding in findings
        if finding.exchanges and finding.check in ("error-is-as-documented", "not_a_server_error")
    }
    return [
        finding
        for finding in findings
        if finding.check != "status_code_conformance"
        or not finding.exchanges
        or (finding.operation, finding.exchanges[-1].status) not in said
    ]


def _print_findings(
    result: ApiResults, findings: Sequence[Finding], logged: Logged | None
) -> list[tuple[Finding, list[str]]]:
    archives = write_archives(findings, logged or {}, result.folder / FAILURES)
    explained = []
    for number, finding in enumerate(findings, 1):
        file = archives.get(finding.identity)
        lines = list(finding_lines(number, finding, logged, _relative(file) if file else ""))
        explained.append((finding, lines))
        if finding.severity != "note":
            shown = terminal_lines(lines, PAGE) if finding.severity == "error" else _short(lines)
            print("\n" + "\n".join(shown))
    if explained:
        print()
    return explained


def _short(lines: Sequence[str]) -> list[str]:
    """Return the lines about a warning without those of its requests."""
    said = itertools.takewhile(lambda line: not line.startswith(("  token ", "  request ")), lines)
    return [f"warning {line}" if number == 0 else line for number, line in enumerate(said)]


def _notes(result: ApiResults, cases: CaseResults, settings: CheckSettings, known: Sequence[Finding]) -> Iterator[str]:
    for name, reason in settings.off.items():
        yield f"switched off: {name}: {reason}"
    for reason, checks in _untested_reasons(result).items():
        yield f"not tested: {reason} ({_list_checks(list(dict.fromkeys(checks)))})"
    if cases.problem:
        yield cases.problem
    for line in cases.skipped:
        yield f"skipped case: {line}"
    if known:
        yield f"{len(known)} known findings (tests/contract/baseline.json) do not count"
    for line in result.left:
        yield f"made by the run and not removed: {line}"
    if result.fuzz is not None and not result.is_interrupted:
        yield from rejection_lines(result.fuzz.statistics, result.project)


def _list_checks(names: Sequence[str]) -> str:
    more = len(names) - _MOST_CHECKS
    return ", ".join(names[:_MOST_CHECKS]) + (f" and {more} more" if more > 0 else "")


def _untested_reasons(result: ApiResults) -> dict[str, list[str]]:
    """Return the names of checks that could not test, by the reason."""
    found: dict[str, list[str]] = {}
    if result.checks is None:
        return found
    for run in result.checks.runs:
        for reason in run.untested:
            found.setdefault(reason, []).append(run.check.name)
    for line in result.checks.left_out:
        name, _, reason = line.partition(": ")
        found.setdefault(reason, []).append(name.partition(" on ")[0])
    return found


def _print_end(result: ApiResults, findings: Sequence[Finding], cases: CaseResults, plan: RunPlan) -> None:
    print(f"Report: {_relative(result.folder / PAGE)}")
    errors = sum(one.severity == "error" for one in findings)
    warnings = sum(one.severity == "warning" for one in findings)
    done = ["the document"] if plan.has("document") else []
    if result.fuzz is not None:
        done.append(f"{sum(result.fuzz.statistics.cases.values())} cases of schemathesis")
    if result.checks is not None:
        names = {run.check.name for run in result.checks.runs if run.requests}
        done.append(f"{len(names)} checks of REST with {sum(run.requests for run in result.checks.runs)} requests")
    if cases.passed or cases.findings:
        done.append(f"{cases.passed + len(cases.findings)} own cases")
    ending = f"{errors} finding{'s' if errors > 1 else ''}" if errors else "No issues found"
    ending = f"{ending} until the interrupt" if result.is_interrupted else ending
    also = f", {warnings} warnings" if warnings else ""
    print(f"{ending}{also}: {', '.join(done) or 'nothing was run'}; seed {result.seed}")


def _write_reports(
    result: ApiResults,
    new: Sequence[Finding],
    known: Sequence[Finding],
    lines: Sequence[tuple[Finding, Sequence[str]]],
    proof: PrivilegeProof,
    settings: CheckSettings,
) -> None:
    folder = result.folder
    folder.mkdir(parents=True, exist_ok=True)
    statistics = result.fuzz.statistics if result.fuzz else _NOTHING
    page = ReportPage(
        url=result.url,
        seed=result.seed,
        api=result.project.api,
        statistics=statistics,
        failures=lines,
        runs=result.checks.runs if result.checks else (),
        known=len(known),
        off=settings.off,
        left_out=result.checks.left_out if result.checks else (),
        privileges=proof.privileges,
        asked=proof.asked,
        left=result.left,
    )
    (folder / PAGE).write_text(html_report(page), encoding="utf-8")
    (folder / JSON).write_text(findings_json(new, known), encoding="utf-8")
    (folder / SARIF).write_text(sarif(new, __version__), encoding="utf-8")
    (folder / JUNIT).write_text(junit(new, _outcomes(result, statistics)), encoding="utf-8")
    if is_github():
        for line in github_annotations(new):
            print(line)


def _outcomes(result: ApiResults, statistics: Statistics) -> Iterator[CheckOutcome]:
    for operation, check in statistics.checks:
        yield CheckOutcome(check, operation)
    for run in result.checks.runs if result.checks else ():
        yield CheckOutcome(run.check.name, run.resource, run.seconds, "; ".join(run.untested))


def _relative(file: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(file.relative_to(Path.cwd()))
    return str(file)
