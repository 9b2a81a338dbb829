"""A function's log as lines: level, time and text of each, and the line of the source that it comes from. Pure.

It reads both of Lambda's log formats, of Python and of Node.js, and their stack traces.
https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

Place = tuple[str, int]
"""A file, as the log or the runtime has it, and a line."""

_PYTHON = re.compile(r"\[(?P<level>[A-Z]+)\]\t(?P<time>\S+)\t\S*\t(?P<text>.*)", re.DOTALL)
_NODE = re.compile(r"(?P<time>\d{4}-\d\d-\d\dT[\d:.]+Z)\t\S*\t(?P<level>[A-Z]+)\t(?P<text>.*)", re.DOTALL)
_BARE = re.compile(r"\[(?P<level>ERROR|CRITICAL|WARNING)\] (?P<text>.*)")
_PLATFORM = re.compile(r"(START|END|REPORT) RequestId: |INIT_START |INIT_REPORT ")
_PYTHON_FRAME = re.compile(r'\s*File "(?P<file>[^"]+)", line (?P<line>\d+)')
_NODE_FRAME = re.compile(r"\s*at .*?(?:file://)?(?P<file>/[^():]+):(?P<line>\d+):\d+\)?$")
_TONES = {"ERROR": "bad", "CRITICAL": "bad", "FATAL": "bad", "WARNING": "warn", "WARN": "warn", "DEBUG": "soft"}
_TONES |= {"TRACE": "soft", "platform": "soft", "homeport": "info"}
# The members of a JSON entry that the columns have.
_SHOWN = {"timestamp", "level", "log_level", "message", "requestId", "stackTrace", "errorType", "errorMessage"}


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line. ``level`` is the function's own (``INFO``), ``platform`` for Lambda's lines, ``homeport`` for the kit's.

    ``time`` is ``12:00:01.250`` in UTC as it was logged, ``""``: the line has none. ``place`` is None where it is not
    known. ``follows`` says that it is a part of the entry before it, such as a line of a stack trace.
    """

    text: str
    level: str = ""
    time: str = ""
    place: Place | None = None
    follows: bool = False

    @property
    def tone(self) -> str:
        """The CSS class of its level."""
        return _TONES.get(self.level, "")


def log_lines(text: str, places: Mapping[int, Place]) -> list[ShownLine]:
    """Return the lines of a log; ``places`` are those that the runtime noted, by the number of the line, from 0."""
    found = list[ShownLine]()
    for number, line in enumerate(text.splitlines()):
        entries = list(_entries(line))
        if place := places.get(number):
            entries[0] = replace(entries[0], place=entries[0].place or place)
        found += [_join_entry(each, found) for each in entries]
    return [each for each in found if each.text.strip() or each.level]


def _entries(line: str) -> Iterator[ShownLine]:
    if line.startswith("{") and (entry := _json_object(line)):
        yield from _json_entry(entry)
        return
    for pattern in (_PYTHON, _NODE, _BARE):
        if found := pattern.fullmatch(line):
            groups = found.groupdict()
            yield ShownLine(groups["text"], groups["level"], _clock(groups.get("time", "")))
            return
    if _PLATFORM.match(line):
        # Each of them has the request's id, and INIT_START the runtime's ARN, which is zeros here.
        text = re.sub(r"\s*\t\s*", "  ", re.sub(r"RequestId: \S+\s*|Runtime Version ARN: \S+", "", line))
        yield ShownLine(text.strip(), "platform")
    elif line.startswith("homeport: "):
        yield ShownLine(line.removeprefix("homeport: "), "homeport")
    else:
        # Lambda's Python client writes no-break spaces, since CloudWatch drops others.
        text = line.replace("\u00a0", " ")
        yield ShownLine(text, place=frame_place(text))


def frame_place(line: str) -> Place | None:
    """Return the file and line that a line of a stack trace names, of Python or of Node.js; None: it names none."""
    found = _PYTHON_FRAME.match(line) or _NODE_FRAME.match(line)
    return (found["file"], int(found["line"])) if found else None


def _join_entry(line: ShownLine, before: list[ShownLine]) -> ShownLine:
    """Return a line of a stack trace or of a message with several lines as a part of its entry."""
    is_part = line.place is not None or line.text.startswith((" ", "Traceback (most recent call last):"))
    if line.level or line.follows or not is_part or not before or before[-1].tone != "bad":
        return line
    return replace(line, follows=True, level=before[-1].level)


def _json_entry(entry: Mapping[str, Any]) -> Iterator[ShownLine]:
    level = str(entry.get("level") or entry.get("log_level") or "")
    if not level and "type" in entry:
        yield ShownLine(json.dumps(entry, ensure_ascii=False), "platform", _clock(str(entry.get("time", ""))))
        return
    error = ": ".join(str(entry[name]) for name in ("errorType", "errorMessage") if entry.get(name))
    message = entry.get("message", "")
    text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    more = {name: value for name, value in entry.items() if name not in _SHOWN}
    parts = [text, error if error not in text else "", json.dumps(more, ensure_ascii=False) if more else ""]
    place = location_place(str(entry.get("location", "")))
    yield ShownLine("  ".join(filter(None, parts)), level or "INFO", _clock(str(entry.get("timestamp", ""))), place)
    trace = entry.get("stackTrace")
    for frame in trace if isinstance(trace, list) else ():
        for line in str(frame).splitlines():
            yield ShownLine(line.replace("\u00a0", " "), level or "INFO", place=frame_place(line), follows=True)


def location_place(location: str) -> Place | None:
    """Return the place of Lambda's ``location`` (``/var/task/app.py:handler:12``); None: it is in another form."""
    parts = location.rsplit(":", 2)
    return (parts[0], int(parts[2])) if len(parts) == 3 and parts[2].isdigit() and "/" in parts[0] else None


def _json_object(line: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _clock(stamp: str) -> str:
    """Return ``12:00:01.250`` of ``2026-11-30T12:00:01.250Z``."""
    return stamp.partition("T")[2].removesuffix("Z")
