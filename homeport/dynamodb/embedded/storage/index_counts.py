"""The number and the size of an index's entries, as DescribeTable tells them.

An entry has the keys of the table and of the index, and the attributes that the index holds; an item without a key of
the index has none. AWS updates the figures about every six hours, here they are those of the moment.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GlobalSecondaryIndexDescription.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..validation.keys import indexes, read_target

Item = Mapping[str, Any]
SizeOf = Callable[[Any], int]


class IndexCounts(NamedTuple):
    """An index with the record in which ministack tells its figures.

    An item without one of ``required`` is not in it. ``projected`` has the attributes of its entries, None: all.
    """

    name: str
    record: Any
    required: tuple[str, ...]
    projected: frozenset[str] | None
    is_global: bool

    def entry_size(self, item: Item | None, size: int, size_of: SizeOf) -> int | None:
        """Return the bytes of an item's entry, None if it has none; ``size`` is that of the item."""
        if item is None or not all(name in item for name in self.required):
            return None
        if self.projected is None:
            return size
        return size_of({name: item[name] for name in self.projected if name in item})

    def replace(self, old: int | None, new: int | None) -> None:
        """Count an entry of ``new`` bytes in place of one of ``old``; None stands for no entry."""
        self.record["ItemCount"] += (new is not None) - (old is not None)
        self.record["IndexSizeBytes"] += (new or 0) - (old or 0)

    def set(self, count: int, size: int) -> None:
        """Set the number of entries that the index is reported to have, and their bytes."""
        self.record["ItemCount"], self.record["IndexSizeBytes"] = count, size


def counts_of(table: Mapping[str, Any]) -> list[IndexCounts]:
    """Return the indexes of a table, by ministack's record of it."""
    found = []
    for is_global, index in indexes(table):
        target = read_target(table, index["IndexName"])
        assert target is not None
        found.append(IndexCounts(target.name, index, target.keys, target.projected, is_global))
    return found
