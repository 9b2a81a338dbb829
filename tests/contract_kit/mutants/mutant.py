"""A fault that is planted into a copy of a project: which texts are replaced, and which promise that breaks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
OWN = Path(__file__).parent / "projects"

PROJECTS = {
    "items": ROOT,
    "shop": ROOT / "examples" / "shop",
    "shop-http": ROOT / "examples" / "shop-http",
    "hits": ROOT / "examples" / "hits",
    "hello": ROOT / "examples" / "hello",
    "crud": ROOT / "examples" / "crud",
    "orders": OWN / "orders",
    "notes": OWN / "notes",
    "tickets": OWN / "tickets",
    "hotel": OWN / "hotel",
}
"""The projects by their names: the reference API, the examples, and four small ones of the tests."""

KINDS = (
    "round-trip",
    "methods",
    "collections",
    "preconditions",
    "concurrency",
    "under-faults",
    "errors",
    "wire",
    "storage",
    "document",
)


class MisplacedFault(Exception):
    """The text that a fault replaces is not in its file exactly once: the project has moved on."""


@dataclass(frozen=True, slots=True)
class Edit:
    """``before`` in ``file`` becomes ``after``."""

    file: str
    before: str
    after: str

    def apply(self, text: str) -> str:
        """Return the file's text with the edit in it. Raises MisplacedFault."""
        count = text.count(self.before)
        if count != 1:
            raise MisplacedFault(f"{self.file} has {self.before!r} {count} times, not once")
        return text.replace(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault of one project. ``promise`` says what it breaks, "" where the name says it."""

    name: str
    project: str
    kind: str
    promise: str
    edits: tuple[Edit, ...]

    @property
    def origin(self) -> Path:
        """The folder of the project that is copied."""
        return PROJECTS[self.project]

    def mutated(self) -> dict[str, str]:
        """Return the texts of the files that the fault changes, by their paths. Raises MisplacedFault."""
        texts: dict[str, str] = {}
        for edit in self.edits:
            text = texts.get(edit.file) or (self.origin / edit.file).read_text(encoding="utf-8")
            texts[edit.file] = edit.apply(text)
        return texts
