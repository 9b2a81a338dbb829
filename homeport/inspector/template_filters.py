"""How values are shown: the filters of the templates. Pure."""

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
    """``12:00:01.250``, local time."""
    return time.strftime("%H:%M:%S", time.localtime(seconds)) + f".{int(seconds * 1000) % 1000:03d}"


def moment(seconds: float) -> str:
    """``2026-11-21 12:00:01``, local time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def milliseconds(value: float | None) -> str:
    """``3.1``."""
    return "" if value is None else f"{value:.1f}"


def pretty(body: Body) -> str:
    """A body indented where it is JSON, else as it is."""
    return body.text if body.encoding or body.clipped else indented(body.text)


def indented(text: str) -> str:
    """JSON, indented, its numbers and strings as they are written; what is no JSON as it is."""
    try:
        if not isinstance(json.loads(text), dict | list):
            return text
    except (ValueError, RecursionError):
        return text
    shown, depth, before = list[str](), 0, ""
    for token in _TOKEN.findall(text):
        depth -= token in _CLOSING
        if _starts_a_line(before, token):
            shown.append("\n" + "  " * depth)
        depth += token in _OPENING
        shown.append(": " if token == ":" else token)
        before = token
    return "".join(shown)


def _starts_a_line(before: str, token: str) -> bool:
    if token in _CLOSING:
        return before not in _OPENING
    return before == "," or before in _OPENING


def status_class(status: int) -> str:
    """``ok``, ``client`` or ``server``."""
    return "server" if status >= 500 else "client" if status >= 400 else "ok"


def line_class(line: str) -> str:
    """How a line of a function's log is shown."""
    return f"log-{line_colour(line) or 'plain'}"


FILTERS: Mapping[str, Callable[[Any], str]] = {
    "clock": clock,
    "moment": moment,
    "ms": milliseconds,
    "pretty": pretty,
    "status_class": status_class,
    "line_class": line_class,
}
