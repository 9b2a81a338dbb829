"""The kit's own wheel, built and installed as anybody would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this tree with the tools of this environment."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    run(command, ROOT, 120)
    return next(folder.glob("homeport-*.whl"))


def make_environment(folder: Path, python: str, *requirements: str) -> Path:
    """A fresh environment with these packages; its ``bin``."""
    run([python, "-m", "venv", str(folder)], folder.parent, 120)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, *requirements], folder.parent, 600)
    return folder / "bin"


def run(command: list[str], folder: Path, patience: float = 300) -> str:
    """What it prints; it must end well within ``patience`` seconds."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=patience, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout
