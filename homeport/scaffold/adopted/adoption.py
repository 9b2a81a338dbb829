"""The state of an adoption: the changed document, the lines of the original, and the parts without a mapping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from homeport.project.model import ANY_METHOD
from homeport.project.openapi.extensions import METHODS
from homeport.project.source.document import Document

Json = dict[str, Any]
Flavor = Literal["http", "rest"]


@dataclass
class Adoption:
    """An adoption. ``spec`` is the OpenAPI document, changed in place; ``original`` has the lines of its source.

    ``at`` is where the spec stands in the original. ``authorizers`` are the modules of Lambda authorizers to be
    written, by name, with whether each gives simple answers; ``resources`` go to deploy/resources.yaml.
    """

    spec: Json
    original: Document
    at: tuple[str, ...] = ()
    flavor: Flavor = "http"
    payload_format: str = "2.0"
    unmapped: list[str] = field(default_factory=list)
    authorizers: dict[str, bool] = field(default_factory=dict)
    resources: Json = field(default_factory=dict)
    auth: Json = field(default_factory=dict)

    def note(self, path: Sequence[str], text: str) -> None:
        """Note that a part of the spec was not mapped."""
        self.note_original((*self.at, *path), text)

    def note_original(self, path: Sequence[str], text: str) -> None:
        """Note that a part of the original was not mapped."""
        line = self.original.line(path)
        self.unmapped.append(f"{self.original.file}:{line}: {text}")


def operations(spec: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield path, method and operation of all operations that are maps."""
    paths = spec.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method, operation in item.items() if isinstance(item, dict) else ():
            if (method in METHODS or method == ANY_METHOD) and isinstance(operation, dict):
                yield path, method, operation


def route(path: str, method: str) -> str:
    """Return a route for messages: ``GET /notes``, ``ANY /{proxy+}``."""
    return f"{'ANY' if method == ANY_METHOD else method.upper()} {path}"
