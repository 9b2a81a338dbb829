"""Append lines to files of bounded size, off the path of the requests that cause them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from homeport.background import BackgroundQueue

MAX_BYTES = 10 * 1024 * 1024
# Seconds between two writes. AWS delivers access logs within minutes, a function's within seconds.
_INTERVAL = 0.2
_CAPACITY = 100_000

MakeLines = Callable[[], str]


class RotatingLogWriter:
    """A background writer for any number of files.

    A file of more than ``max_bytes`` bytes is renamed to ``….1`` before it is written to again.
    ``logging.handlers.RotatingFileHandler`` is not used: it serves one file, keeps it open, so that a folder that is
    removed meanwhile is not made again, and may rotate between two lines of one invocation.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._has_warned = False
        self._queue = BackgroundQueue(
            self._write_all, name="rotating-log", interval=_INTERVAL, capacity=_CAPACITY, batch=_CAPACITY
        )

    def append(self, file: Path, make_lines: MakeLines) -> None:
        """Write the result of ``make_lines``, whole lines, to ``file`` later. With a full queue, write first."""
        if not self._queue.put((file, make_lines)):
            self.flush()
            self._queue.put((file, make_lines))

    def flush(self) -> None:
        """Write what waits, in this thread."""
        self._queue.flush()

    def _write_all(self, batch: list[tuple[Path, MakeLines]]) -> None:
        texts: dict[Path, list[str]] = {}
        for file, make_lines in batch:
            texts.setdefault(file, []).append(make_lines())
        for file, lines in texts.items():
            self._write(file, "".join(lines).encode(errors="backslashreplace"))

    def _write(self, file: Path, data: bytes) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.exists() and file.stat().st_size > self._max_bytes:
                file.replace(rotated_file(file))
            with file.open("ab") as log:
                log.write(data)
        except OSError as error:
            if not self._has_warned:
                logging.getLogger("homeport").warning("warning: %s can't be written: %s", file, error.strerror)
            self._has_warned = True


def rotated_file(file: Path) -> Path:
    """Return the path of the file that holds the lines before those of ``file``."""
    return file.with_name(f"{file.name}.1")
