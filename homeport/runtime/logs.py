"""Functions' logs: the lines that Lambda itself writes, in both log formats, and the files that keep the logs.

A file holds the log of one function, each line with the time at which it was written.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
"""

from __future__ import annotations

import json
import math
import os
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from homeport.rotating_log import RotatingLogWriter, rotated_file
from homeport.runtime.api import Invocation

FOLDER = "logs"
_FILE_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (.*)", re.DOTALL)
_JSON_LINE = r'\{"time":"[^"]*","type":"platform\.'
_PLATFORM = re.compile(rf"INIT_(START|REPORT) |(START|END|REPORT) RequestId: |{_JSON_LINE}")

Phase = Literal["init", "invoke"]
Status = Literal["success", "error", "timeout"]


def invoked_version(arn: str) -> str:
    """Return the version that an invocation by an ARN meets: by an alias, the first one that was published."""
    return "1" if arn.count(":") > arn.partition(":function:")[0].count(":") + 2 else "$LATEST"


@dataclass(frozen=True, slots=True)
class InitReport:
    """The report of an initialisation that failed. ``duration`` is milliseconds."""

    phase: Phase
    duration: float
    status: Status
    error_type: str | None = None


@dataclass(frozen=True, slots=True)
class InvocationReport:
    """The report of an invocation. ``duration`` and ``init`` are milliseconds, ``memory`` and ``used`` MB."""

    request_id: str
    duration: float
    memory: int
    used: int
    init: float | None = None
    status: Status = "success"
    error_type: str | None = None

    @property
    def billed(self) -> int:
        """Whole milliseconds, those of the initialisation included (since August 2025)."""
        return math.ceil(self.duration + (self.init or 0.0))


class TextLines:
    """The lines of ``LogFormat: Text``. ``at`` is seconds since the epoch; a line has its line end."""

    def init_start(self, at: float, runtime: str, region: str) -> str:
        """``INIT_START``."""
        name, arn = _runtime_version(runtime, region)
        return f"INIT_START Runtime Version: {name}\tRuntime Version ARN: {arn}\n"

    def init_report(self, at: float, report: InitReport) -> str:
        """``INIT_REPORT``."""
        parts = [f"INIT_REPORT Init Duration: {report.duration:.2f} ms", f"Phase: {report.phase}"]
        return "\t".join([*parts, *_status(report.status, report.error_type)]) + "\n"

    def start(self, at: float, request_id: str, arn: str) -> str:
        """``START``."""
        return f"START RequestId: {request_id} Version: {invoked_version(arn)}\n"

    def timeout(self, at: float, request_id: str, seconds: int) -> str:
        """``Task timed out``, and the empty line that Lambda puts after it."""
        return f"{timestamp(at)} {request_id} Task timed out after {seconds:.2f} seconds\n\n"

    def exit(self, at: float, request_id: str, reason: str) -> str:
        """``Runtime exited``."""
        return f"RequestId: {request_id} Error: {reason}\nRuntime.ExitError\n"

    def end(self, at: float, report: InvocationReport) -> str:
        """``END`` and ``REPORT``."""
        init = "" if report.init is None else f"Init Duration: {report.init:.2f} ms\t"
        return (
            f"END RequestId: {report.request_id}\nREPORT RequestId: {report.request_id}\t"
            f"Duration: {report.duration:.2f} ms\tBilled Duration: {report.billed} ms\t"
            f"Memory Size: {report.memory} MB\tMax Memory Used: {report.used} MB\t"
            f"{init}{chr(9).join(_status(report.status, report.error_type))}\n"
        )


class JsonLines:
    """``LogFormat: JSON``, at the system log level INFO."""

    def init_start(self, at: float, runtime: str, region: str) -> str:
        """``platform.initStart``."""
        name, arn = _runtime_version(runtime, region)
        record = {"runtimeVersion": name, "runtimeVersionArn": arn}
        return _platform(at, "initStart", {"initializationType": "on-demand", "phase": "init", **record})

    def init_report(self, at: float, report: InitReport) -> str:
        """``platform.initReport``."""
        record = {"initializationType": "on-demand", "phase": report.phase, "status": report.status}
        metrics = {"durationMs": round(report.duration, 3)}
        return _platform(at, "initReport", {**record, **_error(report.error_type), "metrics": metrics})

    def start(self, at: float, request_id: str, arn: str) -> str:
        """``platform.start``."""
        return _platform(at, "start", {"requestId": request_id, "functionArn": arn, "version": invoked_version(arn)})

    def timeout(self, at: float, request_id: str, seconds: int) -> str:
        """No line: ``platform.runtimeDone`` says it."""
        return ""

    def exit(self, at: float, request_id: str, reason: str) -> str:
        """No line: ``platform.runtimeDone`` says it."""
        return ""

    def end(self, at: float, report: InvocationReport) -> str:
        """``platform.report``, after a failure ``platform.runtimeDone`` before it."""
        metrics: dict[str, Any] = {
            "durationMs": round(report.duration, 3),
            "billedDurationMs": report.billed,
            "memorySizeMB": report.memory,
            "maxMemoryUsedMB": report.used,
        }
        if report.init is not None:
            metrics["initDurationMs"] = round(report.init, 3)
        outcome = {"status": report.status, **_error(report.error_type)}
        line = _platform(at, "report", {"requestId": report.request_id, "metrics": metrics, **outcome})
        if report.status == "success":
            return line
        produced = {"durationMs": round(report.duration, 3), "producedBytes": 0}
        return _platform(at, "runtimeDone", {"requestId": report.request_id, **outcome, "metrics": produced}) + line


def lines_of(log_format: str) -> TextLines | JsonLines:
    """Return the lines of a function's log format, ``Text`` or ``JSON``."""
    return JsonLines() if log_format == "JSON" else TextLines()


def timestamp(at: float) -> str:
    """Return seconds since the epoch as ``2026-03-01T12:00:00.123Z``."""
    seconds, microseconds = divmod(round(at * 1_000_000), 1_000_000)
    return f"{_second(seconds)}.{microseconds // 1000:03d}Z"


@lru_cache(maxsize=16)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _runtime_version(runtime: str, region: str) -> tuple[str, str]:
    """Return name and ARN of the version of a runtime (``nodejs22.x``). Locally it has no version to report."""
    name = re.sub(r"(?<=[a-z])\.?(?=\d|al\d)", ":", runtime.removesuffix(".x"), count=1)
    return f"{name}.v0", f"arn:aws:lambda:{region}::runtime:{'0' * 64}"


def _status(status: Status, error_type: str | None) -> list[str]:
    if status == "success":
        return []
    return [f"Status: {status}", *([f"Error Type: {error_type}"] if error_type else [])]


def _error(error_type: str | None) -> dict[str, str]:
    return {"errorType": error_type} if error_type else {}


def _platform(at: float, kind: str, record: Mapping[str, Any]) -> str:
    return (
        json.dumps({"time": timestamp(at), "type": f"platform.{kind}", "record": record}, separators=(",", ":")) + "\n"
    )


def split_log(log: bytes) -> list[str]:
    """Return the lines of an invocation's log."""
    text = log.decode(errors="backslashreplace")
    return [line.rstrip("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def is_platform(line: str) -> bool:
    """Return whether Lambda itself writes such a line, rather than a function."""
    return _PLATFORM.match(line) is not None


def join_log(parts: Iterable[tuple[float, bytes]]) -> tuple[bytes, tuple[tuple[int, float], ...]]:
    """Return the log of an invocation and its ``log_times``, from parts with the time at which each was written."""
    log, times = bytearray(), []
    for at, part in parts:
        times.append((len(log), at))
        log += part
    return bytes(log), tuple(times)


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a function's log. ``at`` is ``2026-03-01T12:00:00.123Z``, so that lines sort by time as text does."""

    at: str
    function: str
    text: str


class FunctionLogFiles:
    """The log files below a project's ``.homeport``, for writing."""

    def __init__(self, data_dir: Path, files: RotatingLogWriter) -> None:
        self._data_dir = data_dir
        self._files = files

    def append(self, function: str, invocation: Invocation) -> None:
        """Append the log of an invocation that has ended."""
        self._files.append(log_file(self._data_dir, function), lambda: dated_lines(invocation))


@lru_cache(maxsize=1024)
def log_file(data_dir: Path, function: str) -> Path:
    """Return the path of a function's log."""
    return data_dir / FOLDER / f"{function}.log"


def functions_with_logs(data_dir: Path) -> list[str]:
    """Return the names of the functions that have logged."""
    return sorted(file.stem for file in (data_dir / FOLDER).glob("*.log"))


def dated_lines(invocation: Invocation) -> str:
    """Return an invocation's log as its file has it. A line has the time of the part in which it begins."""
    if not invocation.log:
        return ""
    offsets = [offset for offset, _ in invocation.log_times]
    dated, offset = [], 0
    for line in invocation.log.removesuffix(b"\n").split(b"\n"):
        _, at = invocation.log_times[bisect_right(offsets, offset) - 1]
        text = line.decode(errors="backslashreplace").rstrip("\r")
        dated.append(f"{timestamp(at)} {text}\n")
        offset += len(line) + 1
    return "".join(dated)


def read_line(function: str, line: str) -> LogLine | None:
    """Return a line of a log file, None where it has another form."""
    found = _FILE_LINE.fullmatch(line)
    return LogLine(found[1], function, found[2]) if found else None


class Tail:
    """Reads a log from its beginning, then the lines that are added, also when a new file takes its place."""

    def __init__(self, data_dir: Path, function: str) -> None:
        self._file = log_file(data_dir, function)
        self._function = function
        self._read: tuple[int, int] | None = None
        """The inode of the file that was read last, and the number of bytes that were read of it."""

    def lines(self) -> Iterator[LogLine]:
        """Yield the lines that were added since the last call."""
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
                    # This one was read to its end before its successor was read.
                    return
                place = 0
            log.seek(place)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                place += len(line)
                if (found := read_line(self._function, line[:-1].decode(errors="backslashreplace"))) is not None:
                    yield found
            self._read = (inode, place)
