"""The ``homeport dev`` that runs for a project: its private folder, and what other commands can learn of it.

``python -m homeport.dev.running_instance`` exits with 0 if one runs for the project in this folder: the health check of
a container.
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
_READY_FILE = "ready"
_CONNECT_TIMEOUT = 1.0


@dataclass(frozen=True, slots=True)
class RunningInstance:
    """``url`` is the API's base, ``dynamodb`` the endpoint of its tables (None: it has none)."""

    url: str
    dynamodb: str | None


@contextmanager
def private_runtime_dir() -> Iterator[Path]:
    """Make a temporary folder that only its owner may enter, and remove it at the end.

    Its lock is held as long as this process lives. Folders whose lock nobody holds were left by processes that were
    killed; they are removed first.
    """
    remove_abandoned_dirs(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_abandoned_dirs(parent: Path) -> None:
    """Remove this user's runtime folders below ``parent`` that no process holds."""
    for folder in parent.glob(f"{PREFIX}*"):
        # It may be another user's, or just being removed by its owner.
        with suppress(OSError):
            if folder.lstat().st_uid == os.getuid() and _is_abandoned(folder / _LOCK):
                shutil.rmtree(folder, ignore_errors=True)


def ready_file(root: Path) -> Path:
    """Return the file that is there while the stack of the project in ``root`` answers requests."""
    return state_dir(root) / _READY_FILE


def write_ready_file(root: Path, instance: RunningInstance) -> None:
    """Note in the project's folder that this instance serves it."""
    file = ready_file(root)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{instance.url}\n{instance.dynamodb or ''}\n")


def find_running_instance(root: Path) -> RunningInstance | None:
    """Return the instance that serves the project in ``root``, None if there is none.

    A killed instance leaves its ready file behind, so its URL is tried.
    """
    try:
        url, dynamodb = ready_file(root).read_text().splitlines()
    except (OSError, ValueError):
        return None
    return RunningInstance(url, dynamodb or None) if is_listening(url) else None


def is_listening(url: str) -> bool:
    """Return True if a connection to a URL's host and port is accepted."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), _CONNECT_TIMEOUT):
            return True
    except OSError:
        return False


def _is_abandoned(lock: Path) -> bool:
    descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


if __name__ == "__main__":
    sys.exit(0 if find_running_instance(Path()) else 1)
