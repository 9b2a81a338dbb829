"""``homeport test``: fuzzes the contract, says what is wrong so that it can be acted on, and proves least privilege."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from homeport.contract.arguments import headers_of
from homeport.contract.credentials import make_users
from homeport.contract.findings import Call
from homeport.contract.fixtures.stack import running_stack
from homeport.contract.fuzz.labels import labels
from homeport.contract.fuzz.run import MADE, FuzzOptions, fuzz, is_local, remove
from homeport.contract.replay.send import send
from homeport.contract.report import Ended, conclude
from homeport.errors import HomeportError
from homeport.project.load import load_project
from homeport.project.model import Api, Function, Operation

# What a running stack has recorded is in its files after so many seconds.
_WRITTEN = 0.6
_READS = frozenset(("BatchGetItem", "DescribeTable", "GetItem", "Query", "Scan", "TransactGetItems"))


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
        users=make_users(project, _names(headers_of(options))) if local else {},
    )
    with tempfile.TemporaryDirectory(prefix="homeport-") as scratch:
        if options.url is not None:
            record = options.record.resolve() if options.record else None
            url = _reachable(options.url)
            _say_spared(fuzz_options.spared, url)
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
    """The operations that change things which no id of the path tells apart: nobody knows whose they are.

    A POST that creates nothing may be one of them, unless its function may only read.
    """
    found = (label for operation in api.operations for label in labels(operation) if _is_shared(api, operation, label))
    return tuple(dict.fromkeys(found))


def _is_shared(api: Api, operation: Operation, label: str) -> bool:
    if "{" in operation.path:
        return False
    if label.startswith("POST "):
        writes = operation.function is None or _may_write(api.functions[operation.function])
        return writes and not {"201", "2XX"} & set(operation.responses)
    return label.startswith(("DELETE ", "PATCH ", "PUT "))


def _may_write(function: Function) -> bool:
    actions = {action for allowed in function.access.values() for action in allowed}
    return bool(function.policies or actions - _READS)


def _say_spared(spared: Sequence[str], url: str) -> None:
    if spared and not is_local(url):
        print(f"left out, for they may change what others made: {', '.join(spared)}", flush=True)


def _names(headers: Sequence[str]) -> list[str]:
    return [header.partition(":")[0].strip() for header in headers]
