"""The projects of examples/, and how their commands are run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def python_module(*arguments: str, patience: float = 500) -> subprocess.CompletedProcess[str]:
    """``python -m …`` from the repository's folder."""
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=patience, check=False
    )


def homeport(*arguments: str) -> subprocess.CompletedProcess[str]:
    """``homeport …`` from the repository's folder."""
    return python_module("homeport", *arguments)


def own_tests(name: str, *options: str) -> subprocess.CompletedProcess[str]:
    """The project's own tests, which know nothing of this repository's settings."""
    folder = EXAMPLES / name / "tests"
    plain = ("-c", os.devnull, "--rootdir", str(EXAMPLES / name), "-p", "no:cacheprovider", "--import-mode=importlib")
    return python_module("pytest", *plain, "-q", *options, str(folder))


def documented(name: str) -> list[str]:
    """The commands of the README's fenced blocks."""
    blocks = re.findall(r"^```\n(.*?)^```", (EXAMPLES / name / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def in_a_shell(command: str) -> subprocess.CompletedProcess[str]:
    """A documented command, typed in the repository's folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        shell=True,
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
