"""Section and SectionKey: a map whose keys are known, each with its type, its default and a description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from homeport.project.features import check_keys
from homeport.project.keys.value import Value, nullable
from homeport.project.source.cursor import Cursor


@dataclass(frozen=True, slots=True)
class SectionKey:
    """A key of a section.

    ``about`` describes it in Markdown. ``default`` is its value where it is absent, and ``absent`` says in words what
    holds then. A key that is ``needed`` has there the hint for someone who left it out. ``flavor`` is that of the APIs
    that have it, ``""`` for both. ``source`` is the page of AWS's documentation.
    """

    name: str
    value: Value
    about: str
    default: Any = None
    absent: str = ""
    needed: str = ""
    flavor: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A map with known keys.

    ``subject`` names it in messages (``{name}`` is its own key), ``kind`` says what must stand in its place.
    ``missing`` is the message about a needed key; keys of ``together`` need one another, and ``together_hint`` says
    why. ``of_aws`` tells that people may write a property of AWS that the kit refuses, whose reason is then the
    message.
    """

    subject: str
    keys: tuple[SectionKey, ...]
    kind: str = "a map"
    missing: str = "{subject} needs {key!r}"
    together: tuple[str, ...] = ()
    together_hint: str = "give both"
    of_aws: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the keys."""
        return tuple(key.name for key in self.keys)

    def read(self, cursor: Cursor, *, partial: bool = False) -> dict[str, Any] | None:
        """Read the map at the cursor; report what is wrong with it, and leave invalid values out.

        ``partial`` is for a map that is not whole yet: needed keys may stand in the map that it is merged with.
        """
        if not cursor.is_map(self.kind):
            return None
        self.check_names(cursor)
        if not partial:
            for name, hint in self._missing(cursor):
                message = self.missing.format(subject=self.subject, key=name, name=cursor.name)
                cursor.error(message, hint)
        return dict(self._values(cursor, partial))

    def check_names(self, cursor: Cursor) -> None:
        """Report the keys that are not of this section."""
        if self.of_aws:
            check_keys(cursor, self.names, self.subject)
        else:
            cursor.only(self.names, self.subject.format(name=cursor.name))

    def _missing(self, cursor: Cursor) -> Iterator[tuple[str, str]]:
        """Yield the needed keys that are absent, each with a hint."""
        for key in self.keys:
            if key.needed and not cursor.has(key.name):
                yield key.name, key.needed
        present = [name for name in self.together if cursor.has(name)]
        if present:
            yield from ((name, self.together_hint) for name in self.together if name not in present)

    def _values(self, cursor: Cursor, partial: bool) -> Iterator[tuple[str, Any]]:
        for key in self.keys:
            if cursor.has(key.name):
                value = key.value.read(cursor.at(key.name), partial=partial)
                if value is not None:
                    yield key.name, value

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return the JSON Schema of the map; in a ``partial`` one no key is needed, and null removes a default."""
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {key.name: _key_schema(key, partial) for key in self.keys},
            "additionalProperties": False,
        }
        needed = [key.name for key in self.keys if key.needed]
        if needed and not partial:
            schema["required"] = needed
        if self.together and not partial:
            schema["dependencies"] = {
                name: [other for other in self.together if other != name] for name in self.together
            }
        return schema

    def words(self) -> str:
        """Return the type in words."""
        return "a map"


def _key_schema(key: SectionKey, partial: bool) -> dict[str, Any]:
    schema = {"description": key.about, **key.value.schema(partial=partial)}
    if isinstance(key.default, str | int | float | bool):
        schema["default"] = key.default
    return nullable(schema) if partial else schema
