"""AWS::LanguageExtensions: loops, unrolled before any other transform.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.project.cloudformation.stack.function_values import as_text
from homeport.project.cloudformation.stack.intrinsics import Evaluator, UnresolvedValueError
from homeport.project.cloudformation.template.sam import transforms
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document
from homeport.project.source.source_map import SourceMap, lines_of

LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"

_LOOP = "Fn::ForEach::"
_PLACEHOLDER = re.compile(r"([$&])\{([^{}]*)\}")
_FREE_KEY = re.compile(r"[^A-Za-z0-9]")
_SECTIONS = ("Conditions", "Resources", "Outputs")


def expand_language_extensions(
    document: Document, parameter_values: Mapping[str, Any], diagnostics: Diagnostics
) -> Document:
    """Return the template with Fn::ForEach unrolled; the document itself if it has no loop.

    ``parameter_values`` has the values of parameters and pseudo parameters. Fn::Length, Fn::ToJsonString and the
    DefaultValue of Fn::FindInMap stay: they are worked out with the other functions.
    """
    if not isinstance(document.value, dict) or not _has_loop(document.value):
        return document
    root = Cursor.root(document, diagnostics)
    if LANGUAGE_EXTENSIONS not in transforms(document):
        root.warning(
            "the template has Fn::ForEach and does not name its transform: CloudFormation would refuse it",
            f"add {LANGUAGE_EXTENSIONS} to Transform",
        )
    loops = _Loops(parameter_values, root)
    return Document(document.file, loops.template(), loops.source_map)


def _has_loop(value: Any) -> bool:
    if isinstance(value, dict):
        return any(key.startswith(_LOOP) or _has_loop(child) for key, child in value.items())
    return isinstance(value, list) and any(_has_loop(child) for child in value)


class _Loops:
    """Copies a template, its loops unrolled. ``source_map`` has the lines of the copies."""

    def __init__(self, parameter_values: Mapping[str, Any], root: Cursor) -> None:
        self.source_map: SourceMap = {}
        self._names = parameter_values
        self._root = root

    def template(self) -> dict[str, Any]:
        """Return the whole template."""
        made: dict[str, Any] = {}
        for key, child in self._root.items():
            made[key] = self._value(child, {}) if key in _SECTIONS else self._value(child, None)
        self.source_map[id(made)] = lines_of(
            self._root.source, {key: child.source for key, child in self._root.items()}
        )
        return made

    def _value(self, cursor: Cursor, variables: Mapping[str, str] | None) -> Any:
        """Return a copy with the loops unrolled. ``variables`` are those of the loops around; None: no loop counts."""
        match cursor.value:
            case dict():
                return self._map(cursor, variables)
            case list():
                entries = list(cursor.entries())
                made = [self._value(entry, variables) for entry in entries]
                self.source_map[id(made)] = lines_of(cursor.source, [entry.source for entry in entries])
                return made
            case str() as text:
                return _fill_in(text, variables) if variables else text
            case value:
                return value

    def _map(self, cursor: Cursor, variables: Mapping[str, str] | None) -> Any:
        if variables and isinstance(cursor.value.get("Ref"), str) and len(cursor.value) == 1:
            name = cursor.value["Ref"]
            if name in variables:
                return variables[name]
        pairs = list(self._pairs(cursor, variables))
        made = {key: value for key, value, _ in pairs}
        if variables and (text := _finished_text(made)) is not None:
            return text
        self.source_map[id(made)] = lines_of(cursor.source, {key: child.source for key, _, child in pairs})
        return made

    def _pairs(self, cursor: Cursor, variables: Mapping[str, str] | None) -> Iterator[tuple[str, Any, Cursor]]:
        """Yield the keys of a map with their values, those of its loops among them, and where each was written."""
        for key, child in cursor.items():
            if variables is not None and key.startswith(_LOOP):
                yield from self._unroll(child, variables)
            else:
                yield _fill_in_key(key, variables or {}), self._value(child, variables), child

    def _unroll(self, loop: Cursor, variables: Mapping[str, str]) -> Iterator[tuple[str, Any, Cursor]]:
        entries = list(loop.entries())
        if len(entries) != 3 or not isinstance(entries[0].value, str) or not isinstance(entries[2].value, dict):
            loop.error(
                "a loop needs an identifier, a collection and a map",
                "write [Name, [a, b], {'Key${Name}': …}]",
            )
            return
        identifier, collection, body = entries
        if identifier.value in variables:
            identifier.error(f"the loop around this one has the identifier {identifier.value!r} too", "rename one")
            return
        for word in self._collection(collection, variables):
            yield from self._pairs(body, {**variables, identifier.value: word})

    def _collection(self, cursor: Cursor, variables: Mapping[str, str]) -> list[str]:
        evaluator = Evaluator({**self._names, **variables}, self._root.map("Conditions"), self._root.map("Mappings"))
        try:
            value = evaluator.value(cursor)
        except UnresolvedValueError as error:
            error.cursor.error(f"the collection of a loop has no value: {error.message}", error.hint)
            return []
        words = value if isinstance(value, list) else [part.strip() for part in as_text(value).split(",")]
        return [as_text(word) for word in words]


def _finished_text(function: dict[str, Any]) -> str | None:
    """Return the value of a function that has none but texts now. The transform hands on the text.

    SAM needs it: the path of an event is no function.
    """
    match function:
        case {"Fn::Sub": str(text), **rest} if not rest and "${" not in text:
            return text
        case {"Fn::Join": [str(delimiter), list(parts)], **rest} if not rest:
            return delimiter.join(parts) if all(isinstance(part, str) for part in parts) else None
    return None


def _fill_in(text: str, variables: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        sign, name = found.groups()
        if name not in variables:
            return found.group()
        return variables[name] if sign == "$" else _FREE_KEY.sub("", variables[name])

    return _PLACEHOLDER.sub(value, text)


def _fill_in_key(key: str, variables: Mapping[str, str]) -> str:
    return _fill_in(key, variables) if variables else key
