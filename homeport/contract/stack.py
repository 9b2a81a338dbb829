"""A whole local stack for tests: ``homeport dev`` as a process of its own, on free ports, ended with the test."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from homeport.errors import HomeportError

READY = re.compile(r"^ready (?P<url>\S+)$", re.MULTILINE)
DYNAMODB = re.compile(r"^dynamodb (?P<url>\S+)$", re.MULTILINE)
INSPECTOR = re.compile(r"^inspector (?P<url>\S+)$", re.MULTILINE)


class StackError(HomeportError):
    """The stack ended, or took too long, before it was ready; the message holds what it printed."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A running stack. ``url`` is the API's base, ``dynamodb`` the endpoint of its tables (None: it has none)."""

    url: str
    dynamodb: str | None
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def inspector(self) -> str:
        """The inspector's URL, ``""``: it has none."""
        found = INSPECTOR.search(self.printed())
        return found["url"] if found else ""

    def printed(self) -> str:
        """All that the stack wrote so far."""
        return self.output.read_text(errors="replace")


@contextlib.contextmanager
def running_stack(
    project: Path,
    options: Sequence[str] = ("--no-data",),
    patience: float = 120.0,
    *,
    faults: Sequence[str] = (),
    fault_seed: int = 0,
) -> Iterator[Stack]:
    """Start ``homeport dev`` for a project on free ports and end it afterwards. ``patience`` is seconds.

    ``options`` are its own; changes of files are followed with ``--reload`` only, and the inspector and its
    recorder run with ``--inspected`` only. ``faults`` are what is to go wrong with DynamoDB, as ``--fault`` has it.
    Raises StackError.
    """
    command = [sys.executable, "-m", "homeport", "dev", "--project", str(project), "--port", "0"]
    command += ["--dynamodb-port", "0", *([] if "--reload" in options else ["--no-reload"])]
    command += [] if "--inspected" in options else ["--no-record", "--no-inspector"]
    command += [option for option in options if option not in ("--reload", "--inspected")]
    command += [f"--fault={fault}" for fault in faults] + [f"--fault-seed={fault_seed}"]
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        output = Path(folder) / "output.txt"
        with output.open("wb") as sink:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=_environment())
        try:
            yield _await_ready(process, output, patience)
        finally:
            _end(process)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1"}


def _await_ready(process: subprocess.Popen[bytes], output: Path, patience: float) -> Stack:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        text = output.read_text(errors="replace")
        if ready := READY.search(text):
            dynamodb = DYNAMODB.search(text)
            return Stack(ready["url"], dynamodb["url"] if dynamodb else None, process, output)
        if process.poll() is not None:
            raise StackError(f"the stack did not start (exit status {process.returncode}):\n{text}")
        time.sleep(0.02)
    raise StackError(f"the stack was not ready within {patience:.0f} s:\n{output.read_text(errors='replace')}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
