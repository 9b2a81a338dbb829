"""What a text becomes: plain values, and the line of every one of them.

The maps and lists that are open while a text is being read.
"""

from __future__ import annotations

from typing import Any, NamedTuple

MOST_VALUES = 500_000
"""A text whose aliases unfold to more values than this is refused (a "billion laughs" file)."""

DEEPEST = 100
"""A text nested deeper than this is refused; OpenAPI documents and templates stay far below."""


class TextError(Exception):
    """A text that can't be read; ``line`` counts from 1, ``hint`` says what to do."""

    def __init__(self, message: str, line: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


class SourceLines(NamedTuple):
    """Lines of a container: its own, and those of its keys or entries, counted from 1."""

    line: int
    children: dict[str, int] | list[int]


class ParsedText(NamedTuple):
    """``source_map`` is keyed by the ``id`` of the containers in ``value``, which must therefore outlive it.

    ``flaws`` are errors that did not keep the rest from being read: duplicate keys, unknown tags.
    """

    value: Any
    source_map: dict[int, SourceLines]
    flaws: list[TextError]


class List:
    """A list that is being read. ``size`` counts the values in it, aliases unfolded."""

    def __init__(self, line: int, anchor: str | None = None, tag: str | None = None) -> None:
        self.line = line
        self.anchor = anchor
        self.tag = tag
        self.size = 1
        self._value: list[Any] = []
        self._lines: list[int] = []

    def add(self, value: Any, line: int) -> None:
        """Take the next entry."""
        self._value.append(value)
        self._lines.append(line)

    def close(self, source_map: dict[int, SourceLines]) -> list[Any]:
        """The finished list, its lines noted in ``source_map``."""
        source_map[id(self._value)] = SourceLines(self.line, self._lines)
        return self._value


class Map:
    """A map that is being read: ``key`` waits for its value."""

    def __init__(self, line: int, anchor: str | None = None, tag: str | None = None) -> None:
        self.line = line
        self.anchor = anchor
        self.tag = tag
        self.size = 1
        self.key: str | None = None
        self._key_line = 0
        self._merging = False
        self._merged: list[dict[str, Any]] = []
        self._value: dict[str, Any] = {}
        self._lines: dict[str, int] = {}

    def name(self, key: str, line: int, *, merge: bool = False) -> TextError | None:
        """Take a key; the flaw if it is there already, in which case its first value stays."""
        self.key, self._key_line, self._merging = key, line, merge
        if merge or key not in self._lines:
            return None
        return TextError(
            f"the key {key!r} stands here a second time (first on line {self._lines[key]})", line, "remove one of them"
        )

    def add(self, value: Any, line: int) -> None:
        """Take the value of the key. Raises TextError if it is to be merged and is no map."""
        key, self.key = self.key, None
        if self._merging:
            self._merge(value, line)
        elif key is not None and key not in self._lines:
            self._value[key] = value
            self._lines[key] = self._key_line

    def _merge(self, value: Any, line: int) -> None:
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            raise TextError("<< merges maps, and this is none", line, "give it a map or a list of maps")
        self._merged.extend(sources)

    def close(self, source_map: dict[int, SourceLines]) -> dict[str, Any]:
        """The finished map: own keys first, then what is merged, the first source before the next."""
        for source in self._merged:
            known = source_map[id(source)].children
            for key in source:
                if key not in self._lines:
                    self._value[key] = source[key]
                    self._lines[key] = known[key] if isinstance(known, dict) else self.line
        source_map[id(self._value)] = SourceLines(self.line, self._lines)
        return self._value
