"""JSON text to plain values with lines, as strict as the standard.

A file of the project as plain values, every one of which knows its line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from homeport.errors import Problem
from homeport.project.model import Source
from homeport.project.source.source_map import DEEPEST, List, Map, ParsedText, SourceLines, TextError
from homeport.project.source.yaml_text import Tags, no_tags, read_yaml

_TOKEN = re.compile(r'\n|"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+')


def read_json(text: str) -> ParsedText:
    """Read a JSON document. Raises TextError where it is none."""
    try:
        json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise TextError(f"not JSON: {error.msg}", error.lineno, "check the text around it") from error
    except RecursionError as error:
        raise TextError(f"nested more than {DEEPEST} levels deep", 0, "flatten it") from error
    except ValueError as error:
        raise TextError(f"not JSON: {error}") from error
    return _Builder().build(text)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


class _Builder:
    """Takes the tokens of a text that is known to be JSON."""

    def __init__(self) -> None:
        self._root: Any = None
        self._source_map: dict[int, SourceLines] = {}
        self._flaws: list[TextError] = []
        self._open: list[Map | List] = []
        self._line = 1

    def build(self, text: str) -> ParsedText:
        for match in _TOKEN.finditer(text):
            token = match.group()
            if token == "\n":
                self._line += 1
            elif token in "{[":
                self._start(token)
            elif token in "}]":
                self._put(self._open.pop().close(self._source_map))
            elif token not in ":,":
                self._scalar(json.loads(token))
        return ParsedText(self._root, self._source_map, self._flaws)

    def _start(self, token: str) -> None:
        if len(self._open) >= DEEPEST:
            raise TextError(f"nested more than {DEEPEST} levels deep", self._line, "flatten it")
        self._open.append((Map if token == "{" else List)(self._line))

    def _scalar(self, value: Any) -> None:
        frame = self._open[-1] if self._open else None
        if not isinstance(frame, Map) or frame.key is not None:
            self._put(value)
            return
        flaw = frame.name(value, self._line, merge=False)
        if flaw is not None:
            self._flaws.append(flaw)

    def _put(self, value: Any) -> None:
        if not self._open:
            self._root = value
            return
        frame = self._open[-1]
        line = self._source_map[id(value)].line if isinstance(value, dict | list) else self._line
        frame.add(value, line)


LARGEST = 6 * 1024 * 1024
"""Bytes: API Gateway imports no larger definition.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""


class Document(NamedTuple):
    """``file`` is relative to the project. ``value`` is made of dict, list, str, int, float, bool and None."""

    file: str
    value: Any
    source_map: Mapping[int, SourceLines]

    def find(self, path: Sequence[str]) -> tuple[Any] | None:
        """The value at ``path`` (keys, list positions) in a tuple, None if there is none."""
        value = self.value
        for step in path:
            found = _child(value, step)
            if found is None:
                return None
            value = found[1]
        return (value,)

    def line(self, path: Sequence[str]) -> int:
        """The line of the value at ``path`` (keys, list positions), or of what is nearest above an absent one."""
        value, line = self.value, self._own_line(self.value)
        for step in path:
            source_map = self.source_map.get(id(value))
            found = _child(value, step)
            if source_map is None or found is None:
                return line
            key, value = found
            line = source_map.children[key]  # type: ignore[index]
        return line

    def source(self, path: Sequence[str]) -> Source:
        """Where the value at ``path`` stands."""
        return Source(self.file, self.line(path))

    def _own_line(self, value: Any) -> int:
        source_map = self.source_map.get(id(value))
        return source_map.line if source_map is not None else 0


def _child(value: Any, step: str) -> tuple[str | int, Any] | None:
    if isinstance(value, dict) and step in value:
        return step, value[step]
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return int(step), value[int(step)]
    return None


def read_document(root: Path, file: str, *, tags: Tags = no_tags) -> tuple[Document | None, list[Problem]]:
    """Read ``root/file``, as JSON if it is named so; None with the reason if it can't be read."""
    try:
        tree = _read(root / file, tags)
    except TextError as error:
        return None, [_problem(file, error)]
    return Document(file, tree.value, tree.source_map), [_problem(file, flaw) for flaw in tree.flaws]


def _read(path: Path, tags: Tags) -> ParsedText:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TextError(f"can't be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise TextError(f"is {len(content)} bytes long, more than the {LARGEST} that API Gateway imports")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TextError(
            f"the byte 0x{content[error.start]:02x} is not UTF-8", line, "save the file as UTF-8"
        ) from error
    if path.suffix != ".json":
        return read_yaml(text, tags)
    pass

    return read_json(text)


def _problem(file: str, error: TextError) -> Problem:
    return Problem(error.message, file, error.line, error.hint)
