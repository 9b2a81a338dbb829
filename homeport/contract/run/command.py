"""``homeport test``: fuzz the contract, hold the API to what REST promises, and report the result."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from homeport.contract.checks.registry import CHECKS
from homeport.contract.checks.runner import CheckResults
from homeport.contract.created_resources import remove_created
from homeport.contract.document.checks import DOCUMENT_CHECKS, document_findings
from homeport.contract.document.since.revision import changes_since
from homeport.contract.finding import Finding
from homeport.contract.fixtures.stack import running_stack
from homeport.contract.fuzz.operations import operations_without_answer
from homeport.contract.fuzz.promises import promised_checks
from homeport.contract.fuzz.schemathesis_run import CREATED, FuzzOptions
from homeport.contract.http_exchange import check_base_url, request_headers
from homeport.contract.remote_data import DataGuard, data_line, is_remote, report_left
from homeport.contract.report.summary import Publish, report
from homeport.contract.rest.explain import explain_model
from homeport.contract.rest.infer import infer_model
from homeport.contract.run.baseline import NOTHING_KNOWN, Baseline, read_baseline
from homeport.contract.run.cases import CaseResults, case_files, run_cases
from homeport.contract.run.local_trust import trusted_by_requests
from homeport.contract.run.nested import is_nested
from homeport.contract.run.parts import (
    ApiResults,
    FuzzResults,
    answers_part,
    fuzz_options,
    fuzz_part,
    report_folder,
    rest_part,
)
from homeport.contract.run.plan import Part, RunPlan, make_plan
from homeport.contract.run.progress import RunProgress
from homeport.contract.run.settings import CheckSettings, read_check_settings
from homeport.contract.stack.access import StackAccess
from homeport.contract.stack.local_stack import open_stack
from homeport.project.apis import choose_api
from homeport.project.contract import contract_api
from homeport.project.external import load_called_project
from homeport.project.load import load_project
from homeport.project.project import Project

# A running stack has written its exchange log after these seconds.
_LOG_DELAY = 0.6
_CASES = "the project's own cases"
_AT_INTERRUPT = "interrupted: the report on what was found until now follows once the check that runs is over"
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class ContractRun:
    """A run of the command on a project: its options, its plan, and what the project says of checks."""

    project: Project
    options: argparse.Namespace
    plan: RunPlan
    settings: CheckSettings
    scratch: Path
    chosen: tuple[Project, ...] = ()
    baseline: Baseline = NOTHING_KNOWN
    progress: RunProgress = field(default_factory=RunProgress)
    results: list[ApiResults] = field(default_factory=list)

    @property
    def with_operations(self) -> tuple[Project, ...]:
        """The chosen APIs that have operations: there is nothing to ask the others."""
        return tuple(each for each in self.chosen if each.api.operations)

    def has(self, part: Part) -> bool:
        """Return whether the run has a part that sends requests (``fuzz``, ``rest``), and an API to send them to."""
        return self.plan.has(part) and bool(self.with_operations)

    def folder(self, project: Project) -> Path:
        """Return the folder of the reports on an API."""
        return report_folder(project, self.options, alone=len(self.chosen) == 1)

    def document_findings(
        self, project: Project, fuzzed: FuzzResults | None, checked: CheckResults | None
    ) -> tuple[Finding, ...]:
        """Return the faults of the document itself, and those that the answers of the run show.

        The first of several parts of a run reports those of the document itself.
        """
        if not self.plan.has("document"):
            return ()
        answered = answers_part(project, fuzzed, checked)
        if self.plan.shard[0] != 1:
            return answered
        found = (*document_findings(project), *answered)
        if not self.options.since:
            return found
        since = changes_since(project, self.options.since, self.options.inputs)
        print(f"since {since.revision}: {len(since.compatible)} compatible changes", flush=True)
        return (*found, *since.findings())

    @property
    def is_interrupted(self) -> bool:
        """True once the run is to end early, with what it has found."""
        return self.progress.stopped.is_set()

    def remaining(self) -> Iterator[Project]:
        """Yield the APIs with operations, until the run is interrupted."""
        for each in self.with_operations:
            if not self.is_interrupted:
                yield each

    def result_of(self, part: Future[_Result]) -> _Result:
        """Return a part's result. An interrupt ends it early, a second one raises KeyboardInterrupt."""
        try:
            return part.result()
        except KeyboardInterrupt:
            self.progress.stop()
            print(_AT_INTERRUPT, file=sys.stderr, flush=True)
            return part.result()

    def cases(self, url: str | None = None) -> CaseResults:
        """Run the project's own cases, at ``url`` or at stacks of their own, which are recorded in ``case_records``.

        An interrupted run leaves them out.
        """
        options = self.options
        self.case_records.mkdir()
        if self.is_interrupted or not self.plan.has("cases"):
            return CaseResults()
        files = case_files(self.project.root, self.plan.shard)
        if files:
            self.progress.begin(_CASES)
        found = run_cases(
            self.project.root,
            options.stage,
            options.inputs,
            url,
            files,
            exitfirst=options.exitfirst,
            record=self.case_records,
        )
        if files:
            self.progress.end(_CASES)
        return found

    @property
    def case_records(self) -> Path:
        """The folder with the exchange logs of the stacks that the project's own cases started."""
        return self.scratch / "cases"

    @property
    def own_options(self) -> tuple[str, ...]:
        """The options of a stack for this run."""
        return ("--no-data", "--stage", self.options.stage, *self.options.inputs.to_options())


def run(options: argparse.Namespace, publish: Publish) -> int:
    """Run the contract tests; the exit status is 0 when the contract holds. ``publish`` takes the result for programs.

    Raises HomeportError, and KeyboardInterrupt where the run was interrupted, after the report on what it came to.
    """
    root: Path = options.project.resolve()
    if is_nested(root):
        print("this project's contract run has started this process: the run itself does what is asked for here")
        return 0
    starts_here = options.url is None and not options.explain
    load = load_project if starts_here else load_called_project
    project = load(root, options.stage, inputs=options.inputs)
    one = options.url is not None or options.api is not None
    chosen = (choose_api(project, options.api),) if one else project.every_api
    if options.explain:
        return _explain(chosen)
    known = {check.name for check in CHECKS} | promised_checks() | DOCUMENT_CHECKS
    settings = read_check_settings(root, known)
    plan = make_plan(options, in_turn=options.url is not None)
    with tempfile.TemporaryDirectory(prefix="homeport-") as scratch:
        contract_run = ContractRun(project, options, plan, settings, Path(scratch), chosen, read_baseline(root))
        for each in chosen:
            if not each.api.operations:
                print(f"not tested: {each.api.title} has no operation yet", flush=True)
            for label, reason in operations_without_answer(each, is_own_stack=options.url is None).items():
                print(f"not tested: {label}: {reason}", flush=True)
        with _terminable():
            with contract_run.progress, trusted_by_requests(options.url or ""):
                cases = (_run_here if options.url is None else _run_at_url)(contract_run)
            status = report(contract_run.results, cases, contract_run.baseline, settings, options, plan, publish)
    if contract_run.is_interrupted:
        raise KeyboardInterrupt
    return status


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Have SIGTERM end the run as Ctrl-C does, so that its stacks end with it.

    A second SIGTERM is none: ``timeout`` sends one to the command and one to the command's process group.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run_here(run: ContractRun) -> CaseResults:
    """Run every part at stacks of the run's own; return what the project's own cases found."""
    fuzz_record, rest_record = run.scratch / "fuzz", run.scratch / "rest"
    with ThreadPoolExecutor(2) as pool:
        fuzzed = pool.submit(_fuzz_all, run, fuzz_record) if run.has("fuzz") else None
        checked = pool.submit(_check_all, run, rest_record) if run.has("rest") else None
        try:
            checks = run.result_of(checked) if checked else {}
            fuzz = run.result_of(fuzzed) if fuzzed else {}
            # Alone: a case may fill the machine, and time its requests.
            cases = run.cases()
        except BaseException:
            run.progress.stop()
            raise
    own = sorted(run.case_records.iterdir())
    records = tuple(folder for folder in (fuzz_record, rest_record, *own) if folder.is_dir())
    for each in run.chosen:
        fuzz_url, fuzz_results = fuzz.get(each.api.name, ("", None))
        check_url, check_results = checks.get(each.api.name, ("", None))
        run.results.append(
            ApiResults(
                project=each,
                url=fuzz_url or check_url,
                seed=run.options.seed,
                folder=run.folder(each),
                fuzz=fuzz_results,
                checks=check_results,
                document=run.document_findings(each, fuzz_results, check_results),
                records=records,
                is_interrupted=run.is_interrupted,
            )
        )
    return cases


def _fuzz_all(run: ContractRun, record: Path) -> dict[str, tuple[str, FuzzResults]]:
    """Fuzz every API at one stack; return the URL and the results of each by its name."""
    record.mkdir()
    found = {}
    with running_stack(run.project.root, (*run.own_options, "--record", str(record))) as stack:
        for each in run.remaining():
            url = stack.urls.get(each.api.name, stack.url)
            chosen = fuzz_options(
                each, run.options, run.plan, run.settings, run.scratch, run.folder(each), guarded=False
            )
            found[each.api.name] = url, _fuzz(run, each, url, chosen)
    return found


def _check_all(run: ContractRun, record: Path) -> dict[str, tuple[str, CheckResults]]:
    """Hold every API to REST's promises at one stack; return the URL and the results of each by its name."""
    record.mkdir()
    found = {}
    with open_stack(run.project, run.options.inputs, record=record) as stack:
        for each in run.remaining():
            url = stack.urls.get(each.api.name, stack.url)
            found[each.api.name] = url, _check(run, each, url, stack.access)
    return found


def _run_at_url(run: ContractRun) -> CaseResults:
    """Run every part at a given URL, one after the other; return what the project's own cases found."""
    options, project = run.options, run.chosen[0]
    url, headers = check_base_url(options.url), request_headers(options)
    record = options.record.resolve() if options.record else None
    guarded = is_remote(url)
    chosen = fuzz_options(project, options, run.plan, run.settings, run.scratch, run.folder(project), guarded=guarded)
    print(data_line(url, guarded=guarded), flush=True)
    if guarded and chosen.excluded:
        print(f"left out, for they may change what others made: {', '.join(chosen.excluded)}", flush=True)
    guard = DataGuard(project.api, url) if guarded else None
    created = chosen.report / CREATED
    left: tuple[str, ...] = ()
    checked, fuzzed = None, None
    with ThreadPoolExecutor(1) as pool:
        try:
            # First, since schemathesis may delete what every request needs, such as the user of its credentials.
            if run.has("rest"):
                checked = run.result_of(pool.submit(_check, run, project, url, guard=guard))
            if run.has("fuzz") and not run.is_interrupted:
                fuzzed = run.result_of(pool.submit(_fuzz, run, project, url, chosen))
            cases = run.cases(url)
        except KeyboardInterrupt:
            run.progress.stop()
            report_left(_remove(project, created, url, headers, guard))
            raise
    if guarded:
        left = _remove(project, created, url, headers, guard)
    time.sleep(_LOG_DELAY if record else 0)
    records = (record,) if record else ()
    document = run.document_findings(project, fuzzed, checked)
    run.results.append(
        ApiResults(
            project,
            url,
            options.seed,
            run.folder(project),
            fuzzed,
            checked,
            document,
            records,
            left,
            is_interrupted=run.is_interrupted,
        )
    )
    return cases


def _check(
    run: ContractRun, project: Project, url: str, access: StackAccess | None = None, guard: DataGuard | None = None
) -> CheckResults:
    """Hold an API to REST's promises."""
    title = f"checks of REST on {project.api.title}"
    run.progress.begin(title)
    found = rest_part(
        project,
        url,
        run.options,
        run.plan,
        run.settings,
        access,
        guard,
        run.progress.on_run,
        run.baseline,
        run.progress.stopped.is_set,
    )
    run.progress.end(title)
    return found


def _fuzz(run: ContractRun, project: Project, url: str, chosen: FuzzOptions) -> FuzzResults:
    """Fuzz an API."""
    title = f"schemathesis on {project.api.title}"
    run.progress.begin(title)
    found = fuzz_part(project, url, chosen, run.progress.stopped)
    run.progress.end(title)
    return found


def _remove(
    project: Project, created: Path, url: str, headers: tuple[str, ...], guard: DataGuard | None
) -> tuple[str, ...]:
    own = guard.remove(headers) if guard is not None else ()
    return (*remove_created(project.api, created, url, headers), *own)


def _explain(chosen: tuple[Project, ...]) -> int:
    for each in chosen:
        for line in explain_model(infer_model(contract_api(each))):
            print(line)
    return 0
