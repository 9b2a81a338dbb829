"""``homeport test``: fuzz the contract, report each failure so that it can be acted on, and prove least privilege."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from homeport.contract.created_resources import remove_created
from homeport.contract.fixtures.stack import running_stack
from homeport.contract.fuzz.credentials import make_users
from homeport.contract.fuzz.operations import collection_writes
from homeport.contract.fuzz.report import RunResult, report
from homeport.contract.fuzz.schemathesis_run import CREATED, FuzzOptions, fuzz
from homeport.contract.http_exchange import check_base_url, parse_header_option, request_headers
from homeport.contract.remote_data import is_remote, report_left
from homeport.project.load import load_project

# A running stack has written its exchange log after so many seconds.
_LOG_DELAY = 0.6


def run(options: argparse.Namespace) -> int:
    """Run the contract tests; the exit status is 0 when the contract holds. Raises HomeportError."""
    root: Path = options.project.resolve()
    project = load_project(root, options.stage, inputs=options.inputs)
    url = check_base_url(options.url) if options.url is not None else None
    guarded = url is not None and is_remote(url)
    headers = request_headers(options)
    fuzz_options = FuzzOptions(
        report=options.report.resolve() if options.report else root / "reports" / "contract",
        flavor=project.stage.flavor,
        seed=options.seed,
        max_examples=options.max_examples,
        max_time=options.max_time,
        headers=headers,
        excluded=collection_writes(project.api),
        guarded=guarded,
        users={} if guarded else make_users(project, [parse_header_option(header)[0] for header in headers]),
    )
    with tempfile.TemporaryDirectory(prefix="homeport-") as scratch:
        if url is not None:
            record = options.record.resolve() if options.record else None
            if guarded and fuzz_options.excluded:
                print(f"left out, for they may change what others made: {', '.join(fuzz_options.excluded)}", flush=True)
            file = fuzz_options.report / CREATED
            try:
                status = fuzz(root, url, fuzz_options)
            except KeyboardInterrupt:
                report_left(remove_created(project.api, file, url, headers))
                raise
            left = remove_created(project.api, file, url, headers)
            time.sleep(_LOG_DELAY if record else 0)
        else:
            record, left = Path(scratch), ()
            own = ("--no-data", "--stage", options.stage, "--record", scratch, *options.inputs.to_options())
            with running_stack(root, own) as stack:
                url, status = stack.url, fuzz(root, stack.url, fuzz_options)
        return report(RunResult(project, url, fuzz_options, status, record, left))
