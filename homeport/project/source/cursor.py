"""Reading a document at one place: typed values out, and an error at the right line for what does not fit.

A Cursor never raises for what a person wrote. What is absent or of the wrong type is reported (absence only where the
caller says so) and replaced by the default, so that one reading finds every problem.

What a document must look like, as data: shapes, and the errors where a value does not hold one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from homeport.errors import Problem
from homeport.project.model import Source
from homeport.project.names import did_you_mean
from homeport.project.schema.references import pointer_keys
from homeport.project.source.document import Document


class Diagnostics:
    """Problems in the order in which they were found, each once."""

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}

    def add(self, *problems: Problem) -> None:
        """Note problems."""
        self._problems.update(dict.fromkeys(problems))

    def all(self) -> tuple[Problem, ...]:
        """What was found."""
        return tuple(self._problems)


class Cursor(NamedTuple):
    """The value at ``path`` of ``document``; ``diagnostics`` takes what is wrong with it."""

    document: Document
    path: tuple[str, ...]
    value: Any
    diagnostics: Diagnostics

    @property
    def line(self) -> int:
        """Its line."""
        return self.document.line(self.path)

    @property
    def source(self) -> Source:
        """Its file and line."""
        return Source(self.document.file, self.line)

    @property
    def name(self) -> str:
        """Its key; the file's name for the document itself."""
        return self.path[-1] if self.path else self.document.file

    @property
    def _called(self) -> str:
        if self.name.isdecimal() and len(self.path) > 1:
            return f"entry {int(self.name) + 1} of {self.path[-2]!r}"
        return repr(self.name)

    def error(self, message: str, hint: str = "") -> None:
        """Report an error here."""
        self.diagnostics.add(Problem(message, self.document.file, self.line, hint))

    def at(self, key: str) -> Cursor:
        """What stands under ``key``; its value is None if it is absent or this is no map."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Cursor(self.document, (*self.path, key), value, self.diagnostics)

    def has(self, key: str) -> bool:
        """Whether this is a map with a value under ``key``."""
        return isinstance(self.value, dict) and self.value.get(key) is not None

    def items(self) -> Iterator[tuple[str, Cursor]]:
        """Keys and cursors of a map; nothing of anything else."""
        for key in self.value if isinstance(self.value, dict) else ():
            yield key, self.at(key)

    def entries(self) -> Iterator[Cursor]:
        """Views of a list; nothing of anything else."""
        for index, value in enumerate(self.value if isinstance(self.value, list) else ()):
            yield Cursor(self.document, (*self.path, str(index)), value, self.diagnostics)

    def is_a(self, kind: type | tuple[type, ...], words: str) -> bool:
        """Whether the value is of a type, true and false not being numbers; if not, that is an error."""
        if isinstance(self.value, kind) and (not isinstance(self.value, bool) or kind is bool):
            return True
        hint = "put quotes around it" if kind is str and isinstance(self.value, int | float) else ""
        self.error(f"{self._called} must be {words}, not {describe(self.value)}", hint)
        return False

    def map(self, key: str) -> Cursor:
        """The map under ``key``, empty if there is none."""
        cursor = self.at(key)
        if cursor.value is not None and cursor.is_a(dict, "a map"):
            return cursor
        return cursor._replace(value={})

    def list(self, key: str) -> tuple[Cursor, ...]:
        """The entries of the list under ``key``."""
        cursor = self.at(key)
        return tuple(cursor.entries()) if cursor.value is not None and cursor.is_a(list, "a list") else ()

    def text(self, key: str, default: str = "") -> str:
        """The text under ``key``."""
        cursor = self.at(key)
        return cursor.value if cursor.value is not None and cursor.is_a(str, "text") else default

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts under ``key``."""
        return tuple(entry.value for entry in self.list(key) if entry.is_a(str, "text"))

    def flag(self, key: str, default: bool = False) -> bool:
        """The true or false under ``key``."""
        cursor = self.at(key)
        return cursor.value if cursor.value is not None and cursor.is_a(bool, "true or false") else default

    def choice(self, key: str, allowed: Collection[str], default: str) -> str:
        """One of the ``allowed`` words, the default if it is absent or another."""
        word = self.text(key, default)
        if word in allowed or word == default:
            return word
        self.at(key).error(f"{key!r} can't be {word!r}", did_you_mean(word, allowed))
        return default

    def integer(self, key: str, low: int, high: int, unit: str = "") -> int | None:
        """The whole number under ``key``, None if it is absent or out of range."""
        cursor = self.at(key)
        if cursor.value is None or not cursor.is_a(int, "a whole number"):
            return None
        if low <= cursor.value <= high:
            return int(cursor.value)
        cursor.error(f"{key!r} must be from {low} to {high}{' ' if unit else ''}{unit}, not {cursor.value}")
        return None

    def only(self, known: Collection[str], what: str) -> None:
        """Report every key of this map that is not ``known``. ``what`` is what the map describes."""
        for key, cursor in self.items():
            if key not in known:
                cursor.error(f"unknown key {key!r} in {what}", did_you_mean(key, known))

    def resolve(self) -> Cursor | None:
        """What this refers to, or itself; None (and an error) if a reference leads nowhere or in a circle."""
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
    """What a value is, in words."""
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


Check = Callable[[Cursor], None]
"""Reports what is wrong with the value of a cursor."""


def free(cursor: Cursor) -> None:
    """Anything at all."""


def text(cursor: Cursor) -> None:
    """Text."""
    cursor.is_a(str, "text")


def flag(cursor: Cursor) -> None:
    """True or false."""
    cursor.is_a(bool, "true or false")


def number(cursor: Cursor) -> None:
    """A number."""
    cursor.is_a((int, float), "a number")


def integer(cursor: Cursor) -> None:
    """A whole number."""
    cursor.is_a(int, "a whole number")


def choice(*words: str) -> Check:
    """One of some words."""

    def check(cursor: Cursor) -> None:
        if cursor.is_a(str, "text") and cursor.value not in words:
            cursor.error(f"{cursor.name!r} can't be {cursor.value!r}", did_you_mean(cursor.value, words))

    return check


def list_of(entry: Check, least: int = 0) -> Check:
    """A list whose entries all hold a shape."""

    def check(cursor: Cursor) -> None:
        if not cursor.is_a(list, "a list"):
            return
        if len(cursor.value) < least:
            cursor.error(f"{cursor.name!r} needs at least {least} {'entry' if least == 1 else 'entries'}")
        for child in cursor.entries():
            entry(child)

    return check


def map_of(value: Check) -> Check:
    """A map from names to what holds a shape; keys that start with x- are not looked at."""

    def check(cursor: Cursor) -> None:
        if cursor.is_a(dict, "a map"):
            for key, child in cursor.items():
                if not key.startswith("x-"):
                    value(child)

    return check


def either(one: type, if_so: Check, otherwise: Check) -> Check:
    """The first shape for values of a type, the second for all others."""
    return lambda cursor: if_so(cursor) if isinstance(cursor.value, one) else otherwise(cursor)


class Record:
    """A map with known keys. ``what`` is what a message calls it; ``extensible`` lets x- keys stand in it.

    ``fields`` is a function because shapes refer to each other. ``referable``: a ``$ref`` may stand in its place.
    """

    def __init__(
        self,
        what: str,
        fields: Callable[[], Mapping[str, Check]],
        needed: tuple[str, ...] = (),
        *,
        extensible: bool = False,
        referable: bool = False,
    ) -> None:
        self._what = what
        self._fields = fields
        self._needed = needed
        self._extensible = extensible
        self._referable = referable

    def __call__(self, cursor: Cursor) -> None:
        """Report unknown and missing keys, and what is wrong below."""
        if not cursor.is_a(dict, f"{self._what}, a map") or (self._referable and "$ref" in cursor.value):
            return
        fields = self._fields()
        for key, child in cursor.items():
            check = fields.get(key)
            if check is not None:
                check(child)
            elif not (self._extensible and key.startswith("x-")):
                child.error(f"unknown key {key!r} in {self._what}", did_you_mean(key, fields))
        for key in self._needed:
            if key not in cursor.value:
                cursor.error(f"{self._what} needs {key!r}", "add it")
