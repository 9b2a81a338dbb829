"""``homeport test``: fuzzes the contract, says what is wrong so that it can be acted on, and proves least privilege."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

from homeport.contract.arguments import headers_of
from homeport.contract.conclusion import Ended, conclude
from homeport.contract.credentials import credentials
from homeport.contract.findings import Call
from homeport.contract.fuzz import MADE, FuzzOptions, fuzz, is_local
from homeport.contract.leftovers import remove
from homeport.contract.send import send
from homeport.contract.stack import running_stack
from homeport.errors import HomeportError
from homeport.spec.load import load_project
from homeport.spec.model import Api, Operation

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
            url = _reachable(options.url)
            status = fuzz(root, url, fuzz_options)
            left = remove(project.api, fuzz_options.report / MADE, url, fuzz_options.headers)
            time.sleep(_WRITTEN if record else 0)
        else:
            record, left = Path(scratch), ()
            with running_stack(root, ("--no-data", "--stage", options.stage, "--record", scratch)) as stack:
                url, status = stack.url, fuzz(root, stack.url, fuzz_options)
        return conclude(Ended(project, url, fuzz_options, status, record, left))


def _reachable(url: str) -> str:
    """The base URL without a slash at its end. Raises HomeportError unless something answers there."""
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise HomeportError(f"{url!r} is no base URL", "write --url https://…")
    base = url.rstrip("/")
    send(Call("GET", "/"), base)
    return base


def collection_writes(api: Api) -> tuple[str, ...]:
    """The operations that change things which no id of the path tells apart: nobody knows whose they are."""
    changing = ("DELETE", "PATCH", "PUT")
    return tuple(f"{found.method} {found.path}" for found in api.operations if _is_shared(found, changing))


def _is_shared(operation: Operation, changing: Collection[str]) -> bool:
    return operation.method in changing and "{" not in operation.path
