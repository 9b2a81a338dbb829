"""``homeport`` as a person calls it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def homeport(project: Path, command: str, *options: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command for a project to its end."""
    call = [sys.executable, "-m", "homeport", command, "--project", str(project), *options]
    return subprocess.run(call, input=stdin, capture_output=True, text=True, timeout=300, check=False)


def assert_one_clear_line(done: subprocess.CompletedProcess[str], *expected: str) -> None:
    """It failed with exit status 2 and one line that holds what is expected."""
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("homeport: ")
    for part in expected:
        assert part in line
