"""Lambda's file system: only /tmp can be written to.

Kept by an audit hook: Python's own file operations ask it, a C library's do not.
https://docs.python.org/3/library/audit_events.html
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Which of an event's arguments are paths that it changes, and which one is a folder's descriptor.
_CHANGES: dict[str, tuple[tuple[int, ...], int]] = {
    "os.chmod": ((0,), 2),
    "os.link": ((1,), 3),
    "os.mkdir": ((0,), 2),
    "os.remove": ((0,), 1),
    "os.rename": ((0, 1), 2),
    "os.rmdir": ((0,), 1),
    "os.symlink": ((1,), 2),
    "os.truncate": ((0,), -1),
    "os.utime": ((0,), 3),
}
_NO_FOLDER = -1


class ReadOnly:
    """Refuses writing anywhere but below ``writable``; ``frozen`` folders are refused also there."""

    def __init__(self, writable: Sequence[str], frozen: Sequence[str]) -> None:
        self._writable = tuple(f"{folder}/" for folder in writable)
        self._frozen = tuple(f"{folder}/" for folder in frozen)

    def install(self) -> None:
        """Refuse from now on, for the rest of the process's life."""
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if flags & _WRITING:
                self._check(path)
        elif event in _CHANGES:
            places, folder = _CHANGES[event]
            if folder == -1 or arguments[folder] == _NO_FOLDER:
                for place in places:
                    self._check(arguments[place])

    def _check(self, path: Any) -> None:
        # A descriptor was opened before, and was checked then.
        if not isinstance(path, (str, bytes)):
            return
        where = os.path.abspath(os.fsdecode(path))  # noqa: PTH100
        if where.startswith(self._frozen) or not f"{where}/".startswith(self._writable):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
