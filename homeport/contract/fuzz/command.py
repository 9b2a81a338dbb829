"""``homeport test``: fuzz the contract, report each failure so that it can be acted on, and prove least privilege."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from homeport.contract.created_resources import remove_created
from homeport.contract.fixtures.stack import running_stack
from homeport.contract.fuzz.credentials import make_users
from homeport.contract.fuzz.operations import collection_writes, operations_without_answer, undescribed_operations
from homeport.contract.fuzz.report import RunResult, report
from homeport.contract.fuzz.schemathesis_run import CREATED, FuzzOptions, fuzz, write_contract
from homeport.contract.http_exchange import check_base_url, parse_header_option, request_headers
from homeport.contract.remote_data import is_remote, report_left
from homeport.project.apis import choose_api
from homeport.project.load import load_project
from homeport.project.project import Project

# A running stack has written its exchange log after so many seconds.
_LOG_DELAY = 0.6


def run(options: argparse.Namespace) -> int:
    """Run the contract tests; the exit status is 0 when the contract holds. Raises HomeportError."""
    root: Path = options.project.resolve()
    project = load_project(root, options.stage, inputs=options.inputs)
    if options.url is not None:
        return _run_at_url(choose_api(project, options.api), options)
    chosen = project.every_api if options.api is None else (choose_api(project, options.api),)
    with tempfile.TemporaryDirectory(prefix="homeport-") as scratch:
        own = ("--no-data", "--stage", options.stage, "--record", scratch, *options.inputs.to_options())
        tested = []
        with running_stack(root, own) as stack:
            for each in chosen:
                url = stack.urls.get(each.api.name, stack.url)
                if len(chosen) > 1:
                    print(f"{each.api.name} at {url}", flush=True)
                fuzz_options = _fuzz_options(each, options, Path(scratch), guarded=False, alone=len(chosen) == 1)
                tested.append(RunResult(each, url, fuzz_options, fuzz(root, url, fuzz_options), Path(scratch)))
        return max([report(result) for result in tested])


def _run_at_url(project: Project, options: argparse.Namespace) -> int:
    url, headers = check_base_url(options.url), request_headers(options)
    record = options.record.resolve() if options.record else None
    with tempfile.TemporaryDirectory(prefix="homeport-") as scratch:
        fuzz_options = _fuzz_options(project, options, Path(scratch), guarded=is_remote(url), alone=True)
        if fuzz_options.guarded and fuzz_options.excluded:
            print(f"left out, for they may change what others made: {', '.join(fuzz_options.excluded)}", flush=True)
        file = fuzz_options.report / CREATED
        try:
            status = fuzz(project.root, url, fuzz_options)
        except KeyboardInterrupt:
            report_left(remove_created(project.api, file, url, headers))
            raise
        left = remove_created(project.api, file, url, headers)
        time.sleep(_LOG_DELAY if record else 0)
        return report(RunResult(project, url, fuzz_options, status, record, left))


def _fuzz_options(
    project: Project, options: argparse.Namespace, scratch: Path, *, guarded: bool, alone: bool
) -> FuzzOptions:
    """Return the options for one API; ``alone`` says that it is the only one of this run."""
    # Nothing but .homeport is written into the folder of a template.
    base = project.data_dir if project.template else project.root
    folder = options.report.resolve() if options.report else base / "reports" / "contract"
    headers = request_headers(options)
    for label, reason in operations_without_answer(project.api).items():
        print(f"not tested: {label}: {reason}", flush=True)
    return FuzzOptions(
        report=folder if alone else folder / project.api.name,
        flavor=project.stage.flavor,
        seed=options.seed,
        max_examples=options.max_examples,
        max_time=options.max_time,
        headers=headers,
        excluded=collection_writes(project.api),
        unanswered=tuple(operations_without_answer(project.api)),
        undescribed=undescribed_operations(project.api),
        guarded=guarded,
        users={} if guarded else make_users(project, [parse_header_option(header)[0] for header in headers]),
        spec=write_contract(project, scratch),
    )
