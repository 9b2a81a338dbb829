"""Values of one document put into another: they keep the file and lines that they come from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from homeport.project.model import Source
from homeport.project.source.document import Document
from homeport.project.source.source_map import SourceLines, SourceMap


def adopt_lines(source_map: SourceMap, value: Any, document: Document) -> None:
    """Add the lines of the containers in ``value``, a part of ``document``, to the source map of another document."""
    if not isinstance(value, dict | list):
        return
    lines = document.source_map.get(id(value))
    if lines is not None:
        source_map[id(value)] = lines.in_file(document.file)
    for child in value.values() if isinstance(value, dict) else value:
        adopt_lines(source_map, child, document)


def merge_map(source_map: SourceMap, into: dict[str, Any], content: dict[str, Any], document: Document) -> None:
    """Add the keys of ``content``, a map of ``document``, to a map of another document that does not have them."""
    own, other = source_map[id(into)], document.source_map[id(content)]
    lines, elsewhere = dict(_by_key(own)), dict(own.elsewhere)
    for key, value in content.items():
        if key not in into:
            into[key] = value
            lines[key] = _by_key(other)[key]
            elsewhere[key] = other.file_of(key) or document.file
            adopt_lines(source_map, value, document)
    source_map[id(into)] = own._replace(children=lines, elsewhere=elsewhere)


def _by_key(lines: SourceLines) -> dict[str, int]:
    return lines.children if isinstance(lines.children, dict) else {}


def own_file(document: Document, container: Any) -> str:
    """Return the file in which a container of a document stands."""
    lines = document.source_map.get(id(container))
    return (lines.file if lines is not None else "") or document.file


def source_in(document: Document, container: Any, key: str | int) -> Source:
    """Return the file and line of a key or entry of a container of a document."""
    lines = document.source_map.get(id(container))
    if lines is None:
        return Source(document.file, 0)
    return Source(lines.file_of(key) or document.file, lines.children[key])  # type: ignore[index]


def set_line(source_map: SourceMap, holder: dict[str, Any], key: str, source: Source) -> None:
    """Set the file and line of a key that was added to a map of a document, and of the map below it if it has none."""
    lines = source_map.get(id(holder), SourceLines(source.line, {}, source.file))
    children, elsewhere = {**_by_key(lines), key: source.line}, {**lines.elsewhere, key: source.file}
    source_map[id(holder)] = lines._replace(children=children, elsewhere=elsewhere)
    if isinstance(holder[key], dict):
        source_map.setdefault(id(holder[key]), SourceLines(source.line, {}, source.file))


def relative_file(root: Path, file: Path) -> str:
    """Return a file relative to the project; one outside begins with ``../``."""
    return Path(os.path.relpath(file, root)).as_posix()
