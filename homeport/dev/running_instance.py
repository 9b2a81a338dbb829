"""The short-lived private folder of a running supervisor, and what killed ones left of theirs.

What other commands know of a ``homeport dev`` that runs for the same project.

Run as a module it answers with its exit status whether one does: what a container's health check asks.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from homeport.environment import state_dir

PREFIX = "homeport-"
_LOCK = "lock"


@contextmanager
def private_runtime_dir() -> Iterator[Path]:
    """A folder that only its owner may enter, removed at the end.

    Its lock is held as long as this process lives. A folder whose lock nobody holds belonged to a process that was
    killed, and is removed.
    """
    remove_abandoned_dirs(Path(tempfile.gettempdir()))
    home = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = os.open(home / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
        os.close(lock)


def remove_abandoned_dirs(folder: Path) -> None:
    """Remove this user's homes below ``folder`` that no process holds."""
    for home in folder.glob(f"{PREFIX}*"):
        # It may be another user's, or just being removed by its owner.
        with suppress(OSError):
            if home.lstat().st_uid == os.getuid() and _is_abandoned(home / _LOCK):
                shutil.rmtree(home, ignore_errors=True)


def _is_abandoned(lock: Path) -> bool:
    descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


# There while the first request would be answered.
_READY_FILE = "ready"
_PATIENCE = 1.0


def ready_file(root: Path) -> Path:
    """Return the file that is there while the stack of the project in ``root`` answers requests."""
    return state_dir(root) / _READY_FILE


@dataclass(frozen=True, slots=True)
class RunningInstance:
    """``url`` is the API's base, ``dynamodb`` the endpoint of its tables, None: it has none."""

    url: str
    dynamodb: str | None


def write_ready_file(root: Path, dev: RunningInstance) -> None:
    """Say that it is ready."""
    file = ready_file(root)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{dev.url}\n{dev.dynamodb or ''}\n")


def find_running_instance(root: Path) -> RunningInstance | None:
    """What runs for the project in ``root``, None if nothing does. One that was killed may have left its note."""
    try:
        url, dynamodb = ready_file(root).read_text().splitlines()
    except (OSError, ValueError):
        return None
    return RunningInstance(url, dynamodb or None) if answers(url) else None


def answers(url: str) -> bool:
    """Whether anything listens at a URL."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), _PATIENCE):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if find_running_instance(Path()) else 1)
