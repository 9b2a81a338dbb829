"""The items of a table as ministack reads them: a mapping of partitions, each a mapping of items.

ministack's keys are the texts of the key's values. All that it asks of a mapping works; what asks for one item or one
partition reads no more than that.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..validation.keys import indexes, read_target
from .index_counts import IndexCounts
from .item_file import ItemFile, StoredItem
from .key_order import encode_text, encode_value, encode_values

Item = dict[str, Any]

Attributes = tuple[str, ...]

NO_SORT = "__no_sort__"
"""ministack's sort key in tables without one."""

EXPIRY = "$expiry"
"""The index by the attribute of the time to live; no index of DynamoDB can have its name."""

# Bytes of JSON whose items are kept as they were read; as objects they take about four times as much.
_CACHE_BYTES = 8_000_000
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class FoundItem(NamedTuple):
    """An item, the id of its row, and its size as DynamoDB counts it."""

    id: int
    size: int
    item: Item


class IndexKeys(NamedTuple):
    """An index: its number, the attributes of its partition key, and all that its entries are put in order by.

    An item without one of ``required`` is not in it.
    """

    number: int
    hashes: tuple[str, ...]
    places: tuple[str, ...]
    required: tuple[str, ...]
    kind: str = ""

    def is_same(self, old: Item, new: Item) -> bool:
        """Return True if two items with one key have the same entry, or none."""
        return all(old.get(name) == new.get(name) for name in self.required)

    def entry_of(self, item: Mapping[str, Any]) -> tuple[bytes, bytes] | None:
        """Return the partition of an item in the index and its place there, None if it has none."""
        for name in self.required:
            if name not in item or (self.kind and self.kind not in item[name]):
                return None
        return encode_values(item, self.hashes), encode_values(item, self.places)


class ItemCache:
    """The items that were read or written last, by collection, partition key and sort key."""

    def __init__(self) -> None:
        self._items: OrderedDict[tuple[int, str, str], tuple[FoundItem, int]] = OrderedDict()
        self._bytes = 0

    def find(self, place: tuple[int, str, str]) -> FoundItem | None:
        """Return an item if it is kept."""
        kept = self._items.get(place)
        if kept is None:
            return None
        self._items.move_to_end(place)
        return kept[0]

    def keep(self, place: tuple[int, str, str], found: FoundItem, length: int) -> None:
        """Keep an item, whose JSON has ``length`` bytes; the one that was asked for longest ago may go."""
        self.forget(place)
        self._items[place] = (found, length)
        self._bytes += length
        while self._bytes > _CACHE_BYTES:
            self._bytes -= self._items.popitem(last=False)[1][1]

    def forget(self, place: tuple[int, str, str]) -> None:
        """Forget an item."""
        kept = self._items.pop(place, None)
        if kept is not None:
            self._bytes -= kept[1]

    def clear(self) -> None:
        """Forget all."""
        self._items.clear()
        self._bytes = 0


class StoredItems(Mapping[str, "StoredPartition"]):
    """The items of one table. ``table`` is ministack's record of it, whose keys tell how they are stored."""

    def __init__(self, file: ItemFile, cache: ItemCache, table: Any, collection: int) -> None:
        self.file = file
        self.collection = collection
        self.indexes: dict[str, IndexKeys] = {}
        self.counts: list[IndexCounts] = []
        self.logs_changes = False
        self.cache = cache
        self.partition_name: str = table["pk_name"]
        self.sort_name: str = table["sk_name"] or ""
        types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
        self._sort_kind: str = types.get(self.sort_name, "S")

    def key_bytes(self, partition: str, sort: str) -> tuple[bytes, bytes]:
        """Return a key as the file has it."""
        return encode_text(partition), encode_value(self._sort_kind, sort) if self.sort_name else b""

    def sort_bytes(self, item: Mapping[str, Any]) -> bytes:
        """Return the sort key of an item or a key as the file has it. Raises KeyError if it is missing."""
        return encode_values(item, (self.sort_name,)) if self.sort_name else b""

    def find(self, partition: str, sort: str) -> FoundItem | None:
        """Return an item by its key."""
        place = (self.collection, partition, sort)
        found = self.cache.find(place)
        if found is None:
            row = self.file.find(self.collection, *self.key_bytes(partition, sort))
            if row is None:
                return None
            found = FoundItem(row.id, row.size, read_item(row))
            self.cache.keep(place, found, len(row.text))
        return found

    def partition_of(self, item: Item) -> str:
        """Return ministack's text for the partition key of an item."""
        return text_of(item[self.partition_name])

    def sort_of(self, item: Item) -> str:
        """Return ministack's text for the sort key of an item."""
        return text_of(item[self.sort_name]) if self.sort_name else NO_SORT

    def wanted_indexes(self, table: Any, expiry: str) -> dict[str, tuple[Attributes, Attributes, Attributes]]:
        """Return what the indexes of a table are to be, with one by the attribute ``expiry`` if there is any."""
        wanted: dict[str, tuple[Attributes, Attributes, Attributes]] = {}
        for _, index in indexes(table):
            target = read_target(table, index["IndexName"])
            assert target is not None
            places = tuple(dict.fromkeys((*target.ranges, *target.table_keys)))
            wanted[target.name] = (target.hashes, places, target.keys)
        if expiry:
            keys = tuple(name for name in (self.partition_name, self.sort_name) if name)
            wanted[EXPIRY] = ((), tuple(dict.fromkeys((expiry, *keys))), (expiry,))
        return wanted

    def define_indexes(self, wanted: Mapping[str, tuple[Attributes, Attributes, Attributes]]) -> list[str]:
        """Have the indexes that are wanted, forget the others, and return the names of the new ones."""
        known = self.indexes
        self.indexes = {
            name: known[name] for name, keys in wanted.items() if name in known and known[name][1:4] == keys
        }
        made = {
            name: IndexKeys(self.file.new_number(), *keys, "N" if name == EXPIRY else "")
            for name, keys in wanted.items()
            if name not in self.indexes
        }
        self.indexes.update(made)
        if made:
            for row in self.file.collection_items(self.collection):
                item = read_item(row)
                for index in made.values():
                    entry = index.entry_of(item)
                    if entry is not None:
                        self.file.add_entry(index.number, *entry, row.id)
        return list(made)

    def restore_indexes(self, known: Mapping[str, Any]) -> None:
        """Take the indexes that a state has, by their names."""
        for name, (number, hashes, places, required, kind) in known.items():
            self.indexes[name] = IndexKeys(number, tuple(hashes), tuple(places), tuple(required), kind)

    def log(self, partition: str, sort: str, time: float) -> None:
        """Note an item as it is before a change at ``time``."""
        key = self.key_bytes(partition, sort)
        self.file.log_change(self.collection, time, key, self.file.find(self.collection, *key))

    def write(self, partition: str, sort: str, item: Item, size: int) -> FoundItem | None:
        """Store an item of ``size`` bytes, and return the one that it replaced."""
        text = _JSON.encode(item).encode("utf-8", "surrogatepass")
        old = self.find(partition, sort)
        if old is None:
            number = self.file.insert(self.collection, *self.key_bytes(partition, sort), size, text)
        else:
            number = old.id
            self.file.update(number, size, text)
        self._index(old.item if old is not None else None, item, number)
        self.cache.keep((self.collection, partition, sort), FoundItem(number, size, item), len(text))
        return old

    def remove(self, partition: str, sort: str) -> FoundItem | None:
        """Remove an item, and return it; None if there was none."""
        old = self.find(partition, sort)
        if old is not None:
            self.cache.forget((self.collection, partition, sort))
            self.file.delete(old.id)
            self._index(old.item, None, old.id)
        return old

    def _index(self, old: Item | None, new: Item | None, number: int) -> None:
        for index in self.indexes.values():
            if old is not None and new is not None and index.is_same(old, new):
                continue
            before = index.entry_of(old) if old is not None else None
            after = index.entry_of(new) if new is not None else None
            if before is not None:
                self.file.remove_entry(index.number, *before)
            if after is not None:
                self.file.add_entry(index.number, *after, number)

    def __getitem__(self, partition: str) -> StoredPartition:
        found = StoredPartition(self, partition)
        if not found:
            raise KeyError(partition)
        return found

    def get(self, partition: Any, default: Any = None) -> Any:
        """Return a partition, an empty one if there is none."""
        return StoredPartition(self, partition)

    def __iter__(self) -> Iterator[str]:
        for partition in self.file.partitions(self.collection):
            yield partition.decode("utf-8", "surrogatepass")

    def __contains__(self, partition: object) -> bool:
        return bool(StoredPartition(self, str(partition)))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class UncopiedItems(StoredItems):
    """The items of a table for whose state before a transaction a savepoint stands: ministack's copy is empty."""

    def __init__(self, items: StoredItems) -> None:
        vars(self).update(vars(items))

    def __iter__(self) -> Iterator[str]:
        return iter(())


class StoredPartition(Mapping[str, Item]):
    """The items of one partition, by the texts of their sort keys."""

    __slots__ = ("_items", "_partition")

    def __init__(self, items: StoredItems, partition: str) -> None:
        self._items = items
        self._partition = partition

    def __getitem__(self, sort: str) -> Item:
        found = self._items.find(self._partition, sort)
        if found is None:
            raise KeyError(sort)
        return found.item

    def get(self, sort: Any, default: Any = None) -> Any:
        """Return an item by its sort key."""
        found = self._items.find(self._partition, sort)
        return default if found is None else found.item

    def __contains__(self, sort: object) -> bool:
        return self._items.find(self._partition, str(sort)) is not None

    def __iter__(self) -> Iterator[str]:
        for row in self._rows():
            yield self._items.sort_of(read_item(row))

    def __len__(self) -> int:
        return self._items.file.count(self._items.collection, encode_text(self._partition))[0]

    def __bool__(self) -> bool:
        return next(self._rows(), None) is not None

    def __deepcopy__(self, memo: Any) -> dict[str, Item]:
        """Return what the partition holds; each item is read again, and is the copy's own."""
        return {self._items.sort_of(item): item for item in map(read_item, self._rows())}

    def _rows(self) -> Iterator[StoredItem]:
        return self._items.file.partition_items(self._items.collection, encode_text(self._partition))


def read_item(row: StoredItem) -> Item:
    """Return the item of a row."""
    item: Item = json.loads(row.text.decode("utf-8", "surrogatepass"))
    return item


def text_of(value: Mapping[str, Any]) -> str:
    """Return ministack's text for the value of a key."""
    return str(next(iter(value.values())))
