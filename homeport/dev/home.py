"""The short-lived private folder of a running supervisor, and what killed ones left of theirs."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "homeport-"
_LOCK = "lock"


@contextmanager
def private_home() -> Iterator[Path]:
    """A folder that only its owner may enter, removed at the end.

    Its lock is held as long as this process lives. A folder whose lock nobody holds belonged to a process that was
    killed, and is removed.
    """
    remove_abandoned(Path(tempfile.gettempdir()))
    home = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = os.open(home / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
        os.close(lock)


def remove_abandoned(folder: Path) -> None:
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
