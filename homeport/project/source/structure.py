"""The structure of a document as data: checks that report values of the wrong kind, and combine into larger checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from homeport.project.names import did_you_mean
from homeport.project.source.cursor import Cursor

Check = Callable[[Cursor], None]
"""Reports the problems of a cursor's value."""


def free(cursor: Cursor) -> None:
    """Accept anything."""


def text(cursor: Cursor) -> None:
    """Report a value that is no text."""
    cursor.is_a(str, "text")


def flag(cursor: Cursor) -> None:
    """Report a value other than true and false."""
    cursor.is_a(bool, "true or false")


def number(cursor: Cursor) -> None:
    """Report a value that is no number."""
    cursor.is_a((int, float), "a number")


def integer(cursor: Cursor) -> None:
    """Report a value that is no whole number."""
    cursor.is_a(int, "a whole number")


def choice(*words: str) -> Check:
    """Make a check for a text that is one of ``words``."""

    def check(cursor: Cursor) -> None:
        if cursor.is_a(str, "text") and cursor.value not in words:
            cursor.error(f"{cursor.name!r} can't be {cursor.value!r}", did_you_mean(cursor.value, words))

    return check


def list_of(entry: Check, least: int = 0) -> Check:
    """Make a check for a list of at least ``least`` entries, each of which passes ``entry``."""

    def check(cursor: Cursor) -> None:
        if not cursor.is_a(list, "a list"):
            return
        if len(cursor.value) < least:
            cursor.error(f"{cursor.name!r} needs at least {least} {'entry' if least == 1 else 'entries'}")
        for child in cursor.entries():
            entry(child)

    return check


def map_of(value: Check) -> Check:
    """Make a check for a map whose values pass ``value``; keys that start with x- are skipped."""

    def check(cursor: Cursor) -> None:
        if cursor.is_a(dict, "a map"):
            for key, child in cursor.items():
                if not key.startswith("x-"):
                    value(child)

    return check


def by_type(kind: type, check: Check, otherwise: Check) -> Check:
    """Make a check that passes values of a type to ``check``, all others to ``otherwise``."""
    return lambda cursor: check(cursor) if isinstance(cursor.value, kind) else otherwise(cursor)


class MapCheck:
    """A check for a map with known keys. ``subject`` names it in messages; ``extensible`` allows x- keys.

    ``fields`` is a function because checks refer to each other. ``referable`` allows a ``$ref`` instead of the map.
    """

    def __init__(
        self,
        subject: str,
        fields: Callable[[], Mapping[str, Check]],
        needed: tuple[str, ...] = (),
        *,
        extensible: bool = False,
        referable: bool = False,
    ) -> None:
        self._subject = subject
        self._fields = fields
        self._needed = needed
        self._extensible = extensible
        self._referable = referable

    def __call__(self, cursor: Cursor) -> None:
        """Report unknown and missing keys, and the problems of the values."""
        if not cursor.is_a(dict, f"{self._subject}, a map") or (self._referable and "$ref" in cursor.value):
            return
        fields = self._fields()
        for key, child in cursor.items():
            check = fields.get(key)
            if check is not None:
                check(child)
            elif not (self._extensible and key.startswith("x-")):
                child.error(f"unknown key {key!r} in {self._subject}", did_you_mean(key, fields))
        for key in self._needed:
            if key not in cursor.value:
                cursor.error(f"{self._subject} needs {key!r}", "add it")
