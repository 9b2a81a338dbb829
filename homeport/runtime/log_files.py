"""What functions logged, a file a function: each line with the time at which its invocation began or was over."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from homeport.rotating_log import RotatingLogWriter, rotated_file
from homeport.runtime.api import Invocation
from homeport.runtime.log_lines import is_end, split_log, timestamp

FOLDER = "logs"
_KEPT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class LogLine:
    """``at`` is ``2026-03-01T12:00:00.123Z``, so that lines sort by time as text does."""

    at: str
    function: str
    text: str


class FunctionLogFiles:
    """The logs below a project's ``.homeport``, written. ``clock`` is seconds since the epoch."""

    def __init__(self, data_dir: Path, files: RotatingLogWriter, clock: Callable[[], float]) -> None:
        self._data_dir = data_dir
        self._files = files
        self._clock = clock

    def append(self, function: str, invocation: Invocation) -> None:
        """Remember an invocation that has just ended."""
        ended = self._clock()
        self._files.append(log_file(self._data_dir, function), lambda: dated_lines(invocation, ended))


@lru_cache(maxsize=1024)
def log_file(data_dir: Path, function: str) -> Path:
    """Where a function's log is kept."""
    return data_dir / FOLDER / f"{function}.log"


def functions_with_logs(data_dir: Path) -> list[str]:
    """The functions that have logged."""
    return sorted(file.stem for file in (data_dir / FOLDER).glob("*.log"))


def dated_lines(invocation: Invocation, ended: float) -> str:
    """An invocation's log as it is kept; ``ended`` is seconds since the epoch."""
    last = timestamp(ended)
    first = timestamp(ended - (invocation.duration_ms + (invocation.init_ms or 0.0)) / 1000)
    return "".join(f"{last if is_end(line) else first} {line}\n" for line in split_log(invocation.log))


def read_line(function: str, line: str) -> LogLine | None:
    """A kept line, None if it is none."""
    found = _KEPT.fullmatch(line)
    return LogLine(found[1], function, found[2]) if found else None


class Tail:
    """Reads one log from its beginning, then what is added to it, also when a new file takes its place."""

    def __init__(self, data_dir: Path, function: str) -> None:
        self._file = log_file(data_dir, function)
        self._function = function
        self._read: tuple[int, int] | None = None
        """The file that was read last, by its inode, and how far."""

    def lines(self) -> Iterator[LogLine]:
        """What was added since the last time."""
        for file in (rotated_file(self._file), self._file):
            yield from self._lines_of(file)

    def _lines_of(self, file: Path) -> Iterator[LogLine]:
        try:
            log = file.open("rb")
        except FileNotFoundError:
            return
        with log:
            inode = os.fstat(log.fileno()).st_ino
            known, place = self._read or (inode, 0)
            if known != inode:
                if file != self._file:
                    # It had been read to its end when this file's successor was read.
                    return
                place = 0
            log.seek(place)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                place += len(line)
                kept = read_line(self._function, line[:-1].decode(errors="backslashreplace"))
                if kept is not None:
                    yield kept
            self._read = (inode, place)
