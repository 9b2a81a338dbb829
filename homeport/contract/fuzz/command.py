"""``homeport test``: fuzz the contract, report each failure so that it can be acted on, and prove least privilege."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from homeport.contract.fixtures.stack import running_stack
from homeport.contract.fuzz.credentials import make_users
from homeport.contract.fuzz.operations import collection_writes
from homeport.contract.fuzz.report import RunResult, report
from homeport.contract.fuzz.schemathesis_run import CREATED, FuzzOptions, fuzz
from homeport.contract.http_exchange import HttpExchange, parse_header_option, request_headers, send_exchange
from homeport.contract.remote_data import is_local, remove_created
from homeport.errors import HomeportError
from homeport.project.load import load_project

# A running stack has written its exchange log after so many seconds.
_LOG_DELAY = 0.6


def run(options: argparse.Namespace) -> int:
    """Run the contract tests; the exit status is 0 when the contract holds. Raises HomeportError."""
    root: Path = options.project.resolve()
    project = load_project(root, options.stage)
    local = options.url is None or is_local(options.url)
    headers = request_headers(options)
    fuzz_options = FuzzOptions(
        report=options.report.resolve() if options.report else root / "reports" / "contract",
        flavor=project.stage.flavor,
        seed=options.seed,
        max_examples=options.max_examples,
        max_time=options.max_time,
        headers=headers,
        excluded=collection_writes(project.api),
        users=make_users(project, [parse_header_option(header)[0] for header in headers]) if local else {},
    )
    with tempfile.TemporaryDirectory(prefix="homeport-") as scratch:
        if options.url is not None:
            record = options.record.resolve() if options.record else None
            url = _check_url(options.url)
            _print_excluded(fuzz_options.excluded, url)
            status = fuzz(root, url, fuzz_options)
            left = remove_created(project.api, fuzz_options.report / CREATED, url, fuzz_options.headers)
            time.sleep(_LOG_DELAY if record else 0)
        else:
            record, left = Path(scratch), ()
            with running_stack(root, ("--no-data", "--stage", options.stage, "--record", scratch)) as stack:
                url, status = stack.url, fuzz(root, stack.url, fuzz_options)
        return report(RunResult(project, url, fuzz_options, status, record, left))


def _check_url(url: str) -> str:
    """Return the base URL without a slash at its end. Raises HomeportError unless something answers there."""
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise HomeportError(f"{url!r} is no base URL", "write --url https://…")
    base = url.rstrip("/")
    send_exchange(HttpExchange("GET", "/"), base)
    return base


def _print_excluded(excluded: Sequence[str], url: str) -> None:
    if excluded and not is_local(url):
        print(f"left out, for they may change what others made: {', '.join(excluded)}", flush=True)
