"""Native Windows: commands that run functions say where to go, the others work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import notes_project

pytestmark = pytest.mark.stack

# What a process on Windows has, as far as the command line looks: its name, and no Unix modules.
WINDOWS = """
import sys
sys.platform = "win32"
for name in ("fcntl", "resource"):
    sys.modules[name] = None
from homeport.cli import main
sys.exit(main(sys.argv[1:]))
"""


def on_windows(project: Path, command: str, *options: str) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-c", WINDOWS, command, "--project", str(project), *options]
    return subprocess.run(call, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("command", [["dev"], ["test"], ["setup"], ["invoke", "getNote", "--path", "noteId=1"]])
def test_command_that_runs_functions_points_to_wsl2(tmp_path: Path, command: list[str]) -> None:
    done = on_windows(notes_project(tmp_path), *command)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "homeport: homeport runs functions on Linux and macOS (on Windows, use it inside WSL2"
    )
    assert len(done.stderr.splitlines()) == 1


def test_the_doctor_says_so_too(tmp_path: Path) -> None:
    done = on_windows(notes_project(tmp_path), "doctor")
    assert done.returncode == 1
    assert "WSL2" in done.stdout


@pytest.mark.parametrize("command", [["check"], ["event", "getNote", "--path", "noteId=1"], ["logs"]])
def test_command_that_only_reads_works(tmp_path: Path, command: list[str]) -> None:
    done = on_windows(notes_project(tmp_path), *command)
    assert done.returncode == 0, done.stderr
