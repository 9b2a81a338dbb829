"""Time and memory by the size of an API: ``python -m bench.growth``.

Operations in the spec, bytes in a body, environments of a function, items of a list: each a tenfold or so at a time,
so that a table shows whether a cost is flat or linear.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import pages
from bench.client import RawClient
from bench.contenders import HELLO as HELLO_CALL
from bench.load import LoadProcess
from bench.memory import megabytes
from bench.report import PERFORMANCE, REPORTS, say, show, table, write_report
from bench.stacks import HELLO, hello_stack, write_project
from homeport.contract.fixtures.stack import Stack, running_stack

OPERATIONS = (10, 100, 1000)
BODIES = (1_000, 10_000, 100_000, 1_000_000, 5_000_000)
ENVIRONMENTS = (1, 8, 64)
CONNECTIONS = (8, 32, 128, 500)
ROUTE = """  /things%d/{id}/parts:
    get:
      operationId: part%d
      x-homeport: {handler: hello, function: all}
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: A greeting.}}
"""
ECHO_ROUTE = """  /echo:
    post:
      operationId: echo
      x-homeport: {memory: 1024}
      responses: {"200": {description: The body.}}
"""
ECHO = """
def handler(event, context):
    return {"statusCode": 200, "body": event["body"]}
"""
SLOW = """
import time

def handler(event, context):
    time.sleep(0.1)
    return {"statusCode": 200}
"""


def main() -> None:
    """Measure, print tables, keep the figures in a report."""
    options = _parser().parse_args()
    figures = {
        "operations": [_with_operations(count) for count in options.operations],
        "bodies": _with_bodies(options.bodies),
        "environments": _with_environments(options.environments),
        "connections": _with_connections(options.connections),
    }
    say("items")
    measured = pages.measure(options.items)
    tables = (
        table(["operations", "ready, s", "last route p50, µs", "memory, MB"], _rows(figures["operations"])),
        table(["body, bytes", "p50, µs", "MB a second"], _rows(figures["bodies"])),
        table(["connections", "calls of 100 ms a second", "memory, MB"], _rows(figures["environments"])),
        table(
            ["connections", "calls without a database a second", "p50, ms", "p99, ms", "failed", "memory, MB"],
            _rows(figures["connections"]),
        ),
        pages.page_table(measured),
    )
    text = "\n\n".join(tables)
    print(text)
    write_report(options.report, {**figures, "items": pages.plain(measured)})
    if options.docs:
        show(PERFORMANCE, "growth", text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    add = parser.add_argument
    add("--operations", type=int, nargs="+", default=OPERATIONS, help="operations in the spec (default: %(default)s)")
    add("--bodies", type=int, nargs="+", default=BODIES, help="bytes in a body (default: %(default)s)")
    add("--environments", type=int, nargs="+", default=ENVIRONMENTS, help="calls at once (default: %(default)s)")
    add("--connections", type=int, nargs="+", default=CONNECTIONS, help="of a quick function (default: %(default)s)")
    add("--items", type=int, default=pages.SIZES[-1], help="the largest table (default: %(default)s)")
    add("--docs", action="store_true", help="have docs/performance.md show the tables")
    add(
        "--report", type=Path, default=REPORTS / "bench-growth.json", help="where the figures go (default: %(default)s)"
    )
    return parser


def _rows(figures: Sequence[dict[str, Any]]) -> list[list[str]]:
    return [[f"{value:,}" for value in figure.values()] for figure in figures]


def _with_operations(count: int) -> dict[str, Any]:
    say(f"{count} operations")
    routes = "".join(ROUTE % (number, number) for number in range(count))
    start = time.perf_counter()
    # A thousand routes of an HTTP API are more resources than a stack holds; a REST API is one resource.
    with _running(routes, {"hello": HELLO}, "rest") as stack:
        ready = time.perf_counter() - start
        taken = _median_us(stack, "GET", f"/things{count - 1}/1/parts", b"")
        return {"count": count, "ready_s": round(ready, 2), "p50_us": taken, "mb": round(megabytes(stack.process.pid))}


def _with_bodies(sizes: Sequence[int]) -> list[dict[str, Any]]:
    say("bodies")
    with _running(ECHO_ROUTE, {"echo": ECHO}) as stack:
        return [_with_body(stack, size) for size in sizes]


def _with_body(stack: Stack, size: int) -> dict[str, Any]:
    taken = _median_us(stack, "POST", "/echo", b"x" * size)
    return {"bytes": size, "p50_us": taken, "mb_per_s": round(2 * size / taken, 1)}


def _with_environments(counts: Sequence[int]) -> list[dict[str, Any]]:
    say("environments")
    found = []
    route = '  /slow: {get: {operationId: slow, responses: {"200": {description: Nothing.}}}}\n'
    with _running(route, {"slow": SLOW}) as stack:
        load = LoadProcess()
        for count in counts:
            load.put(stack.url, "/slow", count, seconds=3)
            done = load.put(stack.url, "/slow", count, seconds=2)
            memory = round(megabytes(stack.process.pid))
            found.append({"connections": count, "per_s": round(done.rate, 1), "mb": memory})
        load.close()
    return found


def _with_connections(counts: Sequence[int]) -> list[dict[str, Any]]:
    say("connections")
    found = []
    with hello_stack() as stack:
        load = LoadProcess()
        for count in counts:
            load.put(stack.url, HELLO_CALL.path, count, seconds=1)
            done = load.put(stack.url, HELLO_CALL.path, count, seconds=3)
            times: dict[str, Any] = {"p50_ms": round(done.p50 / 1000, 1), "p99_ms": round(done.p99 / 1000, 1)}
            ended = {"failed": done.errors, "mb": round(megabytes(stack.process.pid))}
            found.append({"connections": count, "per_s": round(done.rate), **times, **ended})
        load.close()
    return found


@contextlib.contextmanager
def _running(routes: str, handlers: dict[str, str], flavor: str = "http") -> Iterator[Stack]:
    spec = f"openapi: 3.0.3\ninfo: {{title: Growth, version: 1.0.0}}\npaths:\n{routes}"
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        root = write_project(Path(folder), spec, handlers, flavor)
        with running_stack(root, ("--dynamodb", "none")) as stack:
            yield stack


def _median_us(stack: Stack, method: str, path: str, body: bytes) -> int:
    client = RawClient(stack.url)
    durations = [client.time_request(method, path, 200, body) for _ in range(30)]
    client.close()
    return round(statistics.median(durations[5:]))


if __name__ == "__main__":
    main()
