"""The embedded DynamoDB by itself: ``python -m bench.engine``, also beside another checkout of the kit.

Each engine keeps its data in a folder and is filled with items of 1 KB. Requests of one kind go to the engines in
turns, over raw sockets; with ``--beside`` the ratio of the medians is what counts, since both had the same machine. At
the end each is killed with SIGKILL and started again, in turns with one on an empty folder: how long it takes from the
start of the process until it answers a GetItem, and the memory that it has then.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.client import RawClient
from bench.memory import megabytes
from bench.report import REPORTS, ROOT, say, table, write_report

PADDING = "x" * 900
ROUNDS = 5
_HEADERS = {"Content-Type": "application/x-amz-json-1.0", "Authorization": "AWS4-HMAC-SHA256 Credential=a/b/us-east-1/"}
_TABLE = "things"
_CREATE = {
    "TableName": _TABLE,
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
        {"AttributeName": "state", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "byState",
            "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
_PARTITION = 200
_BATCH = 25
_SECONDS_BETWEEN_LINES = 10


@dataclass
class Engine:
    """A checkout's engine on a port, and what was measured of it, in milliseconds."""

    name: str
    root: Path
    data: Path
    process: subprocess.Popen[str]
    url: str
    times: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)

    def ask(self, client: RawClient, action: str, request: Mapping[str, Any]) -> Any:
        """Send one request and return what was answered."""
        headers = {**_HEADERS, "X-Amz-Target": f"DynamoDB_20120810.{action}"}
        status, body = client.request("POST", "/", json.dumps(request).encode(), headers)
        assert status == 200, body[:300]
        return json.loads(body)

    def time(self, client: RawClient, action: str, request: Mapping[str, Any]) -> float:
        """Return the milliseconds that one request takes."""
        headers = {**_HEADERS, "X-Amz-Target": f"DynamoDB_20120810.{action}"}
        body = json.dumps(request).encode()
        start = time.perf_counter()
        status, answer = client.request("POST", "/", body, headers)
        taken = (time.perf_counter() - start) * 1000
        assert status == 200, answer[:300]
        return taken


def main() -> None:
    """Fill, measure in turns, kill, start again."""
    options = _parser().parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="homeport-", dir=options.folder)))
        roots = {"here": ROOT, **({"beside": options.beside.resolve()} if options.beside else {})}
        engines = [stack.enter_context(_running(name, root, folder / name)) for name, root in roots.items()]
        for engine in engines:
            engine.figures["fill, items a second"] = _fill(engine, options.items)
        for _ in range(ROUNDS):
            for name, request in _requests(options.items).items():
                for engine in engines:
                    _measure(engine, name, request)
            for engine in engines:
                engine.times.setdefault("GetItem, 8 connections, a second", []).append(_rate(engine, options.items))
        for engine in engines:
            engine.figures["MB before the kill"] = round(megabytes(engine.process.pid))
            engine.figures["MB on the disk"] = round(sum(file.stat().st_size for file in engine.data.iterdir()) / 1e6)
        for turn in range(ROUNDS):
            for engine in engines:
                _start_again(engine)
                _start_empty(engine, folder / f"{engine.name}-empty-{turn}")
        for engine in engines:
            engine.figures["MB after it"] = round(megabytes(engine.process.pid))
            engine.figures["open, s of the processor"] = round(_cpu_seconds(engine), 2)
    text = _table(engines)
    print(text)
    write_report(options.report, {engine.name: {**_medians(engine), **engine.figures} for engine in engines})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description=__doc__)
    add = parser.add_argument
    add("--items", type=int, default=20_000, help="how many are in the table (default: %(default)s)")
    add("--beside", type=Path, metavar="DIR", help="another checkout of the kit, measured in turns with this one")
    add("--folder", type=Path, metavar="DIR", help="where the data goes while it runs (default: the system's)")
    add("--report", type=Path, default=REPORTS / "bench-engine.json", help="where the figures go")
    return parser


@contextmanager
def _running(name: str, root: Path, data: Path) -> Iterator[Engine]:
    process, url = _start(root, data)
    engine = Engine(name, root, data, process, url)
    try:
        yield engine
    finally:
        engine.process.terminate()
        engine.process.wait()


def _start(root: Path, data: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "homeport", "dynamodb", "--port", "0", "--data", str(data)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ready "):
            return process, line.split()[1]
    raise RuntimeError(f"{root}: the engine did not start")


def _item(number: int) -> dict[str, Any]:
    return {
        "pk": {"S": f"p{number // _PARTITION}"},
        "sk": {"N": str(number % _PARTITION)},
        "state": {"S": f"s{number % 100}"},
        "tags": {"L": [{"S": "a"}, {"N": str(number)}]},
        "text": {"S": PADDING},
    }


def _fill(engine: Engine, items: int) -> float:
    """Have two writers write the items, one encodes while the engine stores; return how many were stored a second."""
    client = RawClient(engine.url)
    engine.ask(client, "CreateTable", _CREATE)
    client.close()
    start, batches, stored = time.perf_counter(), iter(range(0, items, _BATCH)), itertools.count(_BATCH, _BATCH)
    said = [start]

    def write() -> None:
        client = RawClient(engine.url)
        for first in batches:
            writes = [{"PutRequest": {"Item": _item(number)}} for number in range(first, min(first + _BATCH, items))]
            engine.ask(client, "BatchWriteItem", {"RequestItems": {_TABLE: writes}})
            count, now = min(next(stored), items), time.perf_counter()
            if now - said[0] > _SECONDS_BETWEEN_LINES or count == items:
                said[0], rate = now, count / (now - start)
                left = round((items - count) / rate)
                say(f"{engine.name}: {count:,} of {items:,} items, {rate:,.0f} a second, {left} s left")
        client.close()

    with ThreadPoolExecutor(2) as pool:
        for writer in [pool.submit(write) for _ in range(2)]:
            writer.result()
    return round(items / (time.perf_counter() - start))


def _requests(items: int) -> dict[str, tuple[int, str, Callable[[random.Random], Mapping[str, Any]]]]:
    """Return each kind of request by its name: how many of them make a round, the action, and a maker."""

    def key(chance: random.Random) -> dict[str, Any]:
        item = _item(chance.randrange(items))
        return {name: item[name] for name in ("pk", "sk")}

    def partition(chance: random.Random) -> str:
        return f"p{chance.randrange(max(1, items // _PARTITION))}"

    count = "SET #c = if_not_exists(#c, :zero) + :one"
    names = {"ExpressionAttributeNames": {"#c": "count"}}
    values = {"ExpressionAttributeValues": {":zero": {"N": "0"}, ":one": {"N": "1"}}}
    return {
        "GetItem": (400, "GetItem", lambda chance: {"TableName": _TABLE, "Key": key(chance)}),
        "PutItem": (400, "PutItem", lambda chance: {"TableName": _TABLE, "Item": _item(chance.randrange(items))}),
        "UpdateItem": (
            300,
            "UpdateItem",
            lambda chance: {"TableName": _TABLE, "Key": key(chance), "UpdateExpression": count, **names, **values},
        ),
        "Query of 100": (
            40,
            "Query",
            lambda chance: {
                "TableName": _TABLE,
                "Limit": 100,
                "KeyConditionExpression": "pk = :p",
                "ExpressionAttributeValues": {":p": {"S": partition(chance)}},
            },
        ),
        "Query of an index, 25": (
            40,
            "Query",
            lambda chance: {
                "TableName": _TABLE,
                "IndexName": "byState",
                "Limit": 25,
                "KeyConditionExpression": "#s = :s",
                "ExpressionAttributeNames": {"#s": "state"},
                "ExpressionAttributeValues": {":s": {"S": f"s{chance.randrange(100)}"}},
            },
        ),
        "Scan of 1 MB": (
            5,
            "Scan",
            lambda chance: {"TableName": _TABLE, "ExclusiveStartKey": key(chance)},
        ),
    }


def _measure(engine: Engine, name: str, kind: tuple[int, str, Callable[[random.Random], Mapping[str, Any]]]) -> None:
    count, action, make = kind
    times = engine.times.setdefault(name, [])
    chance = random.Random(len(times))
    client = RawClient(engine.url)
    before = _cpu_seconds(engine)
    times.extend(engine.time(client, action, make(chance)) for _ in range(count))
    engine.cpu[name] = engine.cpu.get(name, 0.0) + _cpu_seconds(engine) - before
    client.close()


def _rate(engine: Engine, items: int) -> float:
    """Return how many GetItem requests 8 connections get answered a second."""
    make = _requests(items)["GetItem"][2]
    done: list[int] = []
    end = time.perf_counter() + 1.0

    def send(seed: int) -> None:
        client, chance, count = RawClient(engine.url), random.Random(seed), 0
        while time.perf_counter() < end:
            engine.time(client, "GetItem", make(chance))
            count += 1
        client.close()
        done.append(count)

    threads = [threading.Thread(target=send, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return float(sum(done))


def _start_again(engine: Engine) -> None:
    """Kill the engine amid its life, start it on what is on the disk, and read the first item."""
    os.kill(_engine_process(engine.process.pid), signal.SIGKILL)
    engine.process.wait()
    start = time.perf_counter()
    engine.process, engine.url = _start(engine.root, engine.data)
    client = RawClient(engine.url)
    found = engine.ask(client, "GetItem", {"TableName": _TABLE, "Key": {"pk": {"S": "p0"}, "sk": {"N": "0"}}})
    engine.times.setdefault("first GetItem after SIGKILL", []).append((time.perf_counter() - start) * 1000)
    assert "Item" in found, "the first item is lost"
    client.close()


def _start_empty(engine: Engine, data: Path) -> None:
    """Start another one on an empty folder, and ask it for the tables that it does not have."""
    start = time.perf_counter()
    process, url = _start(engine.root, data)
    client = RawClient(url)
    engine.ask(client, "ListTables", {})
    engine.times.setdefault("first answer from an empty folder", []).append((time.perf_counter() - start) * 1000)
    client.close()
    process.terminate()
    process.wait()


def _engine_process(parent: int) -> int:
    listed = subprocess.run(["ps", "--ppid", str(parent), "-o", "pid="], capture_output=True, text=True, check=True)
    return int(listed.stdout.split()[0])


def _cpu_seconds(engine: Engine) -> float:
    """Return how long the engine's process has run on a processor."""
    return int(Path(f"/proc/{_engine_process(engine.process.pid)}/schedstat").read_text().split()[0]) / 1e9


def _medians(engine: Engine) -> dict[str, float]:
    medians = {name: round(statistics.median(times), 3) for name, times in engine.times.items()}
    used = {f"{name}, ms of the processor": seconds / len(engine.times[name]) for name, seconds in engine.cpu.items()}
    return {**medians, **{name: round(1000 * each, 3) for name, each in used.items()}}


def _table(engines: list[Engine]) -> str:
    figures = [{**_medians(engine), **engine.figures} for engine in engines]
    rows = []
    for name, value in figures[0].items():
        others = [f"{figure[name]:,}" for figure in figures[1:]]
        ratio = [f"{value / figure[name]:.2f}" for figure in figures[1:] if figure[name]]
        rows.append([name, f"{value:,}", *others, *ratio])
    return table(["", *(engine.name for engine in engines), *(["ratio"] if len(engines) > 1 else [])], rows)


if __name__ == "__main__":
    main()
