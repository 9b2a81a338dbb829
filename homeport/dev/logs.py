"""``homeport logs``: read what functions logged, filtered, in the order of time, and follow it as it grows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from homeport.errors import HomeportError
from homeport.runtime.logs import FOLDER, LogLine, Tail, timestamp

_AGE = re.compile(r"(\d{1,9})([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800}
# Milliseconds between two looks at the files if the system reports no change.
_POLL = 500


@dataclass(frozen=True, slots=True)
class LogFilter:
    """A choice of lines: from the time ``since`` on (as LogLine has it, "" for all), with a text that ``matches``."""

    since: str = ""
    matches: Callable[[str], bool] = lambda _: True

    def takes(self, line: LogLine) -> bool:
        """Return True for a line of this choice."""
        return line.at >= self.since and self.matches(line.text)


def read_logs(data_dir: Path, functions: Sequence[str], log_filter: LogFilter) -> Iterator[LogLine]:
    """Yield the lines that are there, in the order of time."""
    return _merge([Tail(data_dir, function) for function in functions], log_filter)


def follow_logs(data_dir: Path, functions: Callable[[], Sequence[str]], log_filter: LogFilter) -> Iterator[LogLine]:
    """Yield the lines that are there, then new ones, until Ctrl-C; ``functions`` is called at every change."""
    from watchfiles import watch

    folder = data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    tails: dict[str, Tail] = {}
    changes = watch(folder, watch_filter=None, rust_timeout=_POLL, yield_on_timeout=True, raise_interrupt=False)
    for _ in chain([None], changes):
        for function in functions():
            tails.setdefault(function, Tail(data_dir, function))
        yield from _merge(list(tails.values()), log_filter)


def since_time(text: str, now: float) -> str:
    """Return the time of ``--since``: ``5m`` ago, or a date and time, UTC unless it has a zone. Raises HomeportError.

    ``now`` is in seconds since the epoch.
    """
    if age := _AGE.fullmatch(text):
        return timestamp(max(0.0, now - int(age[1]) * _UNITS[age[2]]))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise HomeportError(f"--since {text!r} is no time", "write 30s, 5m, 2h, 1d or 2026-03-01T12:00:00") from None
    return timestamp((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def text_filter(text: str) -> Callable[[str], bool]:
    """Return a predicate of ``--filter``: a line has ``text``, or matches the regular expression in ``%…%``.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html. Raises HomeportError.
    """
    if not (len(text) > 2 and text.startswith("%") and text.endswith("%")):
        return lambda line: text in line
    try:
        pattern = re.compile(text[1:-1])
    except re.error as error:
        raise HomeportError(f"--filter {text!r} is no regular expression: {error}") from None
    return lambda line: pattern.search(line) is not None


def _merge(tails: Sequence[Tail], log_filter: LogFilter) -> Iterator[LogLine]:
    # Invocations that ran at once stand one after the other in a file, in the order of their ends.
    lines = sorted((line for tail in tails for line in tail.lines()), key=lambda line: line.at)
    return (line for line in lines if log_filter.takes(line))
