"""Measure functions in Node.js beside those in Python, and beside Node.js itself: ``python -m bench.node``.

A call, a saved handler in JavaScript and TypeScript, a cold start beside a plain ``node`` that imports the same module,
and the memory of an idle environment with and without a client of the AWS SDK.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.client import RawClient
from bench.memory import megabytes, tree
from bench.report import REPORTS, say, write_report
from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.environment import read_environment
from homeport.runtime.node.launch import NodeInterpreter
from homeport.runtime.node.sdk import node_sdk
from homeport.runtime.runtimes import LocalRuntimes

RUNTIME = "nodejs22.x"
SPEC = """
openapi: 3.0.3
info: {title: Bench, version: 1.0.0}
paths:
  /in-python: {get: {operationId: inPython, responses: {"200": {description: A text.}}}}
  /in-node: {get: {operationId: inNode, responses: {"200": {description: A text.}}}}
  /in-typescript: {get: {operationId: inTypescript, responses: {"200": {description: A text.}}}}
  /with-client: {get: {operationId: withClient, responses: {"200": {description: A text.}}}}
"""
# Ten times what any figure needs, so that no request is throttled.
STAGES = "stages: {local: {throttle: {rate: 10000, burst: 5000}}}\n"
IN_PYTHON = 'def handler(event, context):\n    return {"statusCode": 200, "body": "0"}\n'
IN_NODE = 'export const handler = async () => ({{ statusCode: 200, body: "{text}" }});\n'
IN_TYPESCRIPT = """
interface Reply {{ statusCode: number; body: string }}

export const handler = async (): Promise<Reply> => ({{ statusCode: 200, body: "{text}" }});
"""
WITH_CLIENT = """
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";

const client = new DynamoDBClient({});

export const handler = async () => ({ statusCode: 200, body: String(client.config.apiVersion) });
"""
EDITED = {"/in-node": ("in_node.mjs", IN_NODE), "/in-typescript": ("in_typescript.ts", IN_TYPESCRIPT)}
FOLDER = Path("service", "handlers")


@dataclass(frozen=True, slots=True)
class NodeFigures:
    """Milliseconds, measured by turns, and the megabytes of an idle environment by the path of its function."""

    calls: Mapping[str, list[float]]
    edits: Mapping[str, list[float]]
    cold: Mapping[str, list[float]]
    own: Mapping[str, list[float]]
    idle: Mapping[str, float]

    def as_json(self) -> dict[str, float]:
        """The medians, and the figures that are quoted."""

        def above_own(path: str) -> float:
            return statistics.median(self.cold[path]) - statistics.median(self.own[path])

        return {
            "call_in_python_p50_ms": _median(self.calls["/in-python"], 3),
            "call_in_node_p50_ms": _median(self.calls["/in-node"], 3),
            "call_ratio": round(
                statistics.median(self.calls["/in-node"]) / statistics.median(self.calls["/in-python"]), 2
            ),
            "edit_to_live_p50_ms": _median(self.edits["/in-node"]),
            "edit_to_live_typescript_p50_ms": _median(self.edits["/in-typescript"]),
            "cold_start_p50_ms": _median(self.cold["/in-node"]),
            "cold_start_above_own_p50_ms": round(above_own("/in-node"), 1),
            "cold_start_with_client_p50_ms": _median(self.cold["/with-client"]),
            "cold_start_with_client_above_own_p50_ms": round(above_own("/with-client"), 1),
            "idle_mb": round(self.idle["/in-node"], 1),
            "idle_with_client_mb": round(self.idle["/with-client"], 1),
        }


def main() -> None:
    """Measure, print a table, keep the figures in a report."""
    parser = argparse.ArgumentParser(prog="python -m bench.node", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="edits and cold starts (default: %(default)s)")
    parser.add_argument("--calls", type=int, default=1500, help="calls of each function (default: %(default)s)")
    parser.add_argument("--report", type=Path, default=REPORTS / "bench-node.json", help="where the figures go")
    options = parser.parse_args()
    figures = measure(options.rounds, options.calls).as_json()
    for name, value in rows(figures):
        print(f"{name:<58}{value:>12}")
    write_report(options.report, figures)


def measure(rounds: int, calls: int) -> NodeFigures:
    """Return everything: of so many edits and cold starts, and so many calls of each function."""
    node = LocalRuntimes.of_environment().node(RUNTIME)
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        project = _write_project(Path(folder))
        with running_stack(project, ("--dynamodb", "none", "--reload")) as stack:
            say(f"calls: {calls} of a function in Python and of one in Node.js, by turns")
            called = _calls(stack, calls)
            idle = _idle(stack)
            say(f"edits: {rounds} in JavaScript and in TypeScript")
            edits = {path: _edits(stack, project, path, rounds) for path in EDITED}
            say(f"cold starts: {rounds}, each beside a plain node")
            cold, own = _cold_starts(stack, project, node, rounds)
    return NodeFigures(called, edits, cold, own, idle)


def _write_project(root: Path) -> Path:
    files = {
        "openapi.yaml": SPEC,
        "deploy/stages.yaml": STAGES,
        f"{FOLDER}/in_python.py": IN_PYTHON,
        f"{FOLDER}/with_client.mjs": WITH_CLIENT,
        **{f"{FOLDER}/{name}": text.format(text=0) for name, text in EDITED.values()},
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@contextmanager
def _connection(stack: Stack) -> Iterator[RawClient]:
    client = RawClient(stack.url)
    try:
        yield client
    finally:
        client.close()


def _calls(stack: Stack, count: int) -> dict[str, list[float]]:
    """Return the times of calls of warm environments."""
    found: dict[str, list[float]] = {"/in-python": [], "/in-node": []}
    with _connection(stack) as client:
        for number in range(count + 20):
            for path, times in found.items():
                taken = client.time_request("GET", path) / 1000
                if number >= 20:
                    times.append(taken)
    return found


def _edits(stack: Stack, root: Path, path: str, count: int) -> list[float]:
    """Return the times from the moment that a handler is saved until it answers."""
    name, text = EDITED[path]
    found = []
    with _connection(stack) as client:
        for number in range(1, count + 1):
            time.sleep(0.2)
            start = time.perf_counter()
            (root / FOLDER / name).write_text(text.format(text=number))
            while client.request("GET", path)[1] != str(number).encode():
                time.sleep(0.002)
            found.append((time.perf_counter() - start) * 1000)
    return found


def _cold_starts(
    stack: Stack, root: Path, node: NodeInterpreter, count: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Return the times of an environment's first call, and those of a plain ``node`` that imports the same file."""
    files = {"/in-node": EDITED["/in-node"][0], "/with-client": "with_client.mjs"}
    cold: dict[str, list[float]] = {path: [] for path in files}
    own: dict[str, list[float]] = {path: [] for path in files}
    sdk = node_sdk(read_environment().cache_dir, node, say)
    (root / "node_modules").symlink_to(sdk / "node_modules")
    with _connection(stack) as client:
        for number in range(count):
            for path, name in files.items():
                file = root / FOLDER / name
                # Any saved file gives the next request a new environment.
                file.write_text(f"{file.read_text().rstrip()} // {number}\n")
                client.request("GET", "/in-python")
                cold[path].append(client.time_request("GET", path) / 1000)
                own[path].append(_own_start(node, file))
    return cold, own


def _own_start(node: NodeInterpreter, file: Path) -> float:
    """Return the milliseconds that Node.js needs to start, import a file, and end."""
    start = time.perf_counter()
    variables = {"PATH": os.environ["PATH"], "AWS_REGION": "us-east-1"}
    subprocess.run([node.path, str(file)], env=variables, check=True, capture_output=True)
    return (time.perf_counter() - start) * 1000


def _idle(stack: Stack) -> dict[str, float]:
    """Return the megabytes of the environments in Node.js after a first call."""
    found: dict[str, float] = {}
    known = _node_processes(stack)
    with _connection(stack) as client:
        client.time_request("GET", "/with-client")
    time.sleep(1)
    now = _node_processes(stack)
    for path, processes in {"/in-node": known, "/with-client": now - known}.items():
        found[path] = statistics.median(megabytes(pid) for pid in processes)
    return found


def _node_processes(stack: Stack) -> set[int]:
    commands = {pid: Path(f"/proc/{pid}/cmdline") for pid in tree(stack.process.pid)}
    return {pid for pid, file in commands.items() if file.exists() and b"bootstrap.cjs" in file.read_bytes()}


def _median(values: list[float], digits: int = 1) -> float:
    return round(statistics.median(values), digits)


def rows(figures: Mapping[str, float]) -> list[tuple[str, str]]:
    """The figures as people read them."""
    return [
        ("a call of a function in Node.js to one in Python, p50", f"{figures['call_ratio']:.2f}"),
        ("a saved handler answers, p50", f"{figures['edit_to_live_p50_ms']:.0f} ms"),
        ("a saved handler in TypeScript answers, p50", f"{figures['edit_to_live_typescript_p50_ms']:.0f} ms"),
        ("cold start above a plain node's, p50", f"{figures['cold_start_above_own_p50_ms']:.0f} ms"),
        ("the same with an SDK client", f"{figures['cold_start_with_client_above_own_p50_ms']:.0f} ms"),
        ("an idle environment", f"{figures['idle_mb']:.0f} MB"),
        ("the same with an SDK client", f"{figures['idle_with_client_mb']:.0f} MB"),
    ]


if __name__ == "__main__":
    main()
