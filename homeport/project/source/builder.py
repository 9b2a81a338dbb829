"""A document made of values that come from several places: ``DocumentBuilder``. Each value keeps the owner's line."""

from __future__ import annotations

from typing import Any, NamedTuple

from homeport.project.model import Source
from homeport.project.source.cursor import Cursor
from homeport.project.source.document import Document
from homeport.project.source.source_map import SourceMap, lines_of


class Placed(NamedTuple):
    """Content for a ``DocumentBuilder`` that stands at another place than what is around it."""

    content: Any
    at: Cursor


class DocumentBuilder:
    """Builds a document of values that come from several places of the owner's files.

    ``value`` takes plain maps and lists with cursors as their leaves or branches. A cursor's value is part of the new
    document as it is, with its own lines; what stands between has the line of the place that is given, or of the
    ``Placed`` around it.
    """

    def __init__(self) -> None:
        self.source_map: SourceMap = {}
        self._file = ""

    def document(self, content: Any, at: Cursor) -> Document:
        """Return the content as a document of the file in which ``at`` is."""
        self._file = at.document.file
        return Document(self._file, self.value(content, at), self.source_map)

    def value(self, content: Any, at: Cursor) -> Any:
        """Return the content as plain values, each with its lines."""
        match content:
            case Cursor():
                self._take_lines(content)
                return content.value
            case Placed(inside, place):
                return self.value(inside, place)
            case dict():
                made = {key: self.value(child, at) for key, child in content.items()}
                sources = {key: _source(child, at) for key, child in content.items()}
                self.source_map[id(made)] = lines_of(at.source, sources)
                return made
            case list():
                entries = [self.value(child, at) for child in content]
                self.source_map[id(entries)] = lines_of(at.source, [_source(child, at) for child in content])
                return entries
            case value:
                return value

    def _take_lines(self, cursor: Cursor) -> None:
        """Take over the lines of a value and of all that is in it, but of nothing else: ids are used again."""
        file, source_map = cursor.document.file, cursor.document.source_map
        waiting = [cursor.value]
        while waiting:
            value = waiting.pop()
            if not isinstance(value, dict | list):
                continue
            lines = source_map.get(id(value))
            if lines is not None:
                self.source_map[id(value)] = lines if file == self._file else lines.in_file(file)
            waiting.extend(value.values() if isinstance(value, dict) else value)


def _source(child: Any, at: Cursor) -> Source:
    match child:
        case Cursor():
            return child.source
        case Placed(_, place):
            return place.source
    return at.source
