"""References of an OpenAPI document into other files (``$ref: ./schemas.yaml#/Item``), put in their places.

API Gateway follows none of them: an owner bundles the files before the import. A schema of another file's components,
and one that refers to itself, becomes one of the document's own, and keeps its name.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from homeport.errors import Problem
from homeport.project.features import words
from homeport.project.schema.references import pointer_keys
from homeport.project.source.cursor import Cursor
from homeport.project.source.document import Document
from homeport.project.source.graft import adopt_lines, own_file, relative_file, set_line, source_in
from homeport.project.source.source_map import SourceLines
from homeport.project.source.template_text import read_template_text

_MAPS_OF_NAMES = frozenset(words("maps of names"))
_VALUES = frozenset(("default", "enum", "example"))

_Target = tuple[str, str]
"""A file and the pointer in it."""


def inline_outer_references(root: Path, body: Cursor, *, deployed_as_written: bool = True) -> None:
    """Replace the references into other files in an API's document, in place, and report those that lead nowhere.

    ``deployed_as_written``: API Gateway gets the owner's document, and so each file that it would not read is named.
    """
    if isinstance(body.value, dict):
        _OuterReferences(root, body, deployed_as_written).follow()


class _OuterReferences:
    def __init__(self, root: Path, body: Cursor, deployed_as_written: bool) -> None:
        self._root = root
        self._deployed_as_written = deployed_as_written
        self._body = body
        self._files: dict[str, Document | None] = {}
        self._resolved: dict[_Target, Any] = {}
        self._open: list[_Target] = []
        self._names: dict[_Target, str] = {}
        self._seen: set[int] = set()

    def follow(self) -> None:
        self._children(self._body.value, self._body.document, outside=False)

    def _children(self, container: Any, document: Document, *, outside: bool, names: bool = False) -> None:
        """Replace the references in a container of a document, which is another one than the body's if ``outside``.

        ``names`` says that its keys are names. What a keyword such as ``example`` holds is a value, no reference.
        """
        if id(container) in self._seen:
            return
        self._seen.add(id(container))
        for key, child in list(container.items() if isinstance(container, dict) else enumerate(container)):
            if not isinstance(child, dict | list) or (not names and key in _VALUES):
                continue
            if isinstance(child, dict) and self._is_followed(child, document, outside):
                container[key] = self._target(child["$ref"], child, document)
            else:
                self._children(child, document, outside=outside, names=not names and key in _MAPS_OF_NAMES)

    def _is_followed(self, holder: dict[str, Any], document: Document, outside: bool) -> bool:
        """Return whether a container is a reference to replace. A project's own document stays inside of it.

        One that leads out is left to the reader of the document, which names it.
        """
        reference = holder.get("$ref")
        if not isinstance(reference, str) or not _leads_out(reference, outside):
            return False
        location = reference.partition("#")[0]
        place = (self._root / own_file(document, holder)).parent / location
        return self._deployed_as_written or place.resolve().is_relative_to(self._root.resolve())

    def _target(self, reference: str, holder: dict[str, Any], document: Document) -> Any:
        location, _, pointer = reference.partition("#")
        base = own_file(document, holder)
        file = relative_file(self._root, (self._root / base).parent / location) if location else base
        target = (file, pointer.rstrip("/"))
        if target in self._open:
            # The schema contains itself: it gets a name in the body, and the circle leads there.
            return self._reference_to(self._name(target), holder, document)
        if target not in self._resolved:
            self._resolved[target] = self._resolve(target, reference, holder, document)
        return self._resolved[target]

    def _resolve(self, target: _Target, reference: str, holder: dict[str, Any], document: Document) -> Any:
        file, pointer = target
        if file not in self._files:
            self._files[file] = self._read(file, reference, holder, document)
        other = self._files[file]
        found = other.find(pointer_keys(f"#{pointer}")) if other is not None else None
        if other is None or found is None:
            source = source_in(document, holder, "$ref")
            message = f"the reference {reference!r} leads to nothing"
            self._body.diagnostics.add(Problem(message, source.file, source.line, "check the file and the path in it"))
            # What is left is named once more by the reader of the document.
            return holder if self._deployed_as_written else {}
        if _is_schema(pointer):
            self._name(target)
        wrapper = [found[0]]
        self._open.append(target)
        self._children(wrapper, other, outside=True)
        self._open.pop()
        adopt_lines(self._body.document.source_map, wrapper[0], other)
        if target not in self._names:
            return wrapper[0]
        name = self._names[target]
        self._add_schema(name, wrapper[0])
        return self._reference_to(name, holder, document)

    def _name(self, target: _Target) -> str:
        """Return the name of a schema of another file in the body."""
        file, pointer = target
        if target not in self._names:
            self._names[target] = self._free_name(PurePosixPath(pointer or file).stem)
        return self._names[target]

    def _read(self, file: str, reference: str, holder: dict[str, Any], document: Document) -> Document | None:
        source = source_in(document, holder, "$ref")
        if not (self._root / file).is_file():
            return None
        if self._deployed_as_written:
            message = f"API Gateway does not follow the reference {reference!r} into another file"
            hint = "bundle the files before you deploy"
            self._body.diagnostics.add(Problem(message, source.file, source.line, hint, "warning"))
        found, problems = read_template_text(self._root, file)
        self._body.diagnostics.add(*problems)
        return found

    @property
    def _path(self) -> tuple[str, ...]:
        return ("definitions",) if "swagger" in self._body.value else ("components", "schemas")

    def _free_name(self, name: str) -> str:
        """Return the name, or one with a number after it if the body has a schema of that name."""
        found = self._body.document.find((*self._body.path, *self._path))
        taken = {*(found[0] if found is not None and isinstance(found[0], dict) else ()), *self._names.values()}
        return next(each for each in (name, *(f"{name}{count}" for count in range(2, 1000))) if each not in taken)

    def _add_schema(self, name: str, schema: Any) -> None:
        """Add a schema to the body's own."""
        source_map, source = self._body.document.source_map, self._body.source
        holder = self._body.value
        for key in self._path:
            if not isinstance(holder.get(key), dict):
                holder[key] = {}
                set_line(source_map, holder, key, source)
            holder = holder[key]
        holder[name] = schema
        set_line(source_map, holder, name, source)

    def _reference_to(self, name: str, holder: dict[str, Any], document: Document) -> dict[str, Any]:
        source = source_in(document, holder, "$ref")
        made = {"$ref": "#/" + "/".join((*self._path, name))}
        self._body.document.source_map[id(made)] = SourceLines(source.line, {"$ref": source.line}, source.file)
        return made


def _is_schema(pointer: str) -> bool:
    """Return whether a pointer leads to a schema of a document's components, or of OpenAPI 2.0's definitions."""
    return re.fullmatch(r"/(components/schemas|definitions)/[^/]+", pointer) is not None


def _leads_out(reference: str, outside: bool) -> bool:
    """Return whether a reference leads out of the body. Those of another file do even where they begin with #."""
    return "://" not in reference and (outside or not reference.startswith("#"))
