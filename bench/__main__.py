"""Measure the stack of this repository beside what it is held against: ``make bench``.

Whole rounds of each contender are interleaved, so that a slow moment of the machine hits all of them; what counts are
the ratios of medians of one run.
"""

from __future__ import annotations

import argparse
import contextlib
import platform
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bench.chart import write_chart
from bench.contenders import GET, HELLO, LIST, POST, Api, Call, bare_boto3, flask_app, make_item
from bench.load import Load, LoadProcess
from bench.memory import megabytes
from bench.report import REPORTS, ROOT, say, write_report
from bench.stacks import hello_stack, items_stack
from bench.tables import print_figures
from homeport.contract.stack import Stack, running_stack

# Timed calls of a round; a page of a list takes longer, and a POST leaves an item behind.
ROUND = {HELLO: 100, GET: 100, POST: 30, LIST: 30}
CONNECTIONS = (1, 8, 32, 128)
EIGHT = 8
# Memory is compared from here on, with so many connections: all threads and environments are there by then.
WARM, STEADY = 20_000, 4


# As with `homeport dev --no-record --no-inspector`.
PLAIN = "homeport, not recording"


class Contender(Protocol):
    """Something that can be timed."""

    def round(self, call: Call, count: int) -> list[float]:
        """Microseconds of so many calls."""


@dataclass
class Timings:
    """Microseconds by call and contender."""

    found: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, call: Call, contender: str, durations: Sequence[float]) -> None:
        """Keep a round's."""
        self.found.setdefault(call.name, {}).setdefault(contender, []).extend(durations)

    def as_json(self) -> dict[str, dict[str, dict[str, float]]]:
        """The median and the 99th percentile of each."""
        return {
            call: {
                name: {
                    "p50_us": round(statistics.median(taken)),
                    "p99_us": round(statistics.quantiles(taken, n=100)[98]),
                }
                for name, taken in contenders.items()
            }
            for call, contenders in self.found.items()
        }


def main() -> None:
    """Measure, print tables, keep the figures and a chart."""
    options = _parser().parse_args()
    figures: dict[str, Any] = {
        "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    }
    say(f"ready: {options.starts} starts")
    figures["ready_s"] = round(statistics.median(_time_to_ready() for _ in range(options.starts)), 3)
    with running_stack(ROOT) as stack:
        time.sleep(2)
        figures["idle_mb"] = round(megabytes(stack.process.pid), 1)
    figures["embedded"] = _on("embedded", options)
    if options.dynamodb:
        figures["dynamodb_local"] = _on(options.dynamodb, options)
    figures["memory"] = _memory(options.requests)
    print_figures(figures)
    write_report(options.report, figures)
    write_chart(options.report.with_suffix(".svg"), figures)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    add = parser.add_argument
    add("--starts", type=int, default=5, help="how often to start (default: %(default)s)")
    add("--rounds", type=int, default=8, help="rounds of requests (default: %(default)s)")
    add("--seconds", type=float, default=1.0, help="how long a round of load takes (default: %(default)s)")
    add("--requests", type=int, default=100_000, help="requests before memory is read again (default: %(default)s)")
    add("--dynamodb", metavar="URL", help="measure on this engine as well, such as DynamoDB Local")
    add(
        "--contender",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="another API with the item of the benchmark",
    )
    add("--report", type=Path, default=REPORTS / "bench.json", help="where the figures go (default: %(default)s)")
    return parser


def _time_to_ready() -> float:
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as data, running_stack(ROOT, ("--data", data)):
        return time.perf_counter() - start


def _on(engine: str, options: argparse.Namespace) -> dict[str, Any]:
    """All that is measured on one DynamoDB."""
    say(f"{engine}: {options.rounds} rounds of each contender, one connection")
    with contextlib.ExitStack() as opened:
        enter = opened.enter_context
        database = ("--no-data",) if engine == "embedded" else ("--dynamodb", engine)
        stack = enter(items_stack((*database, "--inspected")))
        plain = enter(items_stack(database))
        hello, endpoint = enter(hello_stack()), str(stack.dynamodb or engine)
        for one in (stack, plain):
            make_item(one)
        others = {name: Api(url) for name, _, url in (text.partition("=") for text in options.contender)}
        flask = enter(flask_app(endpoint))
        with_items: dict[str, Contender] = {
            "homeport": Api(stack.url),
            PLAIN: Api(plain.url),
            "Flask": flask,
            "bare boto3": enter(bare_boto3(endpoint)),
            **others,
        }
        timings = _latency(options.rounds, with_items, {"homeport": Api(hello.url), "Flask": flask})
        say(f"{engine}: load with {', '.join(map(str, CONNECTIONS))} connections")
        loaded = _throughput(options.seconds, stack, hello, flask)
    return {"latency": timings.as_json(), "throughput": loaded}


def _latency(rounds: int, with_items: Mapping[str, Contender], without: Mapping[str, Contender]) -> Timings:
    timings = Timings()
    for number in range(rounds + 1):
        for call in (HELLO, GET, POST, LIST):
            for name, contender in (without if call is HELLO else with_items).items():
                durations = contender.round(call, ROUND[call])
                # The first round warms up.
                if number:
                    timings.add(call, name, durations)
    return timings


def _throughput(seconds: float, stack: Stack, hello: Stack, flask: Api) -> dict[str, Any]:
    targets = {GET: {"homeport": stack.url, "Flask": flask.url}, HELLO: {"homeport": hello.url, "Flask": flask.url}}
    load = LoadProcess()
    found: dict[str, Any] = {}
    for call, contenders in targets.items():
        for connections in CONNECTIONS if call is GET else (EIGHT,):
            rounds: dict[str, list[Load]] = {name: [] for name in contenders}
            for _ in range(3):
                for name, url in contenders.items():
                    rounds[name].append(load.put(url, call.path, connections, seconds=seconds))
            found[f"{call.name}, {connections}"] = {name: _of_rounds(loads[1:]) for name, loads in rounds.items()}
    load.close()
    return found


def _of_rounds(rounds: Sequence[Load]) -> dict[str, float]:
    return {
        "per_second": round(statistics.mean(load.rate for load in rounds)),
        "p50_us": round(statistics.median(load.p50 for load in rounds)),
        "p99_us": round(statistics.median(load.p99 for load in rounds)),
        "errors": sum(load.errors for load in rounds),
    }


def _memory(requests: int) -> dict[str, float]:
    say(f"memory: {requests:,} requests")
    load = LoadProcess()
    with hello_stack() as stack:
        warm = min(WARM, requests // 2)
        load.put(stack.url, HELLO.path, STEADY, requests=warm)
        before = megabytes(stack.process.pid)
        done = load.put(stack.url, HELLO.path, STEADY, requests=requests - warm)
        after = megabytes(stack.process.pid)
    load.close()
    return {
        "warm_mb": round(before, 1),
        "after_mb": round(after, 1),
        "requests": warm + done.requests,
        "errors": done.errors,
    }


if __name__ == "__main__":
    main()
