"""``homeport`` as a person calls it."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from homeport.cli import main


def homeport(project: Path, command: str, *options: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command for a project to its end."""
    call = [sys.executable, "-m", "homeport", command, "--project", str(project), *options]
    return subprocess.run(call, input=stdin, capture_output=True, text=True, timeout=300, check=False)


def homeport_here(project: Path, command: str, *options: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command in this process: a process of its own would first import for half a second."""
    call = [command, "--project", str(project), *options]
    typed = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output), redirect_stderr(errors):
        patch.setattr(sys, "stdin", typed)
        ends = signal.getsignal(signal.SIGTERM)
        try:
            status = main(call)
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        finally:
            # Some commands keep what they have when they are ended.
            signal.signal(signal.SIGTERM, ends)
    printed, said = (stream.detach().getvalue().decode() for stream in (output, errors))
    return subprocess.CompletedProcess(call, status, printed, said)


def assert_one_clear_line(done: subprocess.CompletedProcess[str], *expected: str) -> None:
    """It failed with exit status 2 and one line that holds what is expected."""
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("homeport: ")
    for part in expected:
        assert part in line
