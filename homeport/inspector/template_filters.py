"""Filters of the templates: times, durations, bodies and log lines as people read them. Pure."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from homeport.recordings.recording import Body
from homeport.terminal import line_colour

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+')
_OPENING, _CLOSING = ("{", "["), ("}", "]")


def clock(seconds: float) -> str:
    """Return ``12:00:01.250``, local time."""
    return time.strftime("%H:%M:%S", time.localtime(seconds)) + f".{int(seconds * 1000) % 1000:03d}"


def moment(seconds: float) -> str:
    """Return ``2026-11-21 12:00:01``, local time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def milliseconds(value: float | None) -> str:
    """Return ``3.1``."""
    return "" if value is None else f"{value:.1f}"


def pretty(body: Body) -> str:
    """Return a body, indented where it is JSON."""
    return body.text if body.encoding or body.clipped else indent_json(body.text)


def indent_json(text: str) -> str:
    """Return JSON indented, with its numbers and strings as they are written; text that is no JSON as it is."""
    try:
        if not isinstance(json.loads(text), dict | list):
            return text
    except (ValueError, RecursionError):
        return text
    pieces, depth, before = list[str](), 0, ""
    for token in _TOKEN.findall(text):
        depth -= token in _CLOSING
        if _starts_a_line(before, token):
            pieces.append("\n" + "  " * depth)
        depth += token in _OPENING
        pieces.append(": " if token == ":" else token)
        before = token
    return "".join(pieces)


def _starts_a_line(before: str, token: str) -> bool:
    if token in _CLOSING:
        return before not in _OPENING
    return before == "," or before in _OPENING


def status_class(status: int) -> str:
    """Return ``ok``, ``client`` or ``server``."""
    return "server" if status >= 500 else "client" if status >= 400 else "ok"


def line_class(line: str) -> str:
    """Return the CSS class of a line of a function's log."""
    return f"log-{line_colour(line) or 'plain'}"


FILTERS: Mapping[str, Callable[[Any], str]] = {
    "clock": clock,
    "moment": moment,
    "ms": milliseconds,
    "pretty": pretty,
    "status_class": status_class,
    "line_class": line_class,
}
