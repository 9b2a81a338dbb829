"""ministack's tables with their items in an ``ItemFile``, and its stream records too.

ministack makes and changes the items of a table by a few names of its module; those are replaced here. What else it
keeps is small, and goes into the file as one text of JSON with each commit (``state``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .index_counts import IndexCounts, counts_of
from .item_file import ItemFile
from .key_order import encode_text, encode_values
from .stored_items import EXPIRY, NO_SORT, Item, ItemCache, StoredItems, UncopiedItems, read_item, text_of
from .stored_records import StoredRecords

_COUNTERS = ("_stream_seq_counter", "_txn_token_sweep_at")
# ministack's attributes of tables and others for what is kept as rows.
_ITEMS, _BACKUP_ITEMS, _RECORDS = "items", "_items_snapshot", "records"
# The attribute of a table that earlier versions derived from the items.
_DERIVED = "_index_members"
_COUNTS = ("ItemCount", "TableSizeBytes", "IndexSizeBytes")
# A state without it is of a version that did not count the entries of indexes.
_COUNTS_ENTRIES = "counts_entries"
# What stands in the state for the rows of a collection, or of a stream.
_COLLECTION, _STREAM = "$collection", "$stream"


class Storage:
    """The items and the state of ``dynamodb``, ministack's module, in ``file``.

    ``scoped`` is ministack's type of a mapping whose keys have an account and a region.
    """

    def __init__(self, dynamodb: Any, scoped: type[Any], file: ItemFile) -> None:
        self.file = file
        self.cache = ItemCache()
        self._dynamodb = dynamodb
        self._scoped = scoped
        self._size = dynamodb._item_size_bytes
        dynamodb._set_item = self.set_item
        dynamodb._remove_item = self.remove_item
        dynamodb._update_counts = self.update_counts
        # ministack keeps its indexes in memory; those of the file are read by ``PageReads``.
        dynamodb._index_members = lambda table: {}
        dynamodb._stream_records = _stored_streams(scoped, self.new_stream)

    def set_item(self, table: Any, partition: str, sort: str, item: Item) -> Item | None:
        """Store an item of a table, and return the one that it replaced."""
        items = self.items_of(table)
        if items.logs_changes:
            items.log(partition, sort, self._dynamodb.time.time())
        return self.place_item(table, partition, sort, item)

    def remove_item(self, table: Any, partition: str, sort: str) -> Item | None:
        """Remove an item of a table, and return it; None if there is none."""
        items = self.items_of(table)
        if items.logs_changes:
            items.log(partition, sort, self._dynamodb.time.time())
        return self.place_item(table, partition, sort, None)

    def place_item(self, table: Any, partition: str, sort: str, item: Item | None) -> Item | None:
        """Have an item in a table, or none, and return the one that was there. No log of changes has it."""
        items = self.items_of(table)
        if item is None:
            size, old = 0, items.remove(partition, sort)
        else:
            size = self._size(item)
            old = items.write(partition, sort, item, size)
        table["ItemCount"] += (item is not None) - (old is not None)
        table["TableSizeBytes"] += size - (old.size if old is not None else 0)
        for index in items.counts:
            before = index.entry_size(old.item, old.size, self._size) if old is not None else None
            index.replace(before, index.entry_size(item, size, self._size))
        return old.item if old is not None else None

    def update_counts(self, table: Any) -> None:
        """Count a table's items again."""
        table["ItemCount"], table["TableSizeBytes"] = self.file.count(self.items_of(table).collection)

    def _count_entries(self, items: StoredItems, index: IndexCounts, partition: bytes | None = None) -> tuple[int, int]:
        """Return the number and the size of an index's entries, or of those in one of its partitions."""
        number = items.indexes[index.name].number
        if index.projected is None:
            # Such entries are as large as their items.
            return self.file.count_entries(number, partition)
        rows = self.file.index_entries(number) if partition is None else self.file.index_items(number, partition)
        sizes = [index.entry_size(read_item(row), row.size, self._size) or 0 for row in rows]
        return len(sizes), sum(sizes)

    def _count_all_entries(self) -> None:
        for items in map(self.items_of, self._dynamodb._tables.all_values()):
            for index in items.counts:
                index.set(*self._count_entries(items, index))

    def items_of(self, table: Any) -> StoredItems:
        """Return the items of a table. Those that ministack has made itself are taken over into the file."""
        items = table[_ITEMS]
        if isinstance(items, StoredItems):
            return items
        stored = StoredItems(self.file, self.cache, table, self.file.new_number())
        for partition, members in items.items():
            for sort, item in members.items():
                stored.write(partition, sort, item, self._size(item))
        table[_ITEMS] = stored
        self._define_indexes(table, stored)
        self.update_counts(table)
        return stored

    def refresh(self) -> None:
        """Bring items and indexes in line with the tables, after a request that may have changed some."""
        for scope, table in self._dynamodb._tables.all_items():
            items = self.items_of(table)
            self._define_indexes(table, items)
            items.logs_changes = bool(self._dynamodb._pitr_settings.get_scoped(*scope))

    def _define_indexes(self, table: Any, items: StoredItems) -> None:
        made = items.define_indexes(items.wanted_indexes(table, self._expiry_of(table)))
        items.counts = counts_of(table)
        for index in items.counts:
            if index.name in made:
                index.set(*self._count_entries(items, index))

    def _expiry_of(self, table: Any) -> str:
        """Return the attribute with the time to live of a table's items, "" if there is none."""
        for (account, region, name), each in self._dynamodb._tables.all_items():
            if each is table:
                setting = self._dynamodb._ttl_settings.get_scoped(account, region, name) or {}
                enabled = setting.get("TimeToLiveStatus") == "ENABLED"
                return str(setting["AttributeName"]) if enabled else ""
        return ""

    def expiring(self, table: Any) -> Iterator[Item]:
        """Yield the items of a table that have a time to live, the earliest first."""
        index = self.items_of(table).indexes.get(EXPIRY)
        if index is not None:
            for row in self.file.index_items(index.number, b""):
                yield json.loads(row.text.decode("utf-8", "surrogatepass"))

    def collection_size(self, table: Any, partition: Mapping[str, Any]) -> int:
        """Return the bytes of the items with a partition key, and those of their entries in local indexes."""
        items = self.items_of(table)
        _, size = self.file.count(items.collection, encode_text(text_of(partition)))
        place = encode_values({items.partition_name: partition}, (items.partition_name,))
        for index in items.counts:
            if not index.is_global:
                size += self._count_entries(items, index, place)[1]
        return size

    def size_in_collection(self, table: Any, item: Item | None) -> int:
        """Return the bytes of an item and of its entries in local indexes, 0 for none."""
        if item is None:
            return 0
        size: int = self._size(item)
        counts = [index for index in self.items_of(table).counts if not index.is_global]
        return size + sum(index.entry_size(item, size, self._size) or 0 for index in counts)

    def new_stream(self) -> StoredRecords:
        """Return a stream without records."""
        return StoredRecords(self.file, self.file.new_number())

    def copy_items(self, source: int) -> int:
        """Return the number of a new collection with the items of another one."""
        number = self.file.new_number()
        self.file.copy(source, number)
        return number

    def fill(self, table: Any, source: int, time: float | None = None) -> None:
        """Give a table, which is empty, the items of a collection, or those that it had at a time."""
        stored = StoredItems(self.file, self.cache, table, self.copy_items(source))
        if time is not None:
            self.file.undo_changes(source, stored.collection, time)
        table[_ITEMS] = stored
        self._define_indexes(table, stored)
        self.update_counts(table)

    @contextmanager
    def undoable(self, succeeds: list[bool]) -> Iterator[None]:
        """Take the writes to items within the context back unless ``succeeds`` has a True at its end."""
        tables = self._dynamodb._tables.all_values()
        kept = [(table, self.items_of(table)) for table in tables]
        counted = [record for table, items in kept for record in (table, *(index.record for index in items.counts))]
        counts = [(record, {name: record[name] for name in _COUNTS if name in record}) for record in counted]
        for table, items in kept:
            table[_ITEMS] = UncopiedItems(items)
        self.file.savepoint()
        try:
            yield
        finally:
            for table, items in kept:
                table[_ITEMS] = items
            if any(succeeds):
                self.file.release()
            else:
                self.file.roll_back()
                self.cache.clear()
                for record, figures in counts:
                    record.update(figures)

    def sweep(self) -> bool:
        """Remove some rows of tables, indexes and streams that are gone. Return True if there may be more."""
        tables = [self.items_of(table) for table in self._dynamodb._tables.all_values()]
        backups = [backup[_BACKUP_ITEMS][_COLLECTION] for backup in self._dynamodb._backups.all_values()]
        streams = [*self._dynamodb._stream_records.all_values()]
        streams += [closed[_RECORDS] for closed in self._dynamodb._closed_streams.all_values()]
        return self.file.sweep(
            [*(items.collection for items in tables), *backups],
            [items.collection for items in tables if items.logs_changes],
            [index.number for items in tables for index in items.indexes.values()],
            [records.stream for records in streams],
        )

    def state(self) -> str:
        """Return what the tables are besides their rows, as JSON."""
        scopes: dict[str, list[tuple[Any, ...]]] = {}
        for name, store in vars(self._dynamodb).items():
            if isinstance(store, self._scoped):
                scopes[name] = [(*scope, value) for scope, value in store.all_items()]
        counters = {name: getattr(self._dynamodb, name) for name in _COUNTERS}
        state = {"scopes": scopes, "counters": counters, _COUNTS_ENTRIES: True}
        return json.dumps(state, separators=(",", ":"), default=_marker)

    def clear(self) -> None:
        """Forget the state; the rows stay."""
        self.cache.clear()
        for store in vars(self._dynamodb).values():
            if isinstance(store, self._scoped):
                store.clear()

    def restore(self, state: Any) -> None:
        """Replace the state by one that ``state`` returned, or by one of a version that kept items in it."""
        for name, entries in state["scopes"].items():
            store = getattr(self._dynamodb, name)
            for account, region, key, value in entries:
                store.set_scoped(account, region, key, value)
        for name, value in state["counters"].items():
            setattr(self._dynamodb, name, value)
        for table in self._dynamodb._tables.all_values():
            table.pop(_DERIVED, None)
            if isinstance(marker := table[_ITEMS].get(_COLLECTION), dict):
                table[_ITEMS] = self._stored_items(table, marker)
        for backup in self._dynamodb._backups.all_values():
            if _COLLECTION not in backup[_BACKUP_ITEMS]:
                backup[_BACKUP_ITEMS] = {_COLLECTION: self._import_backup(backup)}
        self._restore_streams()
        self.refresh()
        if _COUNTS_ENTRIES not in state:
            self._count_all_entries()

    def _restore_streams(self) -> None:
        streams = self._dynamodb._stream_records
        for (account, region, name), records in streams.all_items():
            streams._data[account, region, name] = self._stored_records(records)
        for closed in self._dynamodb._closed_streams.all_values():
            closed[_RECORDS] = self._stored_records(closed[_RECORDS])

    def _stored_items(self, table: Any, marker: Mapping[str, Any]) -> StoredItems:
        items = StoredItems(self.file, self.cache, table, marker["number"])
        items.restore_indexes(marker["indexes"])
        return items

    def _stored_records(self, records: Any) -> StoredRecords:
        if isinstance(records, dict):
            return StoredRecords(self.file, *records[_STREAM])
        stored = self.new_stream()
        for record in records:
            stored.append(record)
        return stored

    def _import_backup(self, backup: Any) -> int:
        """Take over the items of a backup of a version that kept them in the state."""
        schema = {each["KeyType"]: each["AttributeName"] for each in backup["SourceTableDetails"]["KeySchema"]}
        keys = {"pk_name": schema["HASH"], "sk_name": schema.get("RANGE")}
        table = {**keys, "AttributeDefinitions": backup["_attribute_definitions"]}
        stored = StoredItems(self.file, self.cache, table, self.file.new_number())
        for members in backup[_BACKUP_ITEMS].values():
            for item in members.values():
                stored.write(text_of(item[keys["pk_name"]]), stored.sort_of(item), item, self._size(item))
        return stored.collection


def backup_marker(number: int) -> dict[str, int]:
    """Return what a backup holds for its items: the number of their collection."""
    return {_COLLECTION: number}


def backup_collection(backup: Any) -> int:
    """Return the number of the collection of a backup's items."""
    return int(backup[_BACKUP_ITEMS][_COLLECTION])


def _marker(value: Any) -> Any:
    if isinstance(value, StoredItems):
        return {_COLLECTION: {"number": value.collection, "indexes": value.indexes}}
    if isinstance(value, StoredRecords):
        return {_STREAM: (value.stream, value.first, value.end)}
    raise TypeError(f"{type(value).__name__} is no part of a state")


def _stored_streams(scoped: Any, new_stream: Any) -> Any:
    """Return ministack's mapping of streams, whose new lists are kept in the file."""

    def set_stream(streams: Any, key: Any, records: Any) -> None:
        scoped.__setitem__(streams, key, new_stream() if records == [] else records)

    return type("StoredStreams", (scoped,), {"__setitem__": set_stream, "__slots__": ()})()


__all__ = ["NO_SORT", "Storage", "backup_collection", "backup_marker"]
