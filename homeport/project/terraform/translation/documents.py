"""Texts of JSON or YAML as values that know their lines: policies, schemas, definitions of APIs."""

from __future__ import annotations

from typing import Any

from homeport.project.model import Source
from homeport.project.source.document import read_json
from homeport.project.source.source_map import ParsedText, SourceLines, TextError
from homeport.project.source.yaml_text import read_yaml
from homeport.project.terraform.evaluation.values import (
    DocumentText,
    EvaluationError,
    FileText,
    LazyObject,
    StandInText,
    describe,
)
from homeport.project.terraform.lines import ValueLines


def document_of(value: Any, place: Source, lines: ValueLines) -> Any:
    """Return the value of a text. ``place`` is that of the attribute. Raises EvaluationError.

    A text of a file, or a heredoc, has the lines that it has there.
    """
    match value:
        case DocumentText():
            return value.document
        case StandInText():
            return None
        case None:
            return None
        case LazyObject():
            return value.to_map()
        case dict() | list():
            return value
        case str():
            return _parse(value, place, lines)
    raise EvaluationError(f"{describe(value)} is no document")


def _parse(text: str, place: Source, lines: ValueLines) -> Any:
    if not text.strip():
        return None
    file, above = (text.file, 0) if isinstance(text, FileText) else (place.file, place.line)
    try:
        parsed = _read(text)
    except TextError as error:
        where = above + error.line if error.line else place.line
        raise EvaluationError(f"the text is no JSON and no YAML: {error.message}", where, error.hint, file) from error
    if "\n" not in text.strip():
        return lines.place(parsed.value, place)
    lines.adopt(parsed.value, {id: _moved_lines(each, above) for id, each in parsed.source_map.items()}, file)
    return parsed.value


def _read(text: str) -> ParsedText:
    # The parser of YAML takes no subclass of str.
    return read_json(text) if text.lstrip().startswith(("{", "[")) else read_yaml(str(text))


def _moved_lines(lines: SourceLines, by: int) -> SourceLines:
    children = (
        {key: line + by for key, line in lines.children.items()}
        if isinstance(lines.children, dict)
        else [line + by for line in lines.children]
    )
    return lines._replace(line=lines.line + by, children=children)
