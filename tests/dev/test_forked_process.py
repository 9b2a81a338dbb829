"""A module in a forked process has what it would have in a new interpreter, and ends as there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each process is a new interpreter"),
]

PARENT = """
import os, signal, socket, subprocess, sys, threading
from homeport.dev.forked_process import can_fork, fork_module

sys.path.insert(0, sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: print("the parent's handler", flush=True))
kept, closed = socket.socket(), socket.socket()
assert can_fork()
process = fork_module("child", sys.argv[2], [kept.fileno()], subprocess.DEVNULL)
if sys.argv[2] == "wait":
    try:
        process.wait(0.05)
    except subprocess.TimeoutExpired:
        process.terminate()
print("ended", process.wait(), process.poll(), flush=True)
threading.Thread(target=threading.Event().wait, daemon=True).start()
assert not can_fork()
"""
CHILD = """
import atexit, json, os, sys, time
from pathlib import Path

def main(argument):
    atexit.register(lambda: print("at exit", flush=True))
    if argument == "wait":
        time.sleep(60)
    if argument == "raise":
        raise ValueError("boom")
    if argument == "exit":
        sys.exit(3)
    own = [int(each) for each in os.listdir("/proc/self/fd")]
    shown = Path("/proc/self/cmdline").read_text().split("\\0")[0]
    print(json.dumps({"descriptors": len(own), "input": sys.stdin.read(), "title": shown,
                      "leads": os.getpgrp() == os.getpid()}), flush=True)
    return 5
"""


def run(folder: Path, argument: str) -> tuple[list[str], str]:
    (folder / "child.py").write_text(CHILD)
    command = [sys.executable, "-c", PARENT, str(folder), argument]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, input="typed")
    return done.stdout.splitlines(), done.stderr


def test_a_process_has_its_own_group_and_the_descriptors_that_it_was_given(tmp_path: Path) -> None:
    (reported, *rest), _ = run(tmp_path, "report")
    found: dict[str, Any] = json.loads(reported)
    # The standard streams, the inherited socket, and the folder that is being listed.
    assert found == {"descriptors": 5, "input": "", "title": "child", "leads": True}
    assert rest == ["at exit", "ended 5 5"]


@pytest.mark.parametrize(("argument", "status", "reason"), [("raise", 1, "ValueError: boom"), ("exit", 3, "")])
def test_a_process_ends_with_the_status_of_its_error(tmp_path: Path, argument: str, status: int, reason: str) -> None:
    lines, errors = run(tmp_path, argument)
    assert lines == ["at exit", f"ended {status} {status}"]
    assert reason in errors and "Traceback" not in (errors if not reason else "")


def test_a_signal_meets_no_handler_of_the_parent(tmp_path: Path) -> None:
    lines, _ = run(tmp_path, "wait")
    assert lines == ["ended -15 -15"]
