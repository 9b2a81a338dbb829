"""The files that variables name, ``${file(config.yml):key}``: YAML, JSON and text; programs by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from homeport.project.esbuild import is_file
from homeport.project.serverless.variables.outer_values import MissingValue, OuterValues, source_text
from homeport.project.serverless.variables.variable_syntax import TypedSource
from homeport.project.source.cursor import Cursor
from homeport.project.source.document import Document, read_document
from homeport.project.source.graft import relative_file
from homeport.project.source.yaml_text import long_form

_PROGRAMS = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts")
_DATA = (".yml", ".yaml", ".json", ".tfstate")


class FileContent(NamedTuple):
    """The content of a file, and the keys that lead to the value that a variable wants. ``file`` is its name there."""

    content: Cursor
    keys: tuple[str, ...]
    file: str


class ConfigurationFiles:
    """Reads the files, each once. ``names`` are those that were looked for, relative to the project ``root``."""

    def __init__(self, root: Path, outer: OuterValues) -> None:
        self.names: set[str] = set()
        self._root = root
        self._outer = outer
        self._documents: dict[str, Cursor | None] = {}

    def find(self, source: TypedSource, at: Cursor) -> FileContent | Cursor | MissingValue:
        """Return the content of the file of a source, or the value that the user gives for a program."""
        # Version 4 also takes file:PATH#KEY.
        name, _, fragment = (source.given[0] if source.given else source.address).partition("#")
        path = Path(name).expanduser() if name.startswith("~/") else Path(name)
        if path.suffix in _PROGRAMS:
            given = self._outer.find_import(source)
            return at._replace(value=_plain_value(given)) if given is not None else _of_program(source, path)
        content = self._read(relative_file(self._root, self._outer.folder / path), at)
        address = source.address if source.given else fragment
        if content is None:
            return MissingValue(
                f"there is no file {name} to read, so placeholders stand for what is in it",
                "check its path, or write the file",
                address.rpartition(".")[2] or path.stem,
            )
        keys = address.replace("[", ".").replace("]", "").split(".") if address else []
        return FileContent(content, tuple(keys), name)

    def _read(self, file: str, at: Cursor) -> Cursor | None:
        """Return the content of a file, plain text for one that is no YAML and no JSON."""
        self.names.add(file)
        if file not in self._documents:
            self._documents[file] = None
            path = self._root / file
            if is_file(path) and path.suffix in _DATA:
                document, problems = read_document(self._root, file, tags=long_form)
                at.diagnostics.add(*problems)
                self._documents[file] = Cursor.root(document, at.diagnostics) if document is not None else None
            elif is_file(path):
                try:
                    text = path.read_text(encoding="utf-8", errors="replace")
                except OSError:
                    return None
                self._documents[file] = Cursor.root(Document(file, text, {}), at.diagnostics)
        return self._documents[file]


def _of_program(source: TypedSource, path: Path) -> MissingValue:
    text = source_text(source)
    return MissingValue(
        f"the value of ${{{text}}} is made by a program, which is not run here, so a placeholder stands for it",
        f"write YAML instead, or give it: --import '{text}=VALUE'",
        source.address.rpartition(".")[2] or path.stem,
    )


def _plain_value(text: str) -> Any:
    """Return a value that the user gives as text; maps and lists are JSON."""
    try:
        return json.loads(text) if text.startswith(("{", "[")) else text
    except ValueError:
        return text
