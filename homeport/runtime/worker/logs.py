"""The root logger's handler and the log of an unhandled exception, in both of Lambda's log formats.
https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Mapping
from typing import Any, TextIO

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_NO_BREAK_SPACE = "\u00a0"
# The attributes that logging gives every record; others came with ``extra``.
_STANDARD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {"aws_request_id", "message", "asctime"}


class RequestLog:
    """A function's log. ``request_id`` is that of the running invocation.

    ``log_format`` is Lambda's setting, ``JSON`` or ``Text``.
    """

    def __init__(self, stream: TextIO, log_format: str) -> None:
        self.json_format = log_format.upper() == "JSON"
        self.request_id = ""
        self._stream = stream

    def write(self, entry: str) -> None:
        """Write one entry. CloudWatch keeps entries apart by itself, a local log needs the line end."""
        self._stream.write(entry if entry.endswith("\n") else entry + "\n")

    def install(self, level: str) -> logging.Handler:
        """Put Lambda's handler on the root logger, at ``level`` (``INFO``, ``TRACE``, ``""``: logging's own)."""
        handler = _RootHandler(self)
        root = logging.getLogger()
        root.addHandler(handler)
        # Python 3.10 has no other list of the names than what this function answers.
        found = logging.getLevelName({"TRACE": "DEBUG"}.get(level.upper(), level.upper()))
        if isinstance(found, int):
            root.setLevel(found)
        return handler

    def error(self, error: Mapping[str, Any]) -> None:
        """Log the error payload of an unhandled exception, as it goes to the caller."""
        self.write(_error_json(error) if self.json_format else _error_text(error))


class _RootHandler(logging.Handler):
    def __init__(self, log: RequestLog) -> None:
        super().__init__()
        self.log_sink = log
        self.setFormatter(_JsonFormatter() if log.json_format else _text_formatter())

    def emit(self, record: logging.LogRecord) -> None:
        record.aws_request_id = self.log_sink.request_id
        try:
            self.log_sink.write(self.format(record))
        except Exception:
            self.handleError(record)


def _text_formatter() -> logging.Formatter:
    form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
    formatter = logging.Formatter(form, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    return formatter


class _JsonFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__()
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "timestamp": self.formatTime(record, _TIME),
            "level": logging.getLevelName(min(50, max(0, record.levelno)) // 10 * 10),
            "message": record.msg if isinstance(record.msg, dict) and not record.args else record.getMessage(),
            "logger": record.name,
            **_exception(record),
            "requestId": record.__dict__["aws_request_id"],
        }
        if record.exc_info:
            entry["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        extra = {key: value for key, value in vars(record).items() if key not in _STANDARD and key not in entry}
        entry = {key: value for key, value in {**entry, **extra}.items() if value is not None}
        return json.dumps(entry, ensure_ascii=False, default=str) + "\n"


def _exception(record: logging.LogRecord) -> dict[str, Any]:
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, value, trace = record.exc_info
    return {"stackTrace": traceback.format_tb(trace), "errorType": kind.__name__, "errorMessage": str(value)}


def _error_json(error: Mapping[str, Any]) -> str:
    stamp = time.strftime(_TIME, time.gmtime())
    return json.dumps({"timestamp": stamp, "log_level": "ERROR", **error}, ensure_ascii=False)


def _error_text(error: Mapping[str, Any]) -> str:
    title = ": ".join(filter(None, (error["errorType"], error["errorMessage"])))
    lines = [f"[ERROR] {title}".rstrip(), "Traceback (most recent call last):"]
    for entry in error["stackTrace"]:
        lines += [_indent(line) for line in entry.splitlines() or [""]]
    return "\n".join(lines)


def _indent(line: str) -> str:
    # CloudWatch's viewer drops leading spaces; AWS's client writes no-break spaces instead.
    text = line.lstrip(" ")
    return _NO_BREAK_SPACE * (len(line) - len(text)) + text
