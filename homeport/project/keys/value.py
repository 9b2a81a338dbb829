"""The interface of types of values: they read a value, and describe themselves as a JSON Schema and in words."""

from __future__ import annotations

from typing import Any, Protocol

from homeport.project.source.cursor import Cursor


class Value(Protocol):
    """A type of values."""

    def read(self, cursor: Cursor, *, partial: bool = False) -> Any:
        """Return the value at the cursor, None for one that does not fit, which is reported.

        ``partial`` tells that the map around it is merged with another one, where the rest may stand.
        """

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return the JSON Schema (draft 7) of the values."""

    def words(self) -> str:
        """Return the type in words, for people."""


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that also takes null, with the same description and default."""
    outer: dict[str, Any] = {name: schema[name] for name in ("description", "default") if name in schema}
    inner = {name: value for name, value in schema.items() if name not in outer}
    return {**outer, "anyOf": [inner, {"type": "null"}]} if inner else outer
