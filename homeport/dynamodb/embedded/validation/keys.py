"""The keys and indexes of a table, read from the engine's record of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ReadTarget:
    """The table or the index that a request reads.

    ``hashes`` and ``ranges`` are the attributes of its key, ``table_keys`` those of the table. ``projected`` has the
    attributes that an index holds, None: all. ``name`` is the index, "" for the table itself.
    """

    name: str
    is_global: bool
    hashes: tuple[str, ...]
    ranges: tuple[str, ...]
    table_keys: tuple[str, ...]
    types: Mapping[str, str]
    projected: frozenset[str] | None

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the attributes of its key."""
        return self.hashes + self.ranges

    @property
    def start_keys(self) -> frozenset[str]:
        """Return the attributes of a key that a page of it ends with."""
        return frozenset(self.keys + self.table_keys)

    def holds(self, attribute: str) -> bool:
        """Return True if its entries have an attribute of the table's items."""
        return self.projected is None or attribute in self.projected


def read_target(table: Mapping[str, Any], index_name: str | None) -> ReadTarget | None:
    """Return the table or its index, None if there is no such index."""
    types = {each["AttributeName"]: each["AttributeType"] for each in table.get("AttributeDefinitions") or ()}
    table_keys = tuple(name for name in (table["pk_name"], table["sk_name"]) if name)
    if not index_name:
        return ReadTarget("", False, table_keys[:1], table_keys[1:], table_keys, types, None)
    for is_global, index in indexes(table):
        if index["IndexName"] == index_name:
            hashes, ranges = _schema(index, "HASH"), _schema(index, "RANGE")
            projected = _projection_of(index, frozenset(hashes + ranges + table_keys))
            return ReadTarget(index_name, is_global, hashes, ranges, table_keys, types, projected)
    return None


def indexes(table: Mapping[str, Any]) -> Iterator[tuple[bool, Mapping[str, Any]]]:
    """Yield the indexes of a table, with True for a global one."""
    for index in table.get("GlobalSecondaryIndexes") or ():
        yield True, index
    for index in table.get("LocalSecondaryIndexes") or ():
        yield False, index


def _schema(index: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    return tuple(each["AttributeName"] for each in index["KeySchema"] if each["KeyType"] == kind)


def _projection_of(index: Mapping[str, Any], keys: frozenset[str]) -> frozenset[str] | None:
    projection = index.get("Projection") or {}
    match projection.get("ProjectionType", "ALL"):
        case "ALL":
            return None
        case "INCLUDE":
            return keys | frozenset(projection.get("NonKeyAttributes") or ())
        case _:
            return keys
