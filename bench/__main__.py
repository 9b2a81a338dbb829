"""Measure the stack of this repository: ``make bench``.

Whole rounds of each contender are interleaved, so that a slow moment of the machine hits both; what counts are the
ratios of medians of one run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.client import RawClient
from bench.memory import megabytes
from homeport.contract.stack import Stack, running_stack
from homeport.environment import read_environment
from homeport.runtime.interpreter import find_interpreter
from homeport.runtime.launch import function_packages
from homeport.spec.load import load_project

ROOT = Path(__file__).parents[1]
CALLS = 100
# Where the time goes: a request that no route takes ends in the gateway, one that fails validation in the function.
LAYERS = {"gateway_only": ("/no-such-route", 404), "no_database": ("/items?limit=none", 400)}
ITEM = {"itemId": "bench", "name": "Widget", "price": 9.5, "tags": ["a", "b"]}


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds, microseconds and megabytes of one run. ``layers`` are requests that go less deep, by what they reach."""

    ready: list[float]
    get_item: list[float]
    bare: list[float]
    layers: dict[str, list[float]]
    idle: float

    def as_json(self) -> dict[str, float]:
        """The medians, and the ratio that is quoted."""
        get_item, bare = statistics.median(self.get_item), statistics.median(self.bare)
        return {
            "ready_s": round(statistics.median(self.ready), 3),
            "get_item_p50_us": round(get_item),
            "bare_get_item_p50_us": round(bare),
            "get_item_ratio": round(get_item / bare, 3),
            **{f"{layer}_p50_us": round(statistics.median(taken)) for layer, taken in self.layers.items()},
            "idle_mb": round(self.idle, 1),
        }


def main() -> None:
    """Measure, print a table, keep the figures in a report."""
    options = _parser().parse_args()
    say(f"ready time: {options.starts} starts")
    ready = [_time_to_ready() for _ in range(options.starts)]
    with running_stack(ROOT) as stack:
        time.sleep(2)
        idle = megabytes(stack.process.pid)
        say(f"GET /items/{{itemId}} against bare boto3: {options.rounds} rounds of {CALLS} calls each")
        get_item, bare, layers = _compare(stack, options.rounds)
    figures = Figures(ready, get_item, bare, layers, idle).as_json()
    _print(figures)
    options.report.parent.mkdir(exist_ok=True)
    options.report.write_text(json.dumps(figures, indent=2) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--starts", type=int, default=5, help="how often to start (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=12, help="rounds of requests (default: %(default)s)")
    parser.add_argument("--report", type=Path, default=ROOT / "reports" / "bench.json", help="where the figures go")
    return parser


def _time_to_ready() -> float:
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as data, running_stack(ROOT, ("--data", data)):
        return time.perf_counter() - start


def _compare(stack: Stack, rounds: int) -> tuple[list[float], list[float], dict[str, list[float]]]:
    client = RawClient(stack.url)
    status, body = client.request("POST", "/items", json.dumps(ITEM).encode())
    assert status == 201, body
    through_stack: list[float] = []
    bare: list[float] = []
    layers: dict[str, list[float]] = {layer: [] for layer in LAYERS}
    with _bare_loop(stack) as loop:
        _bare_round(loop, CALLS)
        _stack_round(client, CALLS)
        for _ in range(rounds):
            bare += _bare_round(loop, CALLS)
            through_stack += _stack_round(client, CALLS)
            for layer, (path, expected) in LAYERS.items():
                layers[layer] += [client.timed("GET", path, expected) for _ in range(CALLS)]
        assert loop.stdin is not None
        loop.stdin.close()
    client.close()
    return through_stack, bare, layers


def _bare_loop(stack: Stack) -> subprocess.Popen[str]:
    project = load_project(ROOT, "local")
    interpreter = find_interpreter(project.stage.runtime, os.environ.get("PATH", ""), Path.home())
    packages = function_packages(read_environment().cache_dir, ROOT, interpreter, say)
    tables = {table.variable: project.stage.table_name(name) for name, table in project.resources.tables.items()}
    variables = {
        "AWS_ENDPOINT_URL_DYNAMODB": str(stack.dynamodb),
        "AWS_REGION": project.stage.region,
        "AWS_DEFAULT_REGION": project.stage.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        **tables,
    }
    command = [interpreter.path, str(ROOT / "bench" / "bare.py"), str(ROOT), str(packages), str(ITEM["itemId"])]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables)


def _bare_round(loop: subprocess.Popen[str], calls: int) -> list[float]:
    assert loop.stdin is not None and loop.stdout is not None
    loop.stdin.write(f"{calls}\n")
    loop.stdin.flush()
    durations: list[float] = json.loads(loop.stdout.readline())
    return durations


def _stack_round(client: RawClient, calls: int) -> Sequence[float]:
    return [client.timed("GET", f"/items/{ITEM['itemId']}") for _ in range(calls)]


def _print(figures: dict[str, Any]) -> None:
    rows = [
        ("ready, from process start", f"{figures['ready_s']:.2f} s"),
        ("GET /items/{itemId}, whole stack, p50", f"{figures['get_item_p50_us']} us"),
        ("bare boto3 GetItem, same endpoint, p50", f"{figures['bare_get_item_p50_us']} us"),
        ("ratio", f"{figures['get_item_ratio']:.2f}"),
        ("of it: server and gateway (an unknown route)", f"{figures['gateway_only_p50_us']} us"),
        ("of it: the same and the function (a 400)", f"{figures['no_database_p50_us']} us"),
        ("idle memory of all processes", f"{figures['idle_mb']:.0f} MB"),
    ]
    for name, value in rows:
        print(f"{name:<46}{value:>12}")


def say(line: str) -> None:
    """Progress, away from the figures."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
