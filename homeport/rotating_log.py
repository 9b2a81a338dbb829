"""Appends to files of bounded size, off the path of what is written about: a thread writes what has gathered."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from homeport.pieces import pieces

LARGEST = 10 * 1024 * 1024
# Seconds between two writes. AWS delivers access logs within minutes, a function's within seconds.
_PAUSE = 0.2

Make = Callable[[], str]


class LineFiles:
    """A file of more than ``largest`` bytes is kept beside its place as ``….1`` when it is written to again."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._waiting: deque[tuple[Path, Make]] = deque()
        self._flushing = threading.Lock()
        self._told = False
        atexit.register(self.flush)
        threading.Thread(target=self._keep_flushing, name="line-files", daemon=True).start()

    def append(self, file: Path, make: Make) -> None:
        """Have what ``make`` gives, whole lines, written later."""
        self._waiting.append((file, make))

    def flush(self) -> None:
        """Write what has gathered."""
        with self._flushing:
            texts: dict[Path, list[str]] = {}
            for count in pieces(len(self._waiting)):
                for _ in range(count):
                    file, make = self._waiting.popleft()
                    texts.setdefault(file, []).append(make())
            for file, made in texts.items():
                self._write(file, "".join(made).encode(errors="backslashreplace"))

    def _write(self, file: Path, data: bytes) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.exists() and file.stat().st_size > self._largest:
                file.replace(older(file))
            with file.open("ab") as log:
                log.write(data)
        except OSError as error:
            if not self._told:
                logging.getLogger("homeport").warning("warning: %s can't be written: %s", file, error.strerror)
            self._told = True

    def _keep_flushing(self) -> None:
        while True:
            time.sleep(_PAUSE)
            self.flush()


def older(file: Path) -> Path:
    """Where the lines before those of ``file`` are kept."""
    return file.with_name(f"{file.name}.1")
