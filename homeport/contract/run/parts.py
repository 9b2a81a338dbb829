"""The parts of a run on one API: schemathesis, the checks of REST, and the document itself."""

from __future__ import annotations

import argparse
import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from homeport.contract.checks.client import Client
from homeport.contract.checks.runner import CheckOptions, CheckResults, CheckRun, run_checks
from homeport.contract.document.conformance import conformance_findings
from homeport.contract.document.observed import answer_findings
from homeport.contract.finding import Finding
from homeport.contract.fuzz.credentials import hidden_names, make_users
from homeport.contract.fuzz.fault_judge import FaultJudge
from homeport.contract.fuzz.operations import (
    collection_writes,
    labels,
    operations_without_answer,
    undescribed_operations,
)
from homeport.contract.fuzz.promises import CONFORMANCE, to_finding
from homeport.contract.fuzz.results import Statistics, read_answers, read_findings, read_statistics
from homeport.contract.fuzz.schemathesis_run import EVENTS, OUTPUT, FuzzOptions, flavor_of, fuzz, write_contract
from homeport.contract.http_exchange import parse_header_option, request_headers
from homeport.contract.remote_data import DataGuard
from homeport.contract.rest.infer import infer_model
from homeport.contract.run.baseline import NOTHING_KNOWN, Baseline
from homeport.contract.run.plan import RunPlan
from homeport.contract.run.settings import CheckSettings
from homeport.contract.stack.access import StackAccess
from homeport.project.contract import contract_api
from homeport.project.model import Api
from homeport.project.project import Project


@dataclass(frozen=True, slots=True)
class FuzzResults:
    """The results of schemathesis: its exit status, its failures, and figures of all cases. ``output`` is its text."""

    status: int
    findings: tuple[Finding, ...]
    statistics: Statistics
    output: Path


@dataclass(frozen=True, slots=True)
class ApiResults:
    """The results of a run on one API. A part that was not run is None.

    ``folder`` has the reports. ``records`` are the folders of the exchange logs of the stacks that took part, empty
    where the calls were not recorded. ``left`` are resources that the run created and could not remove. The results of
    an interrupted run are what it came to.
    """

    project: Project
    url: str
    seed: int
    folder: Path
    fuzz: FuzzResults | None = None
    checks: CheckResults | None = None
    document: tuple[Finding, ...] = ()
    records: tuple[Path, ...] = ()
    left: tuple[str, ...] = ()
    is_interrupted: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of every part."""
        fuzzed = self.fuzz.findings if self.fuzz else ()
        checked = tuple(self.checks.findings) if self.checks else ()
        return (*self.document, *checked, *fuzzed)


def report_folder(project: Project, options: argparse.Namespace, *, alone: bool) -> Path:
    """Return the folder of the reports on one API; ``alone`` says that it is the only one of the run."""
    # Nothing but .homeport is written into the folder of a template.
    base = project.data_dir if project.template else project.root
    folder: Path = options.report.resolve() if options.report else base / "reports" / "contract"
    return folder if alone else folder / project.api.name


def fuzz_options(
    project: Project,
    options: argparse.Namespace,
    plan: RunPlan,
    settings: CheckSettings,
    scratch: Path,
    folder: Path,
    *,
    guarded: bool,
) -> FuzzOptions:
    """Return the options of schemathesis for one API."""
    headers = request_headers(options)
    unanswered = operations_without_answer(project, is_own_stack=not guarded)
    return FuzzOptions(
        report=folder,
        flavor=flavor_of(project),
        seed=options.seed,
        max_examples=plan.examples,
        max_time=plan.fuzz_seconds,
        max_failures=1 if options.exitfirst else None,
        headers=headers,
        excluded=collection_writes(project.api),
        unanswered=(*unanswered, *_other_shards(project.api, plan.shard)),
        undescribed=undescribed_operations(project.api),
        guarded=guarded,
        users={} if guarded else make_users(project, [parse_header_option(header)[0] for header in headers]),
        spec=write_contract(project, scratch),
        hidden=hidden_names(project, [parse_header_option(header)[0] for header in headers], minted=not guarded),
        checks_off=tuple(settings.checks_off),
    )


def _other_shards(api: Api, shard: tuple[int, int]) -> tuple[str, ...]:
    """Return the labels of the operations that other parts of a run fuzz."""
    every = [label for operation in api.operations for label in labels(operation)]
    return tuple(label for number, label in enumerate(every) if number % shard[1] != shard[0] - 1)


def fuzz_part(project: Project, url: str, options: FuzzOptions, stopped: threading.Event) -> FuzzResults:
    """Run schemathesis on an API; ``stopped`` ends it early. Raises SetupError where it can't run."""
    status = fuzz(project.root, url, options, stopped)
    judge = FaultJudge(contract_api(project))
    with (options.report / EVENTS).open() as events:
        findings = tuple(to_finding(failed, project.api) for failed in read_findings(events, judge.is_fault))
    with (options.report / EVENTS).open() as events:
        statistics = read_statistics(events, project.api)
    # Schemathesis ends with 1 for failures that are none, too.
    failed = any(failures for _, failures in statistics.checks.values())
    return FuzzResults(status if findings or not failed else 0, findings, statistics, options.report / OUTPUT)


def rest_part(
    project: Project,
    url: str,
    options: argparse.Namespace,
    plan: RunPlan,
    settings: CheckSettings,
    stack: StackAccess | None = None,
    guard: DataGuard | None = None,
    on_run: Callable[[CheckRun], None] | None = None,
    baseline: Baseline = NOTHING_KNOWN,
    is_stopped: Callable[[], bool] = lambda: False,
) -> CheckResults:
    """Hold an API to what REST promises. ``guard`` protects others' data at a URL. Raises Unreachable.

    With ``--exitfirst`` it ends at the first error that is not in the ``baseline``, and not switched off. Once
    ``is_stopped`` is true it ends after the check that runs.
    """
    headers = [parse_header_option(header) for header in request_headers(options)]
    unanswered = operations_without_answer(project, is_own_stack=guard is None)
    api = contract_api(project)
    tested = tuple(one for one in api.operations if unanswered.keys().isdisjoint(labels(one)))
    project = replace(project, api=api)
    users = {} if guard else make_users(project, [name for name, _ in headers])
    clients = [Client(url, by, headers, guard) for by in users.values()] or [Client(url, {}, headers, guard)]
    chosen = CheckOptions(
        seed=options.seed,
        off=settings.checks_off,
        rounds=plan.rounds,
        seconds=plan.check_seconds,
        shard=plan.shard,
        ends_at=lambda finding: options.exitfirst and baseline.is_new_error(finding) and not settings.reason(finding),
        is_stopped=is_stopped,
    )
    return run_checks(project, infer_model(replace(api, operations=tested)), clients, chosen, stack, on_run=on_run)


def answers_part(project: Project, fuzz: FuzzResults | None, checks: CheckResults | None) -> tuple[Finding, ...]:
    """Return what the answers of a run say about the document.

    Schemathesis holds its own answers against the document, so only those of the other checks are, and only for
    operations where it found nothing.
    """
    exchanges = checks.exchanges if checks is not None else []
    found = {(failed.check, failed.operation) for failed in fuzz.findings} if fuzz is not None else set()
    own = [
        finding
        for finding in conformance_findings(project, exchanges)
        if not any((check, finding.operation) in found for check in CONFORMANCE)
    ]
    with contextlib.ExitStack() as files:
        events = files.enter_context(fuzz.output.with_name(EVENTS).open()) if fuzz is not None else ()
        return (*own, *answer_findings(project, chain(exchanges, read_answers(events, project.api))))


def is_github() -> bool:
    """Return whether the run is a job of GitHub Actions, which shows annotations."""
    return os.environ.get("GITHUB_ACTIONS") == "true"
