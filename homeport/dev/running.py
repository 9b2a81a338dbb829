"""What other commands know of a ``homeport dev`` that runs for the same project.

Run as a module it answers with its exit status whether one does: what a container's health check asks.
"""

from __future__ import annotations

import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

# There while the first request would be answered.
READY_FILE = Path(".homeport", "ready")
_PATIENCE = 1.0


@dataclass(frozen=True, slots=True)
class RunningDev:
    """``url`` is the API's base, ``dynamodb`` the endpoint of its tables, None: it has none."""

    url: str
    dynamodb: str | None


def note_running(root: Path, dev: RunningDev) -> None:
    """Say that it is ready."""
    file = root / READY_FILE
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{dev.url}\n{dev.dynamodb or ''}\n")


def running_dev(root: Path) -> RunningDev | None:
    """What runs for the project in ``root``, None if nothing does. One that was killed may have left its note."""
    try:
        url, dynamodb = (root / READY_FILE).read_text().splitlines()
    except (OSError, ValueError):
        return None
    return RunningDev(url, dynamodb or None) if answers(url) else None


def answers(url: str) -> bool:
    """Whether anything listens at a URL."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), _PATIENCE):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if running_dev(Path()) else 1)
