"""Replacements for functions of ministack's DynamoDB: quick pages of large tables, in DynamoDB's order.

For each page of a Scan or a Query ministack sorts the whole table, or evaluates the key condition on every item of the
partition. ``Pages`` keeps the keys in order from the first page on, and shows ministack, for the time of a call, only
the part of the table that the page can come from. ministack still makes the page and decides where it ends. It serves
all other requests alone: ``Pages`` helps with a Scan of a table with a Limit, and a Query of a whole partition with a
Limit.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .expressions.values import comparable

_EQUALS = re.compile(r"\s*(#?[\w.-]+)\s*=\s*(:\w+)\s*")
_MISSING = object()


class _SortedEntry(NamedTuple):
    """The values that an item is sorted by, and its partition key and sort key in ministack."""

    values: tuple[Any, ...]
    partition: str
    sort: str


class _Partition(NamedTuple):
    """A partition of an index, or of the table if ``index_name`` is empty; ``sorts`` are its attributes for sorting."""

    index_name: str
    value: str
    sorts: tuple[tuple[str, str], ...]


@dataclass
class _SortedKeys:
    """The partition keys of the table whose items are ``items``, in order, and the entries of partitions, in order."""

    items: Any
    keys: list[str] | None = None
    partitions: dict[_Partition, list[_SortedEntry]] = field(default_factory=dict)


class Pages:
    """Quick pages for ``dynamodb``, ministack's module, whose functions it replaces."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._orders: dict[int, _SortedKeys] = {}
        self._scan, dynamodb._scan = dynamodb._scan, self.scan
        self._query, dynamodb._query = dynamodb._query, self.query
        self._set_item, dynamodb._set_item = dynamodb._set_item, self._set
        self._remove_item, dynamodb._remove_item = dynamodb._remove_item, self._remove

    def scan(self, data: Any) -> Any:
        """Carry out a Scan request."""
        table = self._table_named(data)
        if table is None or data.get("IndexName"):
            return self._scan(data)
        limited = self._table_of(data) is not None and not data.keys() & {"Segment", "TotalSegments"}
        items = self._next_partitions(table, data) if limited else table["items"]
        with _replace(table, "items", _in_order_of_values(table, items)):
            return self._scan(data)

    def query(self, data: Any) -> Any:
        """Carry out a Query request."""
        table = self._table_of(data)
        partition = self._partition_of(table, data) if table is not None else None
        if table is None or partition is None:
            return self._query(data)
        entries = self._next_entries(table, partition, data)
        if partition.index_name:
            members = self._dynamodb._index_members(table)[partition.index_name]
            with _replace(members, partition.value, {(entry.partition, entry.sort): None for entry in entries}):
                return self._query(data)
        bucket = table["items"].get(partition.value, {})
        with _replace(table, "items", {partition.value: {entry.sort: bucket[entry.sort] for entry in entries}}):
            return self._query(data)

    def _table_of(self, data: Any) -> Any:
        """Return the table of a request for a page of limited size, None for other requests."""
        limit = data.get("Limit")
        return self._table_named(data) if isinstance(limit, int) and limit > 0 else None

    def _table_named(self, data: Any) -> Any:
        name = data.get("TableName")
        if not isinstance(name, str):
            return None
        return self._dynamodb._tables.get(self._dynamodb._normalize_table_name(name))

    def _partition_of(self, table: Any, data: Any) -> _Partition | None:
        """Return the partition that a Query reads, None if it asks for less or more than a whole one."""
        condition = _EQUALS.fullmatch(data.get("KeyConditionExpression") or "")
        if condition is None or data.get("KeyConditions"):
            return None
        name, value = condition.groups()
        asked = (data.get("ExpressionAttributeValues") or {}).get(value)
        index = data.get("IndexName") or ""
        definition = self._dynamodb._index_def(table, index) if index else None
        hashes, ranges = self._keys_of(table, definition)
        if (index and definition is None) or not isinstance(asked, dict):
            return None
        if hashes != [(data.get("ExpressionAttributeNames") or {}).get(name, name)]:
            return None
        sorts = tuple(self._dynamodb._index_order_keys(table, ranges))
        return _Partition(index, self._dynamodb._extract_key_val(asked), sorts)

    def _keys_of(self, table: Any, definition: Any) -> tuple[list[str], list[str]]:
        if definition is not None:
            hashes, ranges = self._dynamodb._index_key_lists(definition)
            return hashes, ranges
        return [table["pk_name"]], [table["sk_name"]] if table["sk_name"] else []

    def _next_partitions(self, table: Any, data: Any) -> dict[str, Any]:
        """Return the table's partitions from that of the starting key on, as many as a page can need."""
        orders = self._orders_of(table)
        if orders.keys is None:
            orders.keys = sorted(table["items"])
        start = data.get("ExclusiveStartKey")
        key = start.get(table["pk_name"]) if isinstance(start, dict) else None
        first = self._dynamodb._extract_key_val(key) if key else ""
        visible: dict[str, Any] = {}
        count = 0
        for position in range(bisect_left(orders.keys, first), len(orders.keys)):
            name = orders.keys[position]
            visible[name] = table["items"][name]
            count += len(visible[name]) if name != first else 0
            if count >= data["Limit"]:
                break
        return visible

    def _next_entries(self, table: Any, partition: _Partition, data: Any) -> list[_SortedEntry]:
        """Return the entries that follow the starting key, as many as a page can need."""
        entries = self._entries_of(table, partition)
        start, limit = data.get("ExclusiveStartKey"), data["Limit"]
        forward = data.get("ScanIndexForward", True)
        if not isinstance(start, dict) or not start:
            return entries[:limit] if forward else entries[-limit:]
        values = self._values(start, partition)
        if forward:
            after = bisect_right(entries, values, key=_values_of)
            return entries[after : after + limit]
        before = bisect_left(entries, values, key=_values_of)
        return entries[max(before - limit, 0) : before]

    def _entries_of(self, table: Any, partition: _Partition) -> list[_SortedEntry]:
        orders = self._orders_of(table)
        entries = orders.partitions.get(partition)
        if entries is None:
            entries = orders.partitions[partition] = sorted(
                _SortedEntry(self._values(table["items"][key][sort], partition), key, sort)
                for key, sort in self._members(table, partition)
            )
        return entries

    def _members(self, table: Any, partition: _Partition) -> Iterator[tuple[str, str]]:
        if partition.index_name:
            yield from self._dynamodb._index_members(table)[partition.index_name].get(partition.value, ())
        else:
            yield from ((partition.value, sort) for sort in table["items"].get(partition.value, {}))

    def _values(self, item: Any, partition: _Partition) -> tuple[Any, ...]:
        return tuple(self._dynamodb._index_order_value(item, name, kind) for name, kind in partition.sorts)

    def _orders_of(self, table: Any) -> _SortedKeys:
        orders = self._orders.get(id(table))
        if orders is None or orders.items is not table["items"]:
            live = {id(each) for each in self._dynamodb._tables.all_values()}
            self._orders = {key: known for key, known in self._orders.items() if key in live}
            orders = self._orders[id(table)] = _SortedKeys(table["items"])
        return orders

    def _set(self, table: Any, key: str, sort: str, item: Any) -> Any:
        old = self._set_item(table, key, sort, item)
        self._update_orders(table, key, sort, old, item)
        return old

    def _remove(self, table: Any, key: str, sort: str) -> Any:
        old = self._remove_item(table, key, sort)
        self._update_orders(table, key, sort, old, None)
        return old

    def _update_orders(self, table: Any, key: str, sort: str, old: Any, new: Any) -> None:
        """Bring the known orders up to date after one item was written."""
        orders = self._orders.get(id(table))
        if orders is None or orders.items is not table["items"]:
            return
        if orders.keys is not None:
            _update_sorted(orders.keys, key, key in orders.items)
        for partition, entries in orders.partitions.items():
            for item, there in ((old, False), (new, True)):
                if item is not None and self._belongs(table, partition, item):
                    _update_sorted(entries, _SortedEntry(self._values(item, partition), key, sort), there)

    def _belongs(self, table: Any, partition: _Partition, item: Any) -> bool:
        definition = self._dynamodb._index_def(table, partition.index_name) if partition.index_name else None
        value: object = self._dynamodb._index_partition(item, *self._keys_of(table, definition))
        return value == partition.value


def _values_of(entry: _SortedEntry) -> tuple[Any, ...]:
    return entry.values


def _in_order_of_values(table: Any, partitions: Any) -> Any:
    """Return partitions whose items have their sort key's value as a key, which ministack puts in order.

    Its own keys are the texts of the values: "10" would come before "9".
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.Partitions.html
    """
    name = table["sk_name"]
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    if not name or types.get(name) == "S":
        return partitions
    return {
        partition: {comparable(item[name]): item for item in items.values()} for partition, items in partitions.items()
    }


def _update_sorted(ordered: list[Any], entry: Any, there: bool) -> None:
    """Insert an entry into a sorted list if it is ``there``, else remove it."""
    position = bisect_left(ordered, entry)
    found = position < len(ordered) and ordered[position] == entry
    if there and not found:
        ordered.insert(position, entry)
    elif found and not there:
        del ordered[position]


@contextmanager
def _replace(holder: Any, name: str, part: Any) -> Iterator[None]:
    """Set ``holder[name]`` to ``part``, and put its value back at the end."""
    whole = holder.get(name, _MISSING)
    holder[name] = part
    try:
        yield
    finally:
        if whole is _MISSING:
            del holder[name]
        else:
            holder[name] = whole
