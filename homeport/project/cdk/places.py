"""The lines of an app that make its resources: those of the calls that were recorded, else of the construct's id.

An app in JavaScript or TypeScript records the calls that made each construct. Of one in another language the id of the
construct, a text of the app (``Table(self, "Notes")``), is looked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from homeport.project.cdk.stack_scope import StackScope
from homeport.project.model import Source

_MADE_IDS = frozenset(("Resource", "Default", "DefaultPolicy", "ServiceRole", "Deployment", "OPTIONS", "ANY"))
_METHODS = frozenset(("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"))
_NOT_THE_APP = frozenset(("node_modules", "site-packages", "cdk.out"))
_MOST_FILES = 300
_LARGEST = 500_000


class AppPlaces:
    """The places of the app in ``root``; ``files`` are its sources, relative to it."""

    def __init__(self, root: Path, files: Iterable[str]) -> None:
        self._root = root
        self._files = sorted(name for name in files if not name.endswith((".json", ".txt", ".yaml", ".yml", ".cfg")))
        self._texts: list[tuple[str, list[str]]] | None = None
        self._known: dict[str, Source | None] = {}

    def of(self, scope: StackScope, resource: Mapping[str, Any]) -> Source | None:
        """Return the place that makes a resource, None if it is not known."""
        metadata = resource.get("Metadata")
        path = metadata.get("aws:cdk:path") if isinstance(metadata, dict) else None
        if not isinstance(path, str):
            return None
        for file, line in scope.stack.traces.get(path, ()):
            inside = Path(os.path.normpath(file))
            parts = inside.relative_to(self._root).parts if inside.is_relative_to(self._root) else ()
            if parts and not any(part in _NOT_THE_APP for part in parts) and inside.is_file():
                return Source("/".join(parts), line)
        ids = [each for each in path.split("/")[1:] if each not in _MADE_IDS and each not in _METHODS]
        return next((found for each in reversed(ids) if (found := self._text_place(each)) is not None), None)

    def _text_place(self, id: str) -> Source | None:
        """Return the only line on which the id of a construct is written, None if there is none or several."""
        if id not in self._known:
            found = [
                Source(file, number)
                for file, lines in self._lines()
                for number, line in enumerate(lines, 1)
                if f'"{id}"' in line or f"'{id}'" in line
            ]
            self._known[id] = found[0] if len(found) == 1 else None
        return self._known[id]

    def _lines(self) -> list[tuple[str, list[str]]]:
        if self._texts is None:
            self._texts = []
            for name in self._files[:_MOST_FILES]:
                file = self._root / name
                try:
                    if file.stat().st_size <= _LARGEST:
                        self._texts.append((name, file.read_text(encoding="utf-8", errors="replace").splitlines()))
                except OSError:
                    continue
        return self._texts
