"""Changes that requests made in the tables: which items were written and removed, and which numbers counted. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

Changes = Counter[tuple[str, str, frozenset[str]]]
"""How many items were ``written`` and ``removed``, by table and the names of their attributes."""
StoredItems = Mapping[str, Sequence[Mapping[str, Any]]]
"""The items of each table."""
Keys = Mapping[str, Collection[str]]
"""The names of each table's key attributes."""


def about(stored: StoredItems, mark: str) -> StoredItems:
    """Return the items that have a text in them."""
    if not mark:
        return stored
    return {table: [item for item in items if mark in json.dumps(item)] for table, items in stored.items()}


def changes(before: StoredItems, after: StoredItems) -> Changes:
    """Return how many items were written and removed, an item that was changed is both."""
    old, new = (
        Counter((table, json.dumps(item, sort_keys=True)) for table, items in stored.items() for item in items)
        for stored in (before, after)
    )
    found: Changes = Counter()
    for kind, those in (("written", new - old), ("removed", old - new)):
        for (table, text), number in those.items():
            found[kind, table, frozenset(json.loads(text))] += number
    return found


def counts(before: StoredItems, after: StoredItems, keys: Keys) -> Counter[str]:
    """Return by how much the numbers of items changed in sum, by attribute; numbers that look like times left out.

    Only items that were there before and still are have counters: a new one has numbers of any meaning, such as a
    balance. Items of a table that ``keys`` doesn't have count from nothing.
    """
    found: Counter[str] = Counter()
    for table in {*before, *after}:
        old, new = (_by_key(stored.get(table, ()), keys.get(table, ())) for stored in (before, after))
        shared = old.keys() & new.keys() if table in keys else old.keys() | new.keys()
        for sign, those in ((1, new), (-1, old)):
            for key in shared & those.keys():
                found.update({name: sign * number for name, number in _numbers(those[key])})
    return Counter({name: number for name, number in found.items() if number})


def _by_key(items: Sequence[Mapping[str, Any]], names: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """Return the items of a table by their keys, by all that they have where the key's names are not known."""
    return {json.dumps([item.get(name) for name in names] if names else item, sort_keys=True): item for item in items}


def _numbers(item: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name, value in item.items():
        number = value.get("N", "") if isinstance(value, Mapping) else ""
        if number.lstrip("-").isdigit() and abs(int(number)) < 1_000_000_000:
            yield name, int(number)
