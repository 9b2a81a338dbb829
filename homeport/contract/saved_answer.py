"""What a saved test asserts of an answer: ids, times and versions that the service made by their shape. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from homeport.contract.literals import Arguments, quoted, written
from homeport.contract.saved import TIME, UUID
from homeport.contract.saved_source import SHORTEST, Writer, is_opaque, text_source
from homeport.contract.steps import created, elements, is_later_page, json_of, listed, made_by, names_id
from homeport.inspector.masks import MASK
from homeport.inspector.recording import Body, Recording

_SHAPES = ((re.compile(UUID), "uuid"), (re.compile(TIME), "time"))
_SHORTEST_OPAQUE = 16
_COUNTED = re.compile(r"(?i)(?:version|revision|etag|epoch|timestamp)$")
_EPOCH = ((1_400_000_000, 4_000_000_000), (1_400_000_000_000, 4_000_000_000_000))
_LARGEST = 4000


def assertion_lines(writer: Writer, recording: Recording) -> list[str]:
    lines = [f"    assert reply.status_code == {recording.summary.status}, reply.text"]
    kind = next((value for name, value in recording.reply_headers if name.lower() == "content-type"), None)
    body = recording.reply_body
    if kind is not None and (body.size or recording.summary.method == "HEAD"):
        lines.append(f'    assert reply.headers["Content-Type"] == {quoted(kind)}')
    return [*lines, *_body_assertion(writer, recording, body)]


def _body_assertion(writer: Writer, recording: Recording, body: Body) -> list[str]:
    if recording.summary.method == "HEAD":
        return []
    if recording.summary.status == 200 and is_later_page(writer.steps):
        return ["    # What a later page holds depends on everything that is stored."]
    if body.clipped or MASK in body.text:
        why = "was too large to be kept whole" if body.clipped else "had credentials in it, which are not kept"
        return [f"    # The recorded body {why}."]
    if body.encoding == "base64":
        data = body.data
        check = f"== {data!r}" if len(data) <= 200 else None
        return [f"    assert reply.content {check}" if check else f"    assert len(reply.content) == {len(data)}"]
    value = json_of(body.text)
    if isinstance(value, dict | list):
        expected = _Expected(writer, recording).source(value)
        return f"    assert reply.json() == {expected}".splitlines()
    if len(body.text) > _LARGEST:
        return [f"    assert len(reply.text) == {len(body.text)}"]
    return [f"    assert reply.text == {_Expected(writer, recording).scalar(body.text, '')}"]


class _Expected:
    """What an answer is compared with."""

    def __init__(self, writer: Writer, recording: Recording) -> None:
        self._writer = writer
        self._sent = set[tuple[str, Any]]()
        self._texts = set[str]()
        for step in writer.all:
            self._texts |= {value for _, value in step.path_parameters}
            for name, value in _scalars(json_of(step.request_body.text), ""):
                self._sent.add((name, value))
                if isinstance(value, str):
                    self._texts.add(value)
        self._made = {id for step in writer.steps.before for id in made_by(step) | created(step)}
        self._lists = bool(listed(recording)) and not recording.path_parameters

    def source(self, value: Any) -> str:
        """The source of a JSON value."""
        return written(self._loosened(value), 4, self.scalar, lead=len("assert reply.json() == "))

    def _loosened(self, value: Any) -> Any:
        """Lists of a collection may hold more than what the test made, in any order."""
        if isinstance(value, dict):
            return self._first_page(value) if self._lists and elements(value) else value
        if isinstance(value, list) and self._lists and elements(value):
            self._writer.helpers.add("holding")
            return Arguments("holding", [element for element in elements(value) if self._is_mine(element)])
        return value

    def _first_page(self, value: Mapping[str, Any]) -> Arguments:
        """Where the next page begins depends on everything that is stored."""
        kept = {name: part for name, part in value.items() if not (isinstance(part, str) and is_opaque(part))}
        self._writer.helpers.add("first_page")
        return Arguments("first_page", [{name: self._loosened(part) for name, part in kept.items()}])

    def _is_mine(self, element: Mapping[str, Any]) -> bool:
        return any(names_id(name) and str(value) in self._made for name, value in element.items())

    def scalar(self, value: Any, name: str) -> str:
        """The source of what is no object and no list."""
        if isinstance(value, str):
            return self._of_text(value, name)
        if isinstance(value, bool) or value is None or (name, value) in self._sent:
            return repr(value)
        whole = isinstance(value, int)
        generated = (whole and (names_id(name) or _COUNTED.search(name))) or any(
            low <= value <= high for low, high in _EPOCH
        )
        if not generated:
            return repr(value)
        self._writer.helpers.add("some")
        return "some(int)" if whole else "some(float)"

    def _of_text(self, text: str, name: str) -> str:
        if (name, text) in self._sent and not names_id(name) and len(text) < SHORTEST:
            return quoted(text)
        if text in self._writer.known or text in self._texts:
            return text_source(self._writer, text)
        if any(pattern.search(text) for pattern, _ in _SHAPES):
            self._writer.helpers.add("like")
            masked = text
            for pattern, word in _SHAPES:
                masked = pattern.sub("{" + word + "}", masked)
            return f"like({quoted(masked)})"
        if is_opaque(text) and len(text) >= _SHORTEST_OPAQUE:
            self._writer.helpers.add("like")
            return 'like("{token}")'
        if (names_id(name) or _COUNTED.search(name)) and text:
            self._writer.helpers.add("some")
            return "some(str)"
        return text_source(self._writer, text)


def _scalars(value: Any, name: str) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _scalars(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from _scalars(part, name)
    else:
        yield name, value
