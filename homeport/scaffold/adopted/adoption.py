"""An adoption: the OpenAPI document that becomes the kit's, and what could not be taken over, by the owner's lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from homeport.errors import Problem, ProjectError
from homeport.project.model import ANY_METHOD
from homeport.project.openapi.extensions import METHODS
from homeport.project.source.document import Document, Position

Json = dict[str, Any]
Flavor = Literal["http", "rest"]


@dataclass
class Adoption:
    """An adoption. ``spec`` is the OpenAPI document, changed in place; ``original`` has the lines of its source.

    ``at`` is where the spec stands in the original, and ``origins`` has the positions of parts that come from elsewhere
    in a template, by their paths in the spec. ``authorizers`` are the modules of Lambda authorizers to be written, by
    name, with whether each gives simple answers.
    """

    spec: Json
    original: Document
    at: tuple[str, ...] = ()
    flavor: Flavor = "http"
    payload_format: str = "2.0"
    unmapped: list[str] = field(default_factory=list)
    rejected: list[Problem] = field(default_factory=list)
    origins: dict[tuple[str, ...], Position] = field(default_factory=dict)
    authorizers: dict[str, bool] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        """The URL at which ``make dev`` serves the API."""
        return "http://127.0.0.1:8080" + ("/local" if self.flavor == "rest" else "")

    def origin(self, *path: str) -> Position:
        """Return the position in the owner's file of a part of the spec, or of the nearest part above it."""
        above = next((path[:end] for end in range(len(path), 0, -1) if path[:end] in self.origins), None)
        return self.origins[above] if above is not None else self.original.at(*self.at, *path)

    def note(self, position: Position, text: str) -> None:
        """Note that a part of the owner's file was not mapped."""
        self.unmapped.append(f"{position.document.file}:{position.document.line(position.path)}: {text}")

    def reject(self, position: Position, text: str) -> None:
        """Reject a part of the owner's file that protects the API and has no counterpart."""
        hint = "adopt a copy without it, and protect the project in another way"
        self.rejected.append(position.error(f"{text}: without it the API would be more open", hint))


def check_structure(document: Document, patterns: Iterable[str]) -> None:
    """Raise ProjectError for values of another type than the patterns have: maps, and lists where they end in ``[]``.

    A pattern is a path in which ``*`` stands for each key, such as ``Resources/*/Properties``.
    """
    wrong = []
    for pattern in patterns:
        kind, words = (list, "list") if pattern.endswith("[]") else (dict, "map")
        for path, value in _places(document.value, pattern.removesuffix("[]").split("/")):
            if value is not None and not isinstance(value, kind):
                wrong.append(document.at(*path).error(f"{path[-1]} is no {words}", "write it as one"))
    if wrong:
        raise ProjectError(wrong)


def _places(value: Any, pattern: list[str], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the paths and values that fit a pattern."""
    if not pattern:
        yield path, value
    elif isinstance(value, dict):
        for key in value if pattern[0] == "*" else {pattern[0]} & value.keys():
            yield from _places(value[key], pattern[1:], (*path, key))


def operations(spec: Mapping[str, Any]) -> Iterator[tuple[str, str, Json]]:
    """Yield path, method and operation of all operations that are maps."""
    paths = spec.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method, operation in item.items() if isinstance(item, dict) else ():
            if (method in METHODS or method == ANY_METHOD) and isinstance(operation, dict):
                yield path, method, operation


def security_schemes(spec: Json) -> Json:
    """Return the security schemes of a document that are maps."""
    found = (spec.get("components") or {}).get("securitySchemes")
    return {name: said for name, said in found.items() if isinstance(said, dict)} if isinstance(found, dict) else {}


def route(path: str, method: str) -> str:
    """Return a route for messages: ``GET /notes``, ``ANY /{proxy+}``."""
    return f"{'ANY' if method == ANY_METHOD else method.upper()} {path}"


def parts(value: Any) -> Iterator[Any]:
    """Yield a value and all values inside it."""
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)


def references(value: Any) -> Iterator[str]:
    """Yield the names that CloudFormation's functions in a value refer to."""
    for key, said in value.items() if isinstance(value, dict) else ():
        match key, said:
            case "Ref" | "Condition" | "DependsOn", str():
                yield said
            case "DependsOn", list():
                yield from map(str, said)
            case "Fn::GetAtt" | "Fn::If" | "Fn::FindInMap", [str(first), *_]:
                yield first
            case "Fn::GetAtt", str():
                yield said.partition(".")[0]
            case "Fn::Sub", str(text) | [str(text), *_]:
                yield from re.findall(r"\$\{([A-Za-z0-9]+)", text)
        yield from references(said)
    for entry in value if isinstance(value, list) else ():
        yield from references(entry)
