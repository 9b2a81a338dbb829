"""Locks on files and folders by which a process shows that it lives: the system ends them with it.

https://man7.org/linux/man-pages/man2/flock.2.html
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Commands that only read import this on Windows too, which has no such locks.
if sys.platform != "win32":
    import fcntl


def is_held(path: Path, *, shared: bool = False) -> bool:
    """Return whether a process holds the lock of a file, or with ``shared`` a shared one, as on a folder.

    Raises OSError where it can't be opened or has no locks. A symbolic link is not followed.
    """
    access, probe = (os.O_RDONLY, fcntl.LOCK_EX) if shared else (os.O_RDWR, fcntl.LOCK_SH)
    descriptor = os.open(path, access | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, probe | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
