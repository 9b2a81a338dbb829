"""Formats of the values on pages: times, durations, sizes, statuses, JSON. Pure; templates use them as filters."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from homeport.inspector.failure_cause import failure_cause
from homeport.recordings.recording import Body
from homeport.terminal import line_colour

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+')
OPENING, CLOSING = ("{", "["), ("}", "]")


def clock(seconds: float) -> str:
    """Return ``12:00:01.250``, local time."""
    return time.strftime("%H:%M:%S", time.localtime(seconds)) + f".{int(seconds * 1000) % 1000:03d}"


def moment(seconds: float) -> str:
    """Return ``2026-11-21 12:00:01``, local time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def duration(milliseconds: float | None) -> str:
    """Return ``0.04 ms``, ``3.1 ms``, ``120 ms``, ``1.25 s`` or ``2 min 5 s``; ``""``: it is not known."""
    if milliseconds is None:
        return ""
    if milliseconds < 0.1:
        return f"{milliseconds:.2f} ms"
    if milliseconds < 1000:
        return f"{milliseconds:.1f} ms" if milliseconds < 99.95 else f"{milliseconds:.0f} ms"
    if milliseconds < 59_995:
        return f"{milliseconds / 1000:.2f} s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes} min {seconds} s"


def size(count: int) -> str:
    """Return ``12 bytes``, ``1.5 KB`` or ``2.0 MB``, in powers of 1024 as AWS counts its limits."""
    if count < 1024:
        return f"{count} byte{'s' if count != 1 else ''}"
    return f"{count / 1024:.1f} KB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"


def status_class(status: int) -> str:
    """Return ``ok``, ``moved``, ``client`` or ``server``."""
    return "server" if status >= 500 else "client" if status >= 400 else "moved" if status >= 300 else "ok"


def reason(status: int) -> str:
    """Return the reason phrase of a status (``Not Found``), ``""``: HTTP has none."""
    return HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else ""


def pretty(body: Body) -> str:
    """Return a body, indented where it is JSON."""
    return body.text if body.encoding or body.clipped else indent_json(body.text)


def indent_json(text: str) -> str:
    """Return JSON indented, with its numbers and strings as they are written; text that is no JSON as it is."""
    if not is_structure(text):
        return text
    pieces, depth, before = list[str](), 0, ""
    for token in TOKEN.findall(text):
        depth -= token in CLOSING
        if _starts_a_line(before, token):
            pieces.append("\n" + "  " * depth)
        depth += token in OPENING
        pieces.append(": " if token == ":" else token)
        before = token
    return "".join(pieces)


def is_structure(text: str) -> bool:
    """Return whether a text is the JSON of an object or an array."""
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _starts_a_line(before: str, token: str) -> bool:
    if token in CLOSING:
        return before not in OPENING
    return before == "," or before in OPENING


def line_class(line: str) -> str:
    """Return the CSS class of a line of a function's log."""
    return f"log-{line_colour(line) or 'plain'}"


FILTERS: Mapping[str, Callable[[Any], str]] = {
    "clock": clock,
    "moment": moment,
    "duration": duration,
    "size": size,
    "pretty": pretty,
    "indented": indent_json,
    "reason": reason,
    "status_class": status_class,
    "line_class": line_class,
    "failure_cause": failure_cause,
}
