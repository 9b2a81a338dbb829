"""Measure the local Lambda: ``python -m bench.runtime``.

How soon a saved handler answers, what a cold start costs beside the handler's own import, what a call costs beside the
handler, and whether eight connections use both cores.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.client import RawClient
from bench.report import REPORTS, say, write_report
from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.environment import read_environment
from homeport.project.load import load_project
from homeport.runtime.function_config import FunctionConfig, function_configs
from homeport.runtime.host.interpreter import find_interpreter
from homeport.runtime.host.launch import ParentSetup, function_packages, start_parent
from homeport.runtime.host.pool import PoolRuntime

CONNECTIONS = 8
# A burst of the machine's other work is over before the next pair of rounds.
SECONDS = 2.0

SPEC = """
openapi: 3.0.3
info: {title: Bench, version: 1.0.0}
paths:
  /edit: {get: {operationId: edit, responses: {"200": {description: Its text.}}}}
  /cold: {get: {operationId: cold, responses: {"200": {description: How long its import took.}}}}
  /busy: {get: {operationId: busy, responses: {"200": {description: Nothing.}}}}
"""
# Ten times what any figure needs, so that no request is throttled.
STAGES = "stages: {local: {throttle: {rate: 10000, burst: 5000}}}\n"
EDIT = 'def handler(event, context):\n    return {{"statusCode": 200, "body": "{text}"}}\n'
COLD = """
import time

start = time.perf_counter()
import boto3

client = boto3.client("dynamodb")
IMPORT_MS = (time.perf_counter() - start) * 1000

def handler(event, context):
    return IMPORT_MS
"""
BUSY = """
import time

def handler(event, context):
    end = time.thread_time() + 0.01
    while time.thread_time() < end:
        pass
    return {"statusCode": 200}
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds, and requests per second with one and with eight connections, round by round."""

    edit_to_live: list[float]
    cold_start: list[float]
    call: list[float]
    one: list[float]
    eight: list[float]

    def as_json(self) -> dict[str, float]:
        """The medians, and the ratio that is quoted."""
        ratio = statistics.median(eight / one for one, eight in zip(self.one, self.eight, strict=True))
        return {
            "edit_to_live_p50_ms": round(statistics.median(self.edit_to_live), 1),
            "cold_start_p50_ms": round(statistics.median(self.cold_start), 1),
            "call_p50_ms": round(statistics.median(self.call), 3),
            "one_connection_rps": round(statistics.median(self.one), 1),
            "eight_connections_rps": round(statistics.median(self.eight), 1),
            "eight_to_one_ratio": round(ratio, 2),
        }


def main() -> None:
    """Measure, print a table, keep the figures in a report."""
    options = _parser().parse_args()
    figures = measure(options.rounds, options.pairs, options.seconds).as_json()
    _print(figures)
    write_report(options.report, figures)


def measure(rounds: int, pairs: int, seconds: float) -> Figures:
    """Everything: so many edits and cold starts, and pairs of rounds of so many seconds."""
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        project = _write_project(Path(folder))
        with _pool(project) as (runtime, configs):
            say(f"cold starts: {rounds}")
            cold = _cold_starts(runtime, configs, rounds)
            say(f"calls: {rounds * 50}")
            calls = _calls(runtime, rounds * 50)
        with running_stack(project, ("--dynamodb", "none", "--reload")) as stack:
            say(f"edits: {rounds}")
            edits = _edits(stack, project, rounds)
            say(f"one and {CONNECTIONS} connections: {pairs} pairs of rounds of {seconds:g} s")
            _throughput(stack, CONNECTIONS, 0.5)
            found = [_pair(stack, seconds) for _ in range(pairs)]
    return Figures(edits, cold, calls, [one for one, _ in found], [eight for _, eight in found])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.runtime", description=__doc__)
    add = parser.add_argument
    add("--rounds", type=int, default=20, help="edits and cold starts (default: %(default)s)")
    add("--pairs", type=int, default=5, help="rounds with one and with eight connections (default: %(default)s)")
    add("--seconds", type=float, default=SECONDS, help="how long such a round takes (default: %(default)s)")
    add("--report", type=Path, default=REPORTS / "bench-runtime.json", help="where the figures go")
    return parser


def _write_project(root: Path) -> Path:
    files = {
        "openapi.yaml": SPEC,
        "deploy/stages.yaml": STAGES,
        "service/handlers/edit.py": EDIT.format(text="0"),
        "service/handlers/cold.py": COLD,
        "service/handlers/busy.py": BUSY,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@contextmanager
def _pool(root: Path) -> Iterator[tuple[PoolRuntime, dict[str, FunctionConfig]]]:
    project = load_project(root)
    interpreter = find_interpreter(project.stage.runtime, os.environ.get("PATH", ""), Path.home())
    packages = function_packages(read_environment().cache_dir, root, interpreter, say)
    # An endpoint that nobody calls: a client is made, not used.
    url = "http://127.0.0.1:9"
    configs = function_configs(project.api, project.stage, project.resources, dynamodb_url=url, account_id="0" * 12)
    with tempfile.TemporaryDirectory(prefix="hp-") as home:
        setup = ParentSetup(interpreter, packages, root, Path(home))
        status, write = os.pipe()
        os.set_inheritable(write, True)
        parent = start_parent(setup, status=write)
        os.close(write)
        os.read(status, 64)
        os.close(status)
        runtime = PoolRuntime(configs, setup.socket_path, setup.scratch)
        try:
            yield runtime, configs
        finally:
            runtime.close()
            parent.terminate()
            parent.wait()


def _cold_starts(runtime: PoolRuntime, configs: dict[str, FunctionConfig], count: int) -> list[float]:
    """Return the time of an environment's first call without the handler's import."""
    found = []
    for _ in range(count):
        runtime.replace(configs)
        start = time.perf_counter()
        imported = float(runtime.invoke("cold", b"{}").payload)
        found.append((time.perf_counter() - start) * 1000 - imported)
    return found


def _calls(runtime: PoolRuntime, count: int) -> list[float]:
    """Return the time of a call of a warm environment, with the event of an ordinary request."""
    event = json.dumps({"headers": {f"header-{n}": "x" * 50 for n in range(20)}, "body": "x" * 500}).encode()
    runtime.invoke("edit", event)
    found = []
    for _ in range(count):
        start = time.perf_counter()
        runtime.invoke("edit", event)
        found.append((time.perf_counter() - start) * 1000)
    return found


def _edits(stack: Stack, root: Path, count: int) -> list[float]:
    """From the moment that a handler is saved until it answers."""
    client, handler = RawClient(stack.url), root / "service" / "handlers" / "edit.py"
    found = []
    for number in range(1, count + 1):
        time.sleep(0.2)
        start = time.perf_counter()
        handler.write_text(EDIT.format(text=number))
        while client.request("GET", "/edit")[1] != str(number).encode():
            time.sleep(0.002)
        found.append((time.perf_counter() - start) * 1000)
    client.close()
    return found


def _pair(stack: Stack, seconds: float) -> tuple[float, float]:
    return _throughput(stack, 1, seconds), _throughput(stack, CONNECTIONS, seconds)


def _throughput(stack: Stack, connections: int, seconds: float) -> float:
    """Requests per second."""
    clients = [RawClient(stack.url) for _ in range(connections)]
    for client in clients:
        client.time_request("GET", "/busy")
    end = time.perf_counter() + seconds
    counts = [0] * connections

    def load(number: int) -> None:
        while time.perf_counter() < end:
            clients[number].time_request("GET", "/busy")
            counts[number] += 1

    threads = [threading.Thread(target=load, args=(number,)) for number in range(connections)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    for client in clients:
        client.close()
    return sum(counts) / took


def _print(figures: Mapping[str, float]) -> None:
    for name, value in rows(figures):
        print(f"{name:<46}{value:>12}")


def rows(figures: Mapping[str, float]) -> list[tuple[str, str]]:
    """The figures as people read them."""
    return [
        ("a saved handler answers, p50", f"{figures['edit_to_live_p50_ms']:.0f} ms"),
        ("cold start beside the handler's import, p50", f"{figures['cold_start_p50_ms']:.0f} ms"),
        ("a call beside the handler, p50", f"{figures['call_p50_ms']:.3f} ms"),
        ("10 ms of CPU a request, one connection", f"{figures['one_connection_rps']:.0f}/s"),
        (f"the same, {CONNECTIONS} connections", f"{figures['eight_connections_rps']:.0f}/s"),
        ("ratio", f"{figures['eight_to_one_ratio']:.2f}"),
    ]


if __name__ == "__main__":
    main()
