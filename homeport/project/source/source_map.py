"""The source map of a text: the line of every value in it, collected while the text is parsed.

A parser of JSON or YAML tells a ``ValueBuilder`` of each key, scalar and container; the builder makes plain values.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from homeport.project.model import Source

MOST_VALUES = 500_000
"""The most values to which the aliases of a text may unfold (a "billion laughs" file has more)."""

DEEPEST = 100
"""The most levels of nesting; OpenAPI documents and templates stay far below."""


class TextError(Exception):
    """A text that can't be read; ``line`` counts from 1, ``hint`` says what to do. A warning is a text that can."""

    def __init__(
        self, message: str, line: int = 0, hint: str = "", severity: Literal["error", "warning"] = "error"
    ) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint
        self.severity = severity


_NOWHERE_ELSE: Mapping[str | int, str] = MappingProxyType({})


class SourceLines(NamedTuple):
    """Lines of a container: its own, and those of its keys or entries, counted from 1.

    ``file`` is the container's file, ``""`` where it is the document's. ``elsewhere`` has the files of the keys or
    entries that stand in another file than the container does.
    """

    line: int
    children: dict[str, int] | list[int]
    file: str = ""
    elsewhere: Mapping[str | int, str] = _NOWHERE_ELSE

    def file_of(self, child: str | int) -> str:
        """Return the file of a key or entry, ``""`` where it is the document's."""
        return self.elsewhere.get(child, self.file)

    def in_file(self, file: str) -> SourceLines:
        """Return the same lines for a document of another file, of which ``file`` is a part."""
        return self if self.file else self._replace(file=file)


def lines_of(own: Source, children: Mapping[str, Source] | list[Source]) -> SourceLines:
    """Return the lines of a container that is made of values from several places: its own, and its children's."""
    elsewhere: dict[str | int, str]
    if isinstance(children, list):
        elsewhere = {index: source.file for index, source in enumerate(children) if source.file != own.file}
        return SourceLines(own.line, [source.line for source in children], own.file, elsewhere or _NOWHERE_ELSE)
    elsewhere = {key: source.file for key, source in children.items() if source.file != own.file}
    lines = {key: source.line for key, source in children.items()}
    return SourceLines(own.line, lines, own.file, elsewhere or _NOWHERE_ELSE)


SourceMap = dict[int, SourceLines]
"""The lines of containers by their ``id``; the containers must outlive it."""


class ParsedText(NamedTuple):
    """A value and its source map. ``errors`` did not keep the rest from being read: duplicate keys, unknown tags."""

    value: Any
    source_map: SourceMap
    errors: list[TextError]


class OpenList:
    """A list whose end has not been read yet. ``size`` counts the values in it, aliases unfolded."""

    def __init__(self, line: int, anchor: str | None = None, tag: str | None = None) -> None:
        self.line = line
        self.anchor = anchor
        self.tag = tag
        self.size = 1
        self._value: list[Any] = []
        self._lines: list[int] = []

    def add(self, value: Any, line: int) -> None:
        """Append an entry."""
        self._value.append(value)
        self._lines.append(line)

    def close(self, source_map: SourceMap) -> list[Any]:
        """Return the finished list, its lines added to ``source_map``."""
        source_map[id(self._value)] = SourceLines(self.line, self._lines)
        return self._value


class OpenMap:
    """A map whose end has not been read yet; ``key`` is None while a key is expected."""

    def __init__(self, line: int, anchor: str | None = None, tag: str | None = None) -> None:
        self.line = line
        self.anchor = anchor
        self.tag = tag
        self.size = 1
        self.key: str | None = None
        self._key_line = 0
        self._merging = False
        self._replacing = False
        self._merged: list[dict[str, Any]] = []
        self._value: dict[str, Any] = {}
        self._lines: dict[str, int] = {}

    def start_value(self, key: str, line: int, *, merge: bool, last_wins: bool = False) -> TextError | None:
        """Set the key of the next value. Return an error for a second value of a key.

        The first value stays, or the last one where ``last_wins``; that is a warning only.
        """
        self.key, self._key_line, self._merging, self._replacing = key, line, merge, last_wins
        if merge or key not in self._lines:
            return None
        message = f"the key {key!r} stands here a second time (first on line {self._lines[key]})"
        if last_wins:
            return TextError(f"{message}: the last one holds", line, "remove the other", "warning")
        return TextError(message, line, "remove one of them")

    def add(self, value: Any, line: int) -> None:
        """Set the value of the key. Raises TextError for a ``<<`` whose value is no map."""
        key, self.key = self.key, None
        if self._merging:
            sources = value if isinstance(value, list) else [value]
            if not all(isinstance(source, dict) for source in sources):
                raise TextError("<< merges maps, and this is none", line, "give it a map or a list of maps")
            self._merged.extend(sources)
        elif key is not None and (self._replacing or key not in self._lines):
            self._value[key] = value
            self._lines[key] = self._key_line

    def close(self, source_map: SourceMap) -> dict[str, Any]:
        """Return the finished map: its own keys, then those of the merged maps, the first map before the next."""
        for source in self._merged:
            known = source_map[id(source)].children
            for key in source:
                if key not in self._lines:
                    self._value[key] = source[key]
                    self._lines[key] = known[key] if isinstance(known, dict) else self.line
        source_map[id(self._value)] = SourceLines(self.line, self._lines)
        return self._value


class ValueBuilder:
    """Builds a value from what a parser reports, in the order of the text. All methods raise TextError.

    A key that stands twice is an error, or a warning where ``last_key_wins``.
    """

    def __init__(self, last_key_wins: bool = False) -> None:
        self._last_key_wins = last_key_wins
        self.errors: list[TextError] = []
        self.source_map: SourceMap = {}
        self.open: list[OpenMap | OpenList] = []
        self._root: Any = None
        self._unfolded = 0

    def parsed_text(self) -> ParsedText:
        """The finished value."""
        return ParsedText(self._root, self.source_map, self.errors)

    def map_without_key(self) -> OpenMap | None:
        """The innermost container, if it is a map that expects a key."""
        innermost = self.open[-1] if self.open else None
        return innermost if isinstance(innermost, OpenMap) and innermost.key is None else None

    def start(self, container: OpenMap | OpenList) -> None:
        """Open a container."""
        if len(self.open) >= DEEPEST:
            raise TextError(f"nested more than {DEEPEST} levels deep", container.line, "flatten it")
        if self.map_without_key() is not None:
            raise TextError("a map or list stands where a key is expected", container.line, "keys are plain text")
        self.open.append(container)

    def add_key(self, parent: OpenMap, key: str, line: int, *, merge: bool = False) -> None:
        """Set the key of the next value of ``parent``."""
        error = parent.start_value(key, line, merge=merge, last_wins=self._last_key_wins)
        if error is not None:
            self.errors.append(error)

    def add_value(self, value: Any, line: int, size: int = 1) -> None:
        """Put a value into the innermost container. ``size`` counts the values in it, aliases unfolded."""
        if not self.open:
            self._root = value
            return
        parent = self.open[-1]
        parent.size += size
        if parent.size > MOST_VALUES or self._unfolded > MOST_VALUES:
            raise TextError(f"aliases unfold to more than {MOST_VALUES} values", line, "write the values out")
        parent.add(value, line)

    def add_alias(self, value: Any, line: int, size: int) -> None:
        """Put the value of an alias there, as a key where a key is expected."""
        self._unfolded += size
        parent = self.map_without_key()
        if parent is not None:
            self.add_key(parent, str(value), line)
        else:
            self.add_value(value, line, size)
