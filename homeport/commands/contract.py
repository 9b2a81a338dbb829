"""``homeport test``, ``replay`` and ``parity``: commands of the contract tests, loaded when they run."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.commands.arguments import add_api, count, inputs_of
from homeport.commands.json_output import json_output
from homeport.contract import REMOTE_NOTE, SEED
from homeport.environment import reject_windows

if TYPE_CHECKING:
    from homeport.dev.running_instance import RunningInstance


def run_test(options: argparse.Namespace) -> int:
    """Fuzz the contract and return the exit status. Raises HomeportError."""
    if options.url is None:
        reject_windows()
    from homeport.contract.run.command import run

    options.inputs = inputs_of(options)
    with json_output(options) as publish, _with_clean_services(options, options.url):
        return run(options, publish)


def run_replay(options: argparse.Namespace) -> int:
    """Send recorded requests again and return the exit status. Raises HomeportError."""
    from homeport.contract.replay import run_replay as run

    options.inputs = inputs_of(options)
    with _with_clean_services(options, options.url):
        return run(options)


def run_parity(options: argparse.Namespace) -> int:
    """Compare two URLs and return the exit status. Raises HomeportError."""
    from homeport.contract.replay import run_parity as run

    options.inputs = inputs_of(options)
    with _with_clean_services(options, options.first, options.second):
        return run(options)


@contextlib.contextmanager
def _with_clean_services(options: argparse.Namespace, *urls: str | None) -> Iterator[None]:
    """Have buckets and queues of each ``homeport dev`` of the project at one of the URLs as they were before."""
    with contextlib.ExitStack() as stack:
        for instance in _running_at(options.project.resolve(), [url for url in urls if url]):
            from homeport.contract.service_cleanup import cleaned_services
            from homeport.project.load import load_project

            project = load_project(options.project.resolve(), instance.stage, inputs=options.inputs)
            stack.enter_context(cleaned_services(project, instance.aws))
        yield


def _running_at(root: Path, urls: Sequence[str]) -> list[RunningInstance]:
    if not urls:
        return []
    from homeport.dev.running_instance import running_instances

    return [
        each
        for each in running_instances(root)
        if each.aws and any(url.rstrip("/") in (each.url, *each.apis.values()) for url in urls)
    ]


def add_test_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport test``."""
    parser.epilog = REMOTE_NOTE
    add_api(parser)
    parser.add_argument("--url", help="the base URL of a running API (default: start the stack here)")
    parser.add_argument("--seed", type=int, default=SEED, help="what the data is generated from (default: %(default)s)")
    from homeport.contract.run.plan import PARTS, duration, phases, shard

    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--budget", type=duration, metavar="TIME", help="spend so much time (30s, 5m, 1h)")
    budget.add_argument("--max-examples", type=count, metavar="N", help="schemathesis' cases per operation and phase")
    budget.add_argument("--max-time", type=count, metavar="SECONDS", help="seconds for schemathesis")
    parser.add_argument("--explain", action="store_true", help="print what the run infers of the API, and end")
    parser.add_argument("--since", default="", metavar="REV", help="name what breaks clients since a git revision")
    parser.add_argument("--shard", type=shard, default=(1, 1), metavar="K/N", help="do the K-th of N parts of the run")
    parser.add_argument("--phases", type=phases, metavar="LIST", help=f"only these of {', '.join(PARTS)}")
    parser.add_argument(
        "-x", "--exitfirst", action="store_true", help="end each part of the run at its first new finding"
    )
    parser.add_argument("--without-cases", action="store_true", help="leave out the project's own tests/contract")
    parser.add_argument(
        "--update-baseline", action="store_true", help="take the findings of this run as known from now on"
    )
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="where the reports go (default: reports/contract of the project)"
    )
    _add_headers(parser)
    parser.add_argument(
        "--record", type=Path, metavar="DIR", help="where `homeport dev --record DIR` of --url keeps its calls"
    )


def add_replay_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport replay``."""
    parser.epilog = REMOTE_NOTE
    add_api(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help="a HAR file")
    parser.add_argument("--url", required=True, help="the base URL to send its calls to")
    _add_headers(parser)


def add_parity_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport parity``."""
    parser.epilog = REMOTE_NOTE
    add_api(parser)
    parser.add_argument("first", metavar="URL_A", help="a base URL")
    parser.add_argument("second", metavar="URL_B", help="another one")
    parser.add_argument("--file", type=Path, metavar="HAR", help="recorded calls (default: generated from the spec)")
    parser.add_argument("--seed", type=int, default=SEED, help="what calls are generated from (default: %(default)s)")
    parser.add_argument(
        "--max-examples", type=count, default=20, metavar="N", help="generated per operation (default: %(default)s)"
    )


def _add_headers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-H", "--header", action="append", default=[], metavar="NAME:VALUE", help="sent with every request"
    )
    parser.add_argument("--token", help="sent as Authorization: Bearer … (default: HOMEPORT_TOKEN)")
    parser.add_argument("--api-key", metavar="KEY", help="sent as x-api-key (default: HOMEPORT_API_KEY)")
