"""``homeport dev --in-process``: a breakpoint in a handler stops it, in the terminal that one types in."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from homeport.child_process import end_process
from homeport.contract.fixtures.stack import running_stack
from tests.support.project import notes_project
from tests.support.waiting import LAST_RESORT, eventually

STOPS = """
def handler(event, context):
    answer = "unchanged"
    breakpoint()
    return {"statusCode": 200, "body": answer}
"""
TYPED_LATE = 12.0
"""Longer than the function's own time limit, and than a Lambda authorizer's."""


@dataclass
class Terminal:
    """The person's side of a terminal."""

    keyboard: int
    shown: str = field(default="")

    def await_text(self, text: str, timeout: float = LAST_RESORT) -> None:
        """Read until a text is shown that was not there before."""
        known, deadline = len(self.shown), time.monotonic() + timeout
        while text not in self.shown[known:]:
            assert time.monotonic() < deadline, self.shown
            if select.select([self.keyboard], [], [], 0.1)[0]:
                self.shown += os.read(self.keyboard, 4096).decode(errors="replace")

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self.keyboard, f"{line}\n".encode())


@contextmanager
def dev_in_terminal(project: Path) -> Iterator[Terminal]:
    """``homeport dev --in-process`` in a terminal of its own."""
    keyboard, screen = os.openpty()
    command = [sys.executable, "-m", "homeport", "dev", "--project", str(project), "--port", "0", "--in-process"]
    command += ["--dynamodb", "none", "--no-reload"]
    process = subprocess.Popen(command, preexec_fn=lambda: os.login_tty(screen), env={**os.environ, "TERM": "dumb"})
    os.close(screen)
    try:
        yield Terminal(keyboard)
    finally:
        end_process(process, 10)
        os.close(keyboard)


def test_pdb_stops_in_a_handler_for_as_long_as_one_likes(tmp_path: Path) -> None:
    with dev_in_terminal(notes_project(tmp_path, get_note=STOPS)) as terminal, ThreadPoolExecutor(1) as threads:
        terminal.await_text("ready ")
        (url,) = re.findall(r"ready (\S+)", terminal.shown)
        reply = threads.submit(requests.get, f"{url}/notes/1", timeout=60)
        terminal.await_text("(Pdb)")
        assert "service/handlers/get_note.py" in terminal.shown
        terminal.type("p event['rawPath']")
        terminal.await_text("'/notes/1'")
        terminal.type("!answer = 'changed in the debugger'")
        terminal.await_text("(Pdb)")
        time.sleep(TYPED_LATE)
        assert not reply.done()
        terminal.type("continue")
        assert reply.result().text == "changed in the debugger"
        terminal.await_text("GET    /notes/1 ")


def test_another_debugger_is_asked_where_python_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = notes_project(tmp_path, get_note=STOPS)
    own = "import sys\n\ndef stop():\n    print('stopped in', sys._getframe(1).f_code.co_name)\n"
    (tmp_path / "own_debugger.py").write_text(own)
    monkeypatch.setenv("PYTHONBREAKPOINT", "own_debugger.stop")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with running_stack(project, ("--dynamodb", "none", "--in-process")) as stack:
        assert requests.get(f"{stack.url}/notes/1", timeout=60).text == "unchanged"
        assert eventually(lambda: "stopped in handler" in stack.read_output())


def test_a_breakpoint_in_a_worker_tells_the_way(tmp_path: Path) -> None:
    with running_stack(notes_project(tmp_path, get_note=STOPS), ("--dynamodb", "none")) as stack:
        assert requests.get(f"{stack.url}/notes/1", timeout=60).status_code == 500
        advice = "homeport: a breakpoint needs a terminal: homeport dev --in-process"
        assert eventually(lambda: advice in stack.read_output())
