"""``homeport dev --inspect``: Node's own debugger stops a function, for as long as one likes."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from homeport.child_process import end_process
from homeport.cli import make_parser
from homeport.commands.dev import dev_options
from homeport.contract.fixtures.stack import running_stack
from homeport.errors import HomeportError
from tests.support.ports import free_ports
from tests.support.runtime_api import own_node
from tests.support.waiting import LAST_RESORT, eventually

EXAMPLE = Path(__file__).parents[2] / "examples" / "nodejs" / "hello"
HANDLER = "service/handlers/greet.mjs"
HELD_FOR = 12.0
"""Seconds: longer than the function's own time limit, and than that of the Init phase."""


@dataclass
class NodeDebugger:
    """``node inspect``, attached to a function."""

    process: subprocess.Popen[bytes]
    shown: str = field(default="")

    def await_text(self, text: str) -> None:
        """Read until a text is shown that was not there before."""
        known, deadline = len(self.shown), time.monotonic() + LAST_RESORT
        assert self.process.stdout is not None
        while text not in self.shown[known:]:
            assert time.monotonic() < deadline, self.shown
            if select.select([self.process.stdout], [], [], 0.1)[0]:
                self.shown += os.read(self.process.stdout.fileno(), 4096).decode()

    def type(self, line: str) -> None:
        """Type a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()


@contextmanager
def node_debugger(port: int) -> Iterator[NodeDebugger]:
    """Attach ``node inspect`` to what listens at a port of this machine."""
    command = [own_node().path, "inspect", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            debugger = NodeDebugger(process)
            debugger.await_text("debug>")
            yield debugger
        finally:
            end_process(process, 10)


def line_of(file: Path, text: str) -> int:
    """Return the line, counted from 1, that holds a text."""
    return next(n for n, line in enumerate(file.read_text().splitlines(), 1) if text in line)


def test_nodes_debugger_stops_a_function_for_as_long_as_one_likes_and_finds_the_saved_one(tmp_path: Path) -> None:
    project = shutil.copytree(EXAMPLE, tmp_path / "hello")
    handler, port = project / HANDLER, free_ports()[0]
    with (
        running_stack(project, ("--dynamodb", "none", "--reload", "--inspect", str(port))) as stack,
        ThreadPoolExecutor(1) as threads,
    ):
        url = f"{stack.url}/hello?name=Ada"
        assert f"debugger greet 127.0.0.1:{port}\n" in stack.read_output()
        assert requests.get(url, timeout=60).json()["greeting"] == "Hello, Ada!"
        with node_debugger(port) as debugger:
            debugger.type(f"sb('greet.mjs', {line_of(handler, 'const detail')})")
            debugger.await_text("debug>")
            reply = threads.submit(requests.get, url, timeout=LAST_RESORT)
            debugger.await_text("break in /var/task/handlers/greet.mjs")
            debugger.type("exec names[0]")
            debugger.await_text("'Ada'")
            debugger.type("exec names[0] = 'Grace'")
            debugger.await_text("'Grace'")
            time.sleep(HELD_FOR)
            assert not reply.done()
            debugger.type("cont")
            assert reply.result().json()["greeting"] == "Hello, Grace!"
        handler.write_text(handler.read_text().replace("!`", "?`"))
        assert eventually(lambda: requests.get(url, timeout=60).json()["greeting"] == "Hello, Ada?")
        with node_debugger(port) as debugger:
            debugger.type("exec process.version")
            debugger.await_text("'v")


def test_a_project_without_node_is_told_how_python_is_debugged(tmp_path: Path) -> None:
    project = shutil.copytree(EXAMPLE.parents[1] / "hello", tmp_path / "hello")
    with running_stack(project, ("--dynamodb", "none", "--inspect")) as stack:
        assert "--inspect is for functions in Node.js, and there are none: --in-process is for Python" in (
            stack.read_output()
        )


def test_handlers_in_the_gateways_process_have_no_debugger_of_node() -> None:
    options = make_parser().parse_args(["dev", "--in-process", "--inspect"])
    with pytest.raises(HomeportError, match="--inspect is not possible with --in-process"):
        dev_options(options)
