"""Reads what functions logged: chosen, in the order of time, and on as it grows."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from homeport.errors import HomeportError
from homeport.runtime.log_files import FOLDER, LogLine, Tail
from homeport.runtime.log_lines import timestamp

_AGE = re.compile(r"(\d{1,9})([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800}
# Milliseconds between two looks, should the system tell of no change.
_LOOK = 500


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Lines from ``since`` on (a time as LogLine has it, "" for all of them) that match."""

    since: str = ""
    matches: Callable[[str], bool] = lambda _: True

    def takes(self, line: LogLine) -> bool:
        """Whether a line is one of them."""
        return line.at >= self.since and self.matches(line.text)


def read_logs(data_dir: Path, functions: Sequence[str], choice: LogFilter) -> Iterator[LogLine]:
    """What is there, in the order of time."""
    return _chosen([Tail(data_dir, function) for function in functions], choice)


def follow_logs(data_dir: Path, functions: Callable[[], Sequence[str]], choice: LogFilter) -> Iterator[LogLine]:
    """What is there, then what comes, until Ctrl-C; ``functions`` is asked again whenever something comes."""
    from watchfiles import watch

    folder = data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    tails: dict[str, Tail] = {}
    changes = watch(folder, watch_filter=None, rust_timeout=_LOOK, yield_on_timeout=True, raise_interrupt=False)
    # The first time before anything has changed.
    for _ in _first_at_once(changes):
        for function in functions():
            tails.setdefault(function, Tail(data_dir, function))
        yield from _chosen(list(tails.values()), choice)


def since_time(text: str, now: float) -> str:
    """The start of ``--since``: ``5m`` ago, or a date and time (UTC unless it says otherwise). Raises HomeportError."""
    if age := _AGE.fullmatch(text):
        return timestamp(max(0.0, now - int(age[1]) * _UNITS[age[2]]))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise HomeportError(f"--since {text!r} is no time", "write 30s, 5m, 2h, 1d or 2026-03-01T12:00:00") from None
    return timestamp((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def text_filter(text: str) -> Callable[[str], bool]:
    """Whether a line has ``text``, or, written ``%…%`` as CloudWatch does, matches a regular expression.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html. Raises HomeportError.
    """
    if not (len(text) > 2 and text.startswith("%") and text.endswith("%")):
        return lambda line: text in line
    try:
        pattern = re.compile(text[1:-1])
    except re.error as error:
        raise HomeportError(f"--filter {text!r} is no regular expression: {error}") from None
    return lambda line: pattern.search(line) is not None


def _chosen(tails: Sequence[Tail], choice: LogFilter) -> Iterator[LogLine]:
    lines = heapq.merge(*(tail.lines() for tail in tails), key=lambda line: line.at)
    return (line for line in lines if choice.takes(line))


def _first_at_once(changes: Iterable[object]) -> Iterator[None]:
    yield None
    for _ in changes:
        yield None
