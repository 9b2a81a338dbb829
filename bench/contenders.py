"""The contenders of a benchmark: this kit, a bare Flask app, bare boto3, and whatever else has a base URL."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.client import RawClient
from bench.report import ROOT, say
from homeport.contract.fixtures.stack import Stack
from homeport.environment import read_environment
from homeport.project.load import load_project
from homeport.project.source_places import VALIDATORS
from homeport.project.validators.generate import renew_generated
from homeport.runtime.host.interpreter import find_interpreter
from homeport.runtime.host.launch import function_packages

ITEM = {"itemId": "bench", "name": "Widget", "price": 9.5, "tags": ["a", "b"]}
BODY = json.dumps({"name": "Widget"}).encode()


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is timed; ``bare`` is the call of bare boto3 that it is held against."""

    name: str
    method: str
    path: str
    status: int = 200
    body: bytes = b""
    bare: str | None = None


HELLO = Call("a route without a database", "GET", "/hello")
GET = Call("GET item", "GET", f"/items/{ITEM['itemId']}", bare="get")
POST = Call("POST item", "POST", "/items", 201, BODY, bare="post")
LIST = Call("list of 25", "GET", "/items", bare="list")


class Api:
    """A contender with a base URL, over one kept connection."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = RawClient(url)

    def round(self, call: Call, count: int) -> list[float]:
        """Microseconds of so many calls, one after the other. Raises AssertionError for another status."""
        return [self._client.time_request(call.method, call.path, call.status, call.body) for _ in range(count)]


class BareBoto3:
    """The calls of DynamoDB alone, in a process with the functions' interpreter and packages."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def round(self, call: Call, count: int) -> list[float]:
        """Microseconds of so many calls, one after the other."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{call.bare} {count}\n")
        self._process.stdin.flush()
        durations: list[float] = json.loads(self._process.stdout.readline())
        return durations


@contextlib.contextmanager
def bare_boto3(dynamodb: str) -> Iterator[BareBoto3]:
    """Bare boto3 on a DynamoDB endpoint."""
    project = load_project(ROOT, "local")
    interpreter = find_interpreter(project.stage.runtime, os.environ.get("PATH", ""), Path.home())
    packages = function_packages(read_environment().cache_dir, ROOT, interpreter, say)
    command = [interpreter.path, str(ROOT / "bench" / "bare.py"), str(ROOT), str(packages), str(ITEM["itemId"])]
    with _process(command, _variables(dynamodb)) as process:
        yield BareBoto3(process)


@contextlib.contextmanager
def flask_app(dynamodb: str) -> Iterator[Api]:
    """A bare Flask app under waitress, the handlers in its process, on a DynamoDB endpoint."""
    if not (ROOT / VALIDATORS).exists():
        # The handlers import them, and they are not kept in the repository.
        renew_generated(load_project(ROOT, "local"))
    with _process([sys.executable, "-m", "bench.flask_app"], {**os.environ, **_variables(dynamodb)}) as process:
        assert process.stdout is not None
        yield Api(process.stdout.readline().split()[1])


@contextlib.contextmanager
def _process(command: list[str], variables: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=quiet, text=True, env=variables
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@cache
def _variables(dynamodb: str) -> Mapping[str, str]:
    project = load_project(ROOT, "local")
    tables = {table.variable: table.name for table in project.resources.tables.values()}
    return {
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
        "AWS_REGION": project.stage.region,
        "AWS_DEFAULT_REGION": project.stage.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        **tables,
    }


def make_item(stack: Stack) -> None:
    """Have the item there that is measured with."""
    client = RawClient(stack.url)
    status, body = client.request("PUT", f"/items/{ITEM['itemId']}", json.dumps(_content()).encode())
    assert status in (200, 201), body
    client.close()


def _content() -> dict[str, object]:
    return {name: value for name, value in ITEM.items() if name != "itemId"}
