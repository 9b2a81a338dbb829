"""``homeport dev`` of any installation, started as a person would, asked once and ended."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from homeport.contract.fixtures.stack import READY


@contextlib.contextmanager
def served(homeport: str, project: Path, patience: float = 300) -> Iterator[str]:
    """The base URL of the project as that ``homeport`` runs it."""
    output = project.parent / f"{project.name}-dev.txt"
    command = [homeport, "dev", "--port", "0", "--dynamodb-port", "0", "--no-data", "--no-reload"]
    with output.open("wb") as sink:
        process = subprocess.Popen(command, cwd=project, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink)
    try:
        yield _ready(process, output, patience)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def first_answer(homeport: str, project: Path, path: str) -> tuple[int, bytes]:
    """Status and body of a GET."""
    with served(homeport, project) as url:
        try:
            with urllib.request.urlopen(url + path, timeout=60) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


def _ready(process: subprocess.Popen[bytes], output: Path, patience: float) -> str:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and process.poll() is None:
        if found := READY.search(output.read_text(errors="replace")):
            return found["url"]
        time.sleep(0.05)
    raise AssertionError(f"homeport dev was not ready: {output.read_text(errors='replace')}")
