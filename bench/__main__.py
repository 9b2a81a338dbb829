"""Measure the stack of this repository beside what it is held against: ``make bench``, two to three minutes.

Whole rounds of each contender are interleaved, so that a slow moment of the machine hits all of them; what counts are
the ratios of medians of one run.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import contract, runtime
from bench.chart import write_chart
from bench.contenders import GET, HELLO, Api, bare_boto3, flask_app, make_item
from bench.load import LoadProcess
from bench.memory import megabytes
from bench.report import PERFORMANCE, REPORTS, ROOT, say, show, write_report
from bench.rounds import CONNECTIONS, Contender, latency, throughput
from bench.stacks import hello_stack, items_stack, reasons
from bench.tables import lines
from homeport.contract.fixtures.stack import running_stack

CHART = PERFORMANCE.with_suffix(".svg")
# Memory is compared from here on, with so many connections: all threads and environments are there by then.
WARM, STEADY = 20_000, 4
# What `homeport dev` starts by itself.
USUAL = ("--inspected",)
# As with `homeport dev --no-record --no-inspector`.
PLAIN = "homeport, not recording"


def main() -> None:
    """Measure, print tables, keep the figures and a chart."""
    options = _parser().parse_args()
    figures: dict[str, Any] = {
        "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    }
    # As pip leaves it: where compiled modules can't be written, each process would compile the kit at its start.
    compileall.compile_dir(ROOT / "homeport", quiet=1)
    say(f"ready: {options.starts} starts")
    starts = [(_time_to_ready(), _time_to_flask()) for _ in range(1 + options.starts)]
    # The first start of each reads files that are in no cache yet, and the project for the app's variables.
    figures["ready_s"], figures["flask_ready_s"] = (
        round(statistics.median(times), 3) for times in zip(*starts[1:], strict=True)
    )
    with running_stack(ROOT, USUAL) as stack:
        time.sleep(2)
        figures["idle_mb"] = round(megabytes(stack.process.pid), 1)
    figures["embedded"] = _on("embedded", options)
    if options.dynamodb:
        figures["dynamodb_local"] = _on(options.dynamodb, options)
    figures["memory"] = _memory(options.requests)
    say("the local Lambda: cold starts, edits, two cores")
    figures["lambda"] = runtime.measure(options.edits, 2, options.seconds).as_json()
    if not options.no_contract:
        say("the contract tests")
        figures["contract"] = _contract(options.max_examples)
    text = "\n".join(lines(figures))
    print(text)
    write_report(options.report, figures)
    write_chart(options.report.with_suffix(".svg"), figures)
    if options.docs:
        show(PERFORMANCE, "bench", f"```text\n{text}\n```")
        write_chart(CHART, figures)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    add = parser.add_argument
    add("--starts", type=int, default=5, help="how often to start (default: %(default)s)")
    add("--rounds", type=int, default=40, help="rounds of requests (default: %(default)s)")
    add("--seconds", type=float, default=1.0, help="how long a round of load takes (default: %(default)s)")
    add("--requests", type=int, default=100_000, help="requests before memory is read again (default: %(default)s)")
    add("--edits", type=int, default=10, help="edits, and cold starts (default: %(default)s)")
    add("--max-examples", type=int, metavar="N", help="contract cases per operation and phase")
    add("--no-contract", action="store_true", help="leave the contract tests out")
    add("--docs", action="store_true", help="have docs/performance.md show the figures")
    add("--dynamodb", metavar="URL", help="measure on this engine as well, such as DynamoDB Local")
    add(
        "--peer",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="another API with the item of the benchmark",
    )
    add("--report", type=Path, default=REPORTS / "bench.json", help="where the figures go (default: %(default)s)")
    return parser


def _time_to_ready() -> float:
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as data, running_stack(ROOT, ("--data", data, *USUAL)):
        return time.perf_counter() - start


def _time_to_flask() -> float:
    start = time.perf_counter()
    # Nobody calls the endpoint: the app makes its client when it is first used.
    with flask_app("http://127.0.0.1:9"):
        return time.perf_counter() - start


def _on(engine: str, options: argparse.Namespace) -> dict[str, Any]:
    """All that is measured on one DynamoDB."""
    say(f"{engine}: {options.rounds} rounds of each contender, one connection")
    with contextlib.ExitStack() as opened:
        enter = opened.enter_context
        database = ("--no-data",) if engine == "embedded" else ("--dynamodb", engine)
        stack = enter(items_stack((*database, *USUAL)))
        plain = enter(items_stack(database))
        hello, endpoint = enter(hello_stack()), str(stack.dynamodb or engine)
        for one in (stack, plain):
            make_item(one)
        others = {name: Api(url) for name, _, url in (text.partition("=") for text in options.peer)}
        flask = enter(flask_app(endpoint))
        with_items: dict[str, Contender] = {
            "homeport": Api(stack.url),
            PLAIN: Api(plain.url),
            "Flask": flask,
            "bare boto3": enter(bare_boto3(endpoint)),
            **others,
        }
        timings = latency(options.rounds, with_items, {"homeport": Api(hello.url), "Flask": flask})
        say(f"{engine}: load with {', '.join(map(str, CONNECTIONS))} connections")
        targets = {
            GET: {"homeport": stack.url, "Flask": flask.url},
            HELLO: {"homeport": hello.url, "Flask": flask.url},
        }
        loaded = throughput(options.seconds, targets)
        if any(load["errors"] for contenders in loaded.values() for load in contenders.values()):
            # A client is told of an internal error, and the console has its reason.
            for line in (*reasons(stack), *reasons(hello)):
                say(line)
    return {"latency": timings.as_json(), "throughput": loaded}


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


def _contract(max_examples: int | None) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        cost, _ = contract.kit_cost(Path(folder), max_examples)
    return {"cases": cost.cases, "seconds": round(cost.passed, 1), "per_second": round(cost.cases / cost.passed, 1)}


if __name__ == "__main__":
    main()
