"""Real functions for the runtime's tests: a project on disk, a worker parent, and pools that use it."""

from __future__ import annotations

import functools
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from homeport.child_process import end_process
from homeport.environment import read_environment
from homeport.project.model import Api, Function, Resources, Source, Stage, Table
from homeport.runtime.api import Invocation
from homeport.runtime.function_config import FunctionConfig, function_configs
from homeport.runtime.host.interpreter import Interpreter
from homeport.runtime.host.launch import ParentSetup, function_packages, start_parent
from homeport.runtime.host.pool import PoolRuntime
from tests.support.waiting import LAST_RESORT

_numbers = itertools.count()

TABLES = {"ItemsTable": Table("ItemsTable", "items-local-ItemsTable", {}, Source("deploy/resources.yaml", 1))}


def make_stage(**changes: Any) -> Stage:
    """The stage ``local`` of a project named ``items``."""
    stage = Stage("local", "$default", "http", "2.0", "eu-west-1", "items-local", memory=256, timeout=10)
    return replace(stage, **changes)


def make_function(name: str, handler: str, **changes: Any) -> Function:
    """A function of a project."""
    return replace(Function(name, handler, Source("openapi.yaml", 1)), **changes)


def make_configs(*functions: Function, **changes: Any) -> dict[str, FunctionConfig]:
    """Return the configurations of ``functions`` in a stage with ``changes``, with a table ``ItemsTable``."""
    api = Api("items", "1", (), {function.name: function for function in functions})
    tables = Resources(TABLES)
    url = "http://127.0.0.1:8000"
    return function_configs(api, make_stage(**changes), tables, dynamodb_url=url, account_id="000000000000")


def make_config(handler: str, **changes: Any) -> FunctionConfig:
    """Return the configuration of a function, with ``changes``."""
    config = make_configs(make_function("probe", handler))["probe"]
    environment = {**config.environment, **changes.pop("environment", {})}
    return replace(config, environment=environment, **changes)


@functools.cache
def packages() -> Path:
    """The functions' package set for this interpreter, made once per machine."""
    folder = Path(tempfile.gettempdir()) / "homeport-no-project"
    return function_packages(read_environment().cache_dir, folder, own_interpreter(), lambda _: None)


def own_interpreter() -> Interpreter:
    """The interpreter of the tests."""
    return Interpreter(sys.executable, "{}.{}".format(*sys.version_info[:2]))


@dataclass
class RunningParent:
    """A worker parent and its project. ``hold`` is the write end of its lifeline."""

    setup: ParentSetup
    process: subprocess.Popen[bytes]
    hold: int

    def write(self, path: str, code: str) -> None:
        """Write a file below ``service/``."""
        file = self.setup.project / "service" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(code), encoding="utf-8")

    def add_handler(self, code: str) -> str:
        """Write a handler module; returns the Handler setting of its function ``handler``."""
        name = f"handler_{next(_numbers)}"
        self.write(f"handlers/{name}.py", code)
        return f"service.handlers.{name}.handler"

    def start_again(self) -> None:
        """Start another parent, as the supervisor does after the end of one."""
        self.process.wait()
        self.process = start_ready(self.setup)


def start_ready(setup: ParentSetup, lifeline: int = -1) -> subprocess.Popen[bytes]:
    """Start a parent and wait until it can start workers."""
    status, write = os.pipe()
    os.set_inheritable(write, True)
    process = start_parent(setup, lifeline, write)
    os.close(write)
    line = os.read(status, 64)
    os.close(status)
    assert line == b"ready\n", "the worker parent did not start"
    return process


@contextmanager
def running_parent(project: Path, namespaces: bool = True) -> Iterator[RunningParent]:
    """A worker parent for ``project``, ended afterwards."""
    with tempfile.TemporaryDirectory(prefix="hp-") as home:
        setup = ParentSetup(own_interpreter(), packages(), project, Path(home), namespaces)
        handlers = project / "service" / "handlers"
        handlers.mkdir(parents=True)
        for package in (handlers, handlers.parent):
            (package / "__init__.py").touch()
        lifeline, hold = os.pipe()
        parent = RunningParent(setup, start_ready(setup, lifeline), hold)
        os.close(lifeline)
        try:
            yield parent
        finally:
            os.close(hold)
            end_process(parent.process, 10)


@dataclass(frozen=True)
class Deployed:
    """A function in a pool."""

    runtime: PoolRuntime
    config: FunctionConfig
    parent: RunningParent

    @property
    def name(self) -> str:
        """The function's name in the pool."""
        return self.config.name

    @property
    def module(self) -> str:
        """The module of its handler."""
        return self.config.handler.rpartition(".")[0]

    def is_busy(self) -> bool:
        """Return whether an invocation runs."""
        return self.runtime.environments(self.name).busy > 0

    def invoke(self, event: object = None) -> Invocation:
        """Call it with an event that becomes JSON."""
        return self.runtime.invoke(self.name, json.dumps(event).encode())

    def result(self, event: object = None) -> Any:
        """Call it and return its result. Raises AssertionError if it fails."""
        invocation = self.invoke(event)
        assert invocation.error is None, invocation.payload
        return json.loads(invocation.payload)


Deploy = Callable[..., Deployed]


@contextmanager
def deployer(parent: RunningParent) -> Iterator[Deploy]:
    """``deploy(code, *, options={...}, **config)`` puts a function into a pool of its own."""
    runtimes: list[PoolRuntime] = []

    def deploy(code: str, options: Mapping[str, Any] | None = None, **config: Any) -> Deployed:
        settings = make_config(config.pop("handler", None) or parent.add_handler(code), **config)
        runtime = PoolRuntime(
            {settings.name: settings}, parent.setup.socket_path, parent.setup.scratch, **(options or {})
        )
        runtimes.append(runtime)
        return Deployed(runtime, settings, parent)

    try:
        yield deploy
    finally:
        for runtime in runtimes:
            runtime.close()


def error_of(invocation: Invocation) -> dict[str, Any]:
    """The error payload of an invocation that failed."""
    assert invocation.error == "Unhandled"
    payload = json.loads(invocation.payload)
    assert isinstance(payload, dict)
    return payload


def exit_error(invocation: Invocation, reason: str) -> dict[str, str]:
    """The error payload of an invocation whose process ended."""
    return {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {invocation.request_id} Error: {reason}"}


def last_line(invocation: Invocation) -> str:
    """Return the last line of an invocation's log, REPORT."""
    return invocation.log.decode().splitlines()[-1]


def children(pid: int) -> list[int]:
    """Return the processes that a process started."""
    done = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    pairs = [line.split() for line in done.stdout.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == pid]


def alive(pid: int) -> bool:
    """Return whether a process runs and is no zombie."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip() != "" and not done.stdout.startswith("Z")


@contextmanager
def call_gate() -> Iterator[CallGate]:
    """A gate at which handlers wait: ``COUNTS`` does with an event ``{"gate": port}``."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(LAST_RESORT)
        yield CallGate(sock)


class CallGate:
    """Knows the handlers that have begun and wait, and lets them go on."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._waiting: list[Any] = []
        self.event = {"gate": sock.getsockname()[1]}

    def wait_for(self, count: int) -> None:
        """Wait until so many handlers more have begun."""
        for _ in range(count):
            self._waiting.append(self._sock.recvfrom(16)[1])

    def open(self) -> None:
        """Let the handlers that have begun go on."""
        for address in self._waiting:
            self._sock.sendto(b"go", address)


# A handler that returns its pid and the number of calls in this environment. It waits at a gate if the event has one.
COUNTS = """
    import os, socket
    calls = 0
    def handler(event, context):
        global calls
        calls += 1
        if event and "gate" in event:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.sendto(b"begun", ("127.0.0.1", event["gate"]))
                sock.recv(16)
        return {"pid": os.getpid(), "calls": calls}
"""


def in_parallel(count: int, call: Callable[[], Any]) -> list[Any]:
    """Return the results of ``count`` calls at the same time; an exception counts as a result."""

    def attempt(_: int) -> Any:
        try:
            return call()
        except Exception as exc:
            return exc

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(attempt, range(count)))


def pid_of(invocation: Invocation) -> int:
    pid = json.loads(invocation.payload)["pid"]
    assert isinstance(pid, int)
    return pid
