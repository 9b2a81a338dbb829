"""An invocation as the pages of requests and runs show it: what failed and where, its result, its log as lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from homeport.inspector.log_lines import Place, ShownLine, frame_place, log_lines
from homeport.project.project import Project
from homeport.recordings.recording import RecordedInvocation
from homeport.runtime.api import PermissionCheck
from homeport.runtime.failure_hints import failure_hints

_OF_WORKER, _ORDERED_FAULT = "homeport: ", "fault "


@dataclass(frozen=True, slots=True)
class Failure:
    """The error that ended an invocation: its type with the message, and its stack trace, the innermost line first."""

    text: str
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownInvocation:
    """An invocation. ``title`` names its part in the request; ``is_main`` marks the function that answered.

    ``hints`` say what to do about its failure.
    """

    title: str
    is_main: bool
    record: RecordedInvocation
    failure: Failure | None
    lines: tuple[ShownLine, ...]
    hints: tuple[str, ...] = ()


def shown_invocation(record: RecordedInvocation, title: str, project: Project, *, is_main: bool) -> ShownInvocation:
    """Return an invocation as a page shows it; its hints are by the files of ``project`` as they are now."""
    places = {number: (file, line) for number, file, line in record.places}
    lines = tuple(log_lines(record.log.text, places))
    checks = [PermissionCheck(*check) for check in record.checks]
    hints = (*failure_hints(project, record.function, checks, record.log.text.encode()), *logged_hints(record))
    return ShownInvocation(title, is_main, record, failure_of(record), lines, hints)


def logged_hints(record: RecordedInvocation) -> Iterator[str]:
    """Yield the hints that the worker itself wrote into the log of a failed invocation, as for a missing module."""
    if record.error is None:
        return
    found = (line.removeprefix(_OF_WORKER) for line in record.log.text.splitlines() if line.startswith(_OF_WORKER))
    yield from dict.fromkeys(line for line in found if not line.startswith(_ORDERED_FAULT))


def failure_of(record: RecordedInvocation) -> Failure | None:
    """Return the error by which an invocation ended, None: it succeeded."""
    if record.error is None:
        return None
    try:
        payload = json.loads(record.payload.text)
    except (ValueError, RecursionError):
        payload = {}
    if not isinstance(payload, dict) or "errorMessage" not in payload:
        return Failure(record.error)
    text = ": ".join(str(payload[name]) for name in ("errorType", "errorMessage") if payload.get(name))
    trace = payload.get("stackTrace") or payload.get("trace") or []
    frames = [str(each) for each in trace] if isinstance(trace, list) else []
    places = [place for frame in frames for line in frame.splitlines() if (place := frame_place(line))]
    # Python's trace ends with the line that raised the error, that of Node.js begins with it.
    return Failure(text, tuple(places if "trace" in payload else reversed(places)))
