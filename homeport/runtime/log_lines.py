"""The lines that Lambda itself writes into a function's log, in both of its formats: siblings, method by method.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

_JSON_LINE = r'\{"time":"[^"]*","type":"platform\.'
_END = re.compile(rf"(END|REPORT) RequestId: |{_JSON_LINE}(report|runtimeDone)\"")
_PLATFORM = re.compile(rf"INIT_(START|REPORT) |(START|END|REPORT) RequestId: |{_JSON_LINE}")

Phase = Literal["init", "invoke"]
Status = Literal["success", "error", "timeout"]


@dataclass(frozen=True, slots=True)
class RuntimeVersion:
    """The runtime that INIT_START names: ``python3.13`` in a region. There is no version of it to tell locally."""

    runtime: str
    region: str

    @property
    def name(self) -> str:
        """``python:3.13.v0``."""
        return f"python:{self.runtime.removeprefix('python')}.v0"

    @property
    def arn(self) -> str:
        """The ARN of that version."""
        return f"arn:aws:lambda:{self.region}::runtime:{'0' * 64}"


@dataclass(frozen=True, slots=True)
class InitReport:
    """How an initialisation that failed went. ``duration`` is milliseconds."""

    phase: Phase
    duration: float
    status: Status
    error_type: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """How an invocation went. ``duration`` and ``init`` are milliseconds, ``memory`` and ``used`` MB."""

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


class Lines(Protocol):
    """The lines of one format. ``at`` is seconds since the epoch; every line ends itself, an absent one is empty."""

    def init_start(self, at: float, runtime: RuntimeVersion) -> str:
        """An environment starts."""

    def init_report(self, at: float, report: InitReport) -> str:
        """Its initialisation failed."""

    def start(self, at: float, request_id: str, arn: str) -> str:
        """An invocation starts."""

    def timed_out(self, at: float, request_id: str, seconds: int) -> str:
        """It took longer than it may."""

    def exited(self, at: float, request_id: str, reason: str) -> str:
        """Its process ended. ``reason``: ``Runtime exited with error: exit status 1``."""

    def end(self, at: float, report: Report) -> str:
        """It is over."""


class TextLines:
    """``LogFormat: Text``."""

    def init_start(self, at: float, runtime: RuntimeVersion) -> str:
        """``INIT_START``."""
        return f"INIT_START Runtime Version: {runtime.name}\tRuntime Version ARN: {runtime.arn}\n"

    def init_report(self, at: float, report: InitReport) -> str:
        """``INIT_REPORT``."""
        parts = [f"INIT_REPORT Init Duration: {report.duration:.2f} ms", f"Phase: {report.phase}"]
        return "\t".join([*parts, *_status(report.status, report.error_type)]) + "\n"

    def start(self, at: float, request_id: str, arn: str) -> str:
        """``START``."""
        return f"START RequestId: {request_id} Version: $LATEST\n"

    def timed_out(self, at: float, request_id: str, seconds: int) -> str:
        """``Task timed out``, and the empty line that Lambda puts after it."""
        return f"{timestamp(at)} {request_id} Task timed out after {seconds:.2f} seconds\n\n"

    def exited(self, at: float, request_id: str, reason: str) -> str:
        """``Runtime exited``."""
        return f"RequestId: {request_id} Error: {reason}\nRuntime.ExitError\n"

    def end(self, at: float, report: Report) -> str:
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

    def init_start(self, at: float, runtime: RuntimeVersion) -> str:
        """``platform.initStart``."""
        record = {"runtimeVersion": runtime.name, "runtimeVersionArn": runtime.arn}
        return _platform(at, "initStart", {"initializationType": "on-demand", "phase": "init", **record})

    def init_report(self, at: float, report: InitReport) -> str:
        """``platform.initReport``."""
        record = {"initializationType": "on-demand", "phase": report.phase, "status": report.status}
        metrics = {"durationMs": round(report.duration, 3)}
        return _platform(at, "initReport", {**record, **_error(report.error_type), "metrics": metrics})

    def start(self, at: float, request_id: str, arn: str) -> str:
        """``platform.start``."""
        return _platform(at, "start", {"requestId": request_id, "functionArn": arn, "version": "$LATEST"})

    def timed_out(self, at: float, request_id: str, seconds: int) -> str:
        """Nothing: ``platform.runtimeDone`` says it."""
        return ""

    def exited(self, at: float, request_id: str, reason: str) -> str:
        """Nothing: ``platform.runtimeDone`` says it."""
        return ""

    def end(self, at: float, report: Report) -> str:
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


def lines_of(log_format: str) -> Lines:
    """The lines of a function's log format, ``Text`` or ``JSON``."""
    return JsonLines() if log_format == "JSON" else TextLines()


def timestamp(at: float) -> str:
    """``2026-03-01T12:00:00.123Z``."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
    """The lines of an invocation's log."""
    text = log.decode(errors="backslashreplace")
    return [line.rstrip("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def is_platform(line: str) -> bool:
    """Whether Lambda itself writes such a line, rather than a function."""
    return _PLATFORM.match(line) is not None


def is_end(line: str) -> bool:
    """Whether it is one of those that Lambda writes once an invocation is over."""
    return _END.match(line) is not None
