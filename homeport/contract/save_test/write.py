"""A recorded request as a pytest case that people read and that runs by itself. Pure.

Ids that a client chose get a new value in each run; what an answer holds of ids, times and versions that the service
made is compared by its shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from homeport.contract.fixtures.matchers import TIME
from homeport.contract.save_test.prerequisites import Steps, json_of, names_id
from homeport.contract.save_test.statements import (
    SHORTEST,
    Writer,
    assertion_lines,
    is_opaque,
    quoted,
    request_lines,
    unused,
    word,
)
from homeport.recordings.recording import Recording

# Of a target in a docstring.
_LONGEST_TARGET = 60
_STANDARD = {"json": "import json", "quote": "from urllib.parse import quote"}


def name_of_test(recording: Recording) -> str:
    """``test_get_item_answers_200``."""
    summary = recording.summary
    name = summary.operation or f"{summary.method} {summary.target.partition('?')[0]}"
    return f"test_{word(name)}_answers_{summary.status}"


def render(steps: Steps, renewed: Iterable[str]) -> str:
    """The text of the file. ``renewed`` are the ids that clients chose and that are to be new in each run."""
    recording = steps.recording
    writer = Writer(steps, "" if recording.summary.stage == "$default" else f"/{recording.summary.stage}")
    lines = [*_fresh_ids(writer, sorted(renewed))]
    for step in steps.before:
        lines += _precondition(writer, step)
    lines += request_lines(writer, recording, "reply")
    lines += assertion_lines(writer, recording)
    return "\n".join([*_head(writer), "", "", *_definition(recording), *_missing(steps), *lines]) + "\n"


def _head(writer: Writer) -> list[str]:
    summary = writer.steps.recording.summary
    when = datetime.fromtimestamp(summary.received, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    lines = [
        f'"""Recorded {when}: {summary.method} {_docstring(summary.target)} was answered {summary.status}.',
        "",
        f"Written by `homeport save-test {summary.id}`.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
    ]
    standard = [line for name, line in _STANDARD.items() if name in writer.helpers]
    lines += [*standard, *([""] if standard else []), "import requests"]
    helpers = sorted(writer.helpers - _STANDARD.keys())
    return [*lines, *(["", f"from homeport.contract.fixtures.matchers import {', '.join(helpers)}"] if helpers else [])]


def _definition(recording: Recording) -> list[str]:
    return [f"def {name_of_test(recording)}(homeport_url: str) -> None:"]


def _missing(steps: Steps) -> list[str]:
    return [f"    # No recorded request made {quoted(id)}: it must be there." for id in steps.missing]


def _fresh_ids(writer: Writer, renewed: Sequence[str]) -> list[str]:
    lines = []
    for id in renewed:
        name = unused(writer, _id_name(writer, id))
        writer.known[id] = name
        writer.helpers.add("fresh")
        lines.append(f"    {name} = fresh({quoted(id)})")
    return lines


def _id_name(writer: Writer, id: str) -> str:
    for step in writer.all:
        for name, value in step.path_parameters:
            if value == id:
                return word(name)
        body = json_of(step.request_body.text)
        for name, value in body.items() if isinstance(body, dict) else ():
            if value == id:
                return word(name)
    return "an_id"


def _precondition(writer: Writer, step: Recording) -> list[str]:
    name = unused(writer, word(step.summary.operation or step.summary.method))
    lines = request_lines(writer, step, name)
    lines.append(f"    assert {name}.status_code == {step.summary.status}, {name}.text")
    _learn(writer, step, name)
    return lines


def _learn(writer: Writer, step: Recording, name: str) -> None:
    """Give what an answer made a name, where later requests or the last answer have it."""
    rest = writer.all[writer.all.index(step) + 1 :]
    later = "\n".join(part for other in rest for part in _texts(other))
    body = json_of(step.reply_body.text)
    for key, value in body.items() if isinstance(body, dict) else ():
        generated = isinstance(value, str) and (names_id(key) or is_opaque(value)) and not re.fullmatch(TIME, value)
        if generated and len(value) >= SHORTEST and value not in writer.known and value in later:
            writer.known[value] = f'{name}.json()["{key}"]'
    for header, value in step.reply_headers:
        if header.lower() == "etag" and value in later:
            writer.known[value] = f'{name}.headers["ETag"]'


def _texts(step: Recording) -> Iterable[str]:
    yield step.summary.target
    yield step.request_body.text
    yield step.reply_body.text
    yield from (value for _, value in step.request_headers)


def _docstring(text: str) -> str:
    shown = text if len(text) <= _LONGEST_TARGET else f"{text[:_LONGEST_TARGET]}…"
    return quoted(shown)[1:-1].replace('\\"', "'")
