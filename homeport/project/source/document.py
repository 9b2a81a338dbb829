"""A file of the project, JSON or YAML, as plain values with their lines.

JSON is read as strictly as its standard says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from homeport import strict_json
from homeport.errors import Problem
from homeport.project.model import Source
from homeport.project.source.source_map import (
    DEEPEST,
    OpenList,
    OpenMap,
    ParsedText,
    SourceLines,
    SourceMap,
    TextError,
    ValueBuilder,
)
from homeport.project.source.yaml_text import CORE_SCHEMA, Dialect, Tags, no_tags, read_yaml

_TOKEN = re.compile(r'\n|"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+')

LARGEST = 6 * 1024 * 1024
"""The most bytes of a definition that API Gateway imports.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""


def read_json(text: str, parse_float: Callable[[str], Any] = float, *, last_key_wins: bool = False) -> ParsedText:
    """Read a JSON document; ``parse_float`` makes its numbers that are not whole. Raises TextError."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise TextError(f"not JSON: {error.msg}", error.lineno, "check the text around it") from error
    except RecursionError as error:
        raise TextError(f"nested more than {DEEPEST} levels deep", 0, "flatten it") from error
    except ValueError as error:
        raise TextError(f"not JSON: {error}") from error
    return _read_tokens(text, parse_float, ValueBuilder(last_key_wins))


def _read_tokens(text: str, parse_float: Callable[[str], Any], builder: ValueBuilder) -> ParsedText:
    """Read a text that is known to be JSON."""
    line = 1
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token == "\n":
            line += 1
        elif token in "{[":
            builder.start((OpenMap if token == "{" else OpenList)(line))
        elif token in "}]":
            ended = builder.open.pop()
            builder.add_value(ended.close(builder.source_map), ended.line, size=0)
        elif token not in ":,":
            try:
                value = strict_json.loads(token, parse_float=parse_float)
            except ValueError as error:
                raise TextError(f"not JSON: {error}", line) from error
            parent = builder.map_without_key()
            if parent is not None:
                builder.add_key(parent, value, line)
            else:
                builder.add_value(value, line, size=0)
    return builder.parsed_text()


class Document(NamedTuple):
    """A file and its lines. ``file`` is relative to the project; ``value`` is as JSON has it.

    Values of other files may be part of it, as the body of an API that a template includes: ``source`` tells.
    """

    file: str
    value: Any
    source_map: SourceMap

    def __reduce__(self) -> tuple[Any, ...]:
        """Let another process have the document: its lines in the order of the containers, whose ids differ there."""
        lines = [self.source_map.get(id(container)) for container in _containers(self.value)]
        plain = [None if each is None else (*each[:3], dict(each.elsewhere)) for each in lines]
        return _document_of, (self.file, self.value, plain)

    def find(self, path: Sequence[str]) -> tuple[Any] | None:
        """Return the value at ``path`` (keys, list positions) in a tuple, or None if there is none."""
        value = self.value
        for step in path:
            found = _child(value, step)
            if found is None:
                return None
            value = found[1]
        return (value,)

    def source(self, path: Sequence[str]) -> Source:
        """Return the file and line of the value at ``path`` (keys, list positions), or of the container above it."""
        value = self.value
        lines = self.source_map.get(id(value))
        file, line = (lines.file or self.file, lines.line) if lines is not None else (self.file, 0)
        for step in path:
            found = _child(value, step)
            if lines is None or found is None:
                break
            key, value = found
            file, line = lines.file_of(key) or self.file, lines.children[key]  # type: ignore[index]
            lines = self.source_map.get(id(value))
        return Source(file, line)

    def files(self) -> set[str]:
        """Return the files whose values are part of it."""
        others = {file for lines in self.source_map.values() for file in (lines.file, *lines.elsewhere.values())}
        return {self.file, *others} - {""}

    def line(self, path: Sequence[str]) -> int:
        """Return the line of the value at ``path``, or of the nearest container above it."""
        return self.source(path).line

    def at(self, *path: str) -> Position:
        """Return the position of the value at ``path``, or of the nearest container above it."""
        return Position(self, path)


def _containers(value: Any) -> Iterator[Any]:
    """Yield the maps and lists of a value, each once."""
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        container = waiting.pop()
        if not isinstance(container, dict | list) or id(container) in seen:
            continue
        seen.add(id(container))
        yield container
        waiting.extend(container.values() if isinstance(container, dict) else container)


def _document_of(file: str, value: Any, lines: Sequence[tuple[Any, ...] | None]) -> Document:
    containers = _containers(value)
    pairs = zip(containers, lines, strict=True)
    return Document(file, value, {id(container): SourceLines(*each) for container, each in pairs if each is not None})


class Position(NamedTuple):
    """A place in a document, of which a rule yields a problem."""

    document: Document
    path: tuple[str, ...]

    @property
    def source(self) -> Source:
        """The file and line."""
        return self.document.source(self.path)

    def problem(self, message: str, hint: str, severity: Literal["error", "warning"]) -> Problem:
        """Return a problem of this place."""
        source = self.source
        return Problem(message, source.file, source.line, hint, severity)

    def error(self, message: str, hint: str = "") -> Problem:
        """Return an error: AWS would refuse this, or the kit can't do it."""
        return self.problem(message, hint, "error")

    def warning(self, message: str, hint: str = "") -> Problem:
        """Return a warning: this works, but not as it reads."""
        return self.problem(message, hint, "warning")


def _child(value: Any, step: str) -> tuple[str | int, Any] | None:
    if isinstance(value, dict) and step in value:
        return step, value[step]
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return int(step), value[int(step)]
    return None


def read_document(
    root: Path, file: str, *, tags: Tags = no_tags, dialect: Dialect = CORE_SCHEMA
) -> tuple[Document | None, list[Problem]]:
    """Read ``root/file``, as JSON if its name ends so. Return None and the reason if it can't be read."""
    try:
        parsed = _read(root / file, tags, dialect)
    except TextError as error:
        return None, [text_problem(file, error)]
    return Document(file, parsed.value, parsed.source_map), [text_problem(file, error) for error in parsed.errors]


def _read(path: Path, tags: Tags, dialect: Dialect) -> ParsedText:
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
        return read_yaml(text, tags, dialect=dialect)
    return read_json(text, last_key_wins=dialect.last_key_wins)


def text_problem(file: str, error: TextError) -> Problem:
    """Return the problem of a file whose text can't be read."""
    return Problem(error.message, file, error.line, error.hint, error.severity)
