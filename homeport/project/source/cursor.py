"""A cursor in a document: typed values out, and a diagnostic at the right line for each that does not fit.

A Cursor raises nothing for the content of a document. It reports a value that is absent or of the wrong type (absence
only where the caller says so) and gives the default instead, so that one reading finds every problem.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from homeport.errors import Problem
from homeport.project.model import Source
from homeport.project.names import did_you_mean
from homeport.project.schema.references import pointer_keys
from homeport.project.source.document import Document, Position


class Diagnostics:
    """The problems of a reading, in the order in which they were found, each once."""

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}

    def add(self, *problems: Problem) -> None:
        """Add problems."""
        self._problems.update(dict.fromkeys(problems))

    def all(self) -> tuple[Problem, ...]:
        """Return the problems."""
        return tuple(self._problems)


class Cursor(NamedTuple):
    """The value at ``path`` of ``document``; ``diagnostics`` takes the problems that its methods report."""

    document: Document
    path: tuple[str, ...]
    value: Any
    diagnostics: Diagnostics

    @property
    def line(self) -> int:
        """The value's line."""
        return self.document.line(self.path)

    @property
    def source(self) -> Source:
        """The value's file and line."""
        return self.document.source(self.path)

    @property
    def position(self) -> Position:
        """The value's place, of which a rule yields a problem."""
        return self.document.at(*self.path)

    @property
    def name(self) -> str:
        """The value's key, or the file's name for the document itself."""
        return self.path[-1] if self.path else self.document.file

    @property
    def _described(self) -> str:
        if self.name.isdecimal() and len(self.path) > 1:
            return f"entry {int(self.name) + 1} of {self.path[-2]!r}"
        return repr(self.name)

    @classmethod
    def root(cls, document: Document, diagnostics: Diagnostics | None = None) -> Cursor:
        """Return the cursor at the top of a document, with diagnostics of its own if none are given."""
        return cls(document, (), document.value, diagnostics if diagnostics is not None else Diagnostics())

    def error(self, message: str, hint: str = "") -> None:
        """Report an error here."""
        self.diagnostics.add(self.position.error(message, hint))

    def warning(self, message: str, hint: str = "") -> None:
        """Report a warning here: this works, but not as it reads."""
        self.diagnostics.add(self.position.warning(message, hint))

    def at(self, key: str) -> Cursor:
        """Return the cursor below ``key``; its value is None if it is absent or this is no map."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Cursor(self.document, (*self.path, key), value, self.diagnostics)

    def has(self, key: str) -> bool:
        """Return whether this is a map with a value below ``key``."""
        return isinstance(self.value, dict) and self.value.get(key) is not None

    def items(self) -> Iterator[tuple[str, Cursor]]:
        """Yield the keys and cursors of a map; nothing of anything else."""
        for key in self.value if isinstance(self.value, dict) else ():
            yield key, self.at(key)

    def entries(self) -> Iterator[Cursor]:
        """Yield the cursors of a list's entries; nothing of anything else."""
        for index, value in enumerate(self.value if isinstance(self.value, list) else ()):
            yield Cursor(self.document, (*self.path, str(index)), value, self.diagnostics)

    def is_a(self, kind: type | tuple[type, ...], words: str) -> bool:
        """Return whether the value is of a type, and report an error if not. True and false are no numbers."""
        if isinstance(self.value, kind) and (not isinstance(self.value, bool) or kind is bool):
            return True
        hint = "put quotes around it" if kind is str and isinstance(self.value, int | float) else ""
        self.error(f"{self._described} must be {words}, not {describe(self.value)}", hint)
        return False

    def is_map(self, words: str = "a map") -> bool:
        """Return whether the value is a map, and report another one. An absent value is no error."""
        return self.value is not None and self.is_a(dict, words)

    def map(self, key: str) -> Cursor:
        """Return the map below ``key``, empty if there is none."""
        cursor = self.at(key)
        if cursor.is_map():
            return cursor
        return cursor._replace(value={})

    def list(self, key: str) -> tuple[Cursor, ...]:
        """Return the entries of the list below ``key``."""
        cursor = self.at(key)
        return tuple(cursor.entries()) if cursor.value is not None and cursor.is_a(list, "a list") else ()

    def text(self, key: str, default: str = "") -> str:
        """Return the text below ``key``."""
        cursor = self.at(key)
        return cursor.value if cursor.value is not None and cursor.is_a(str, "text") else default

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the list of texts below ``key``."""
        return tuple(entry.value for entry in self.list(key) if entry.is_a(str, "text"))

    def flag(self, key: str, default: bool = False) -> bool:
        """Return the true or false below ``key``."""
        cursor = self.at(key)
        return cursor.value if cursor.value is not None and cursor.is_a(bool, "true or false") else default

    def choice(self, key: str, allowed: Collection[str], default: str) -> str:
        """Return the ``allowed`` word below ``key``, or the default if it is absent or another."""
        word = self.text(key, default)
        if word in allowed or word == default:
            return word
        self.at(key).error(f"{key!r} can't be {word!r}", did_you_mean(word, allowed))
        return default

    def integer(self, key: str, low: int, high: int, unit: str = "") -> int | None:
        """Return the whole number below ``key``, or None if it is absent or out of range."""
        cursor = self.at(key)
        return None if cursor.value is None else cursor.whole(low, high, unit)

    def whole(self, low: int, high: int, unit: str = "") -> int | None:
        """Return the whole number here, or None if it is another value or out of range, which is reported."""
        if not self.is_a(int, "a whole number"):
            return None
        if low <= self.value <= high:
            return int(self.value)
        self.error(f"{self.name!r} must be from {low} to {high}{' ' if unit else ''}{unit}, not {self.value}")
        return None

    def only(self, known: Collection[str], subject: str) -> None:
        """Report every key of this map that is not ``known``. ``subject`` names the map in the message."""
        for key, cursor in self.items():
            if key not in known:
                cursor.error(f"unknown key {key!r} in {subject}", did_you_mean(key, known))

    def resolve(self) -> Cursor | None:
        """Return the target of the reference here, or this cursor. Report one that leads nowhere, and return None."""
        cursor, seen = self, {self.path}
        while isinstance(cursor.value, dict) and "$ref" in cursor.value:
            target = cursor._target()
            if target is None:
                return None
            if target.path in seen:
                self.error(f"the reference {self.value['$ref']!r} leads back to itself")
                return None
            seen.add(target.path)
            cursor = target
        return cursor

    def target_map(self, words: str = "a map") -> Cursor | None:
        """Return the map that this is or refers to; report any other value, and return None."""
        target = self.resolve()
        return target if target is not None and target.is_a(dict, words) else None

    def _target(self) -> Cursor | None:
        reference = self.value["$ref"]
        at = self.at("$ref")
        if not at.is_a(str, "text"):
            return None
        if not reference.startswith("#/"):
            at.error(
                f"the reference {reference!r} leads out of this file, where API Gateway does not follow",
                "copy what it refers to under components",
            )
            return None
        path = pointer_keys(reference)
        found = self.document.find(path)
        if found is None:
            at.error(f"the reference {reference!r} leads to nothing", self._nearby(path))
            return None
        return self._replace(path=path, value=found[0])

    def _nearby(self, path: tuple[str, ...]) -> str:
        above = self.document.find(path[:-1])
        names = above[0] if above is not None and isinstance(above[0], dict) else ()
        return did_you_mean(path[-1], names) if names else "write it"


def describe(value: Any) -> str:
    """Name a value in words."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return "a map"
        case list():
            return "a list"
        case str():
            return f"the text {value[:40]!r}"
        case _:
            return f"the number {value}"
