"""Schemas with the parts of their ``allOf`` laid together, each keyword with its place. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.contract.document.places import DocumentMap, SpecPath, as_map

_LAID_APART = frozenset(("allOf", "anyOf", "oneOf", "properties", "required"))


@dataclass
class FlatSchema:
    """A schema at ``path``. ``properties`` and ``choices`` are the places of their schemas.

    ``types`` are the JSON types that a value may have, None for any; ``null`` among them where that is let in.
    """

    path: SpecPath
    keywords: dict[str, Any] = field(default_factory=dict)
    places: dict[str, SpecPath] = field(default_factory=dict)
    properties: dict[str, SpecPath] = field(default_factory=dict)
    required: dict[str, SpecPath] = field(default_factory=dict)
    choices: list[SpecPath] = field(default_factory=list)

    @property
    def types(self) -> frozenset[str] | None:
        """The JSON types of its values."""
        kind = self.keywords.get("type")
        enum = self.keywords.get("enum")
        if enum == [None]:
            return frozenset(("null",))
        # Nobody lists properties of a number.
        kind = kind if isinstance(kind, str) else "object" if self.properties else None
        if kind is None:
            return None
        lets_null = self.keywords.get("nullable") is True and (not isinstance(enum, list) or None in enum)
        return frozenset((kind, "null")) if lets_null else frozenset((kind,))

    @property
    def is_closed(self) -> bool:
        """True where other properties are rejected."""
        return self.keywords.get("additionalProperties") is False

    def place(self, keyword: str) -> SpecPath:
        """Return the place of a keyword, that of the schema where it has none."""
        return self.places.get(keyword, self.path)


def flatten(document: DocumentMap, path: SpecPath) -> FlatSchema:
    """Return the schema at ``path``, with those of its ``allOf``."""
    flat = FlatSchema(document.resolve(path)[0])
    _lay(document, path, flat, set())
    return flat


def _lay(document: DocumentMap, path: SpecPath, flat: FlatSchema, seen: set[SpecPath]) -> None:
    where, schema = document.resolve(path)
    if where in seen:
        return
    seen.add(where)
    for key, value in schema.items():
        if key not in _LAID_APART:
            flat.keywords.setdefault(key, value)
            flat.places.setdefault(key, (*where, key))
    for name in as_map(schema.get("properties")):
        flat.properties.setdefault(str(name), (*where, "properties", str(name)))
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        flat.required.setdefault(str(name), (*where, "required"))
    for key in ("anyOf", "oneOf"):
        flat.choices.extend(_parts(schema, where, key))
    for part in _parts(schema, where, "allOf"):
        _lay(document, part, flat, seen)


def _parts(schema: Mapping[str, Any], where: SpecPath, key: str) -> Iterator[SpecPath]:
    parts = schema.get(key)
    for index in range(len(parts) if isinstance(parts, list) else 0):
        yield (*where, key, str(index))


def alike(before: DocumentMap, first: SpecPath, now: DocumentMap, second: SpecPath) -> bool:
    """Return whether two schemas are written alike: the same reference, or the same text."""
    one, other = before.get(first), now.get(second)
    return json.dumps(one, sort_keys=True, default=str) == json.dumps(other, sort_keys=True, default=str)
