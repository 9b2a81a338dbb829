"""The owner's lines of values that are made while a configuration is read: ``ValueLines``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from homeport.project.model import Source
from homeport.project.source.source_map import SourceLines, SourceMap, lines_of
from homeport.project.terraform.language.syntax import TupleExpression

_Made = TypeVar("_Made")
_Map = TypeVar("_Map", bound=dict[str, Any])


class ValueLines:
    """A source map of values that outlive it, because they are kept here: ids are used again."""

    def __init__(self) -> None:
        self.source_map: SourceMap = {}
        self._kept: list[Any] = []

    def note_map(self, made: _Map, file: str, line: int, lines: Mapping[str, int]) -> _Map:
        """Note the lines of a map and of its keys."""
        return self._note(made, SourceLines(line, dict(lines), file))

    def note_list(self, made: list[Any], file: str, node: TupleExpression) -> list[Any]:
        """Note the lines of a list and of its entries."""
        return self._note(made, SourceLines(node.line, [item.line for item in node.items], file))

    def place_map(self, made: _Map, own: Source, sources: Mapping[str, Source]) -> _Map:
        """Note the places of a map and of its keys, those without one at its own."""
        return self._note(made, lines_of(own, {key: sources.get(key, own) for key in made}))

    def place(self, value: Any, own: Source) -> Any:
        """Note one place for all maps and lists in a value that have none."""
        if isinstance(value, dict | list) and id(value) not in self.source_map:
            if isinstance(value, dict):
                self.place_map(value, own, {})
            else:
                self._note(value, lines_of(own, [own for _ in value]))
            for child in value.values() if isinstance(value, dict) else value:
                self.place(child, own)
        elif isinstance(value, dict | list):
            inner = Source(self.source_map[id(value)].file or own.file, self.source_map[id(value)].line)
            for child in value.values() if isinstance(value, dict) else value:
                self.place(child, inner)
        return value

    def adopt(self, value: Any, source_map: SourceMap, file: str) -> None:
        """Take over the lines of a value that was read of a file."""
        self._kept.append(value)
        self.source_map.update({id: lines.in_file(file) for id, lines in source_map.items()})

    def source_of(self, value: Any, otherwise: Source) -> Source:
        """Return the place of a map or list."""
        found = self.source_map.get(id(value)) if isinstance(value, dict | list) else None
        return Source(found.file or otherwise.file, found.line) if found is not None else otherwise

    def child(self, container: Any, key: str | int, otherwise: Source) -> Source:
        """Return the place of a key or entry of a container."""
        found = self.source_map.get(id(container))
        try:
            return Source(found.file_of(key) or otherwise.file, found.children[key]) if found else otherwise  # type: ignore[index]
        except (KeyError, IndexError):
            return otherwise

    def _note(self, made: _Made, lines: SourceLines) -> _Made:
        self.source_map[id(made)] = lines
        self._kept.append(made)
        return made
