"""The commit that is deployed, as git tells it."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commit_of(root: Path) -> str:
    """The commit that is checked out, ``+`` after it where files differ; "" outside of git."""
    head = _git(root, "rev-parse", "--short=12", "HEAD")
    return f"{head}+" if head and _git(root, "status", "--porcelain") else head


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
