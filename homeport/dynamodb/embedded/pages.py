"""Pages of a Scan or a Query at a cost that doesn't grow with the table.

For each page ministack sorts the whole table, or evaluates the key condition on every item of the partition. Here keys
are kept in order from the first page on, and for the time of a call ministack is shown no more of the table than the
page can come from. What a page holds and where it ends is still ministack's own work, and so are requests of any other
form than these: a Scan of a table with a Limit, a Query of a whole partition with a Limit.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_EQUALS = re.compile(r"\s*(#?[\w.-]+)\s*=\s*(:\w+)\s*")
_MISSING = object()


class _Place(NamedTuple):
    """The values that an item is sorted by, and where ministack keeps it: partition key and sort key."""

    values: tuple[Any, ...]
    partition: str
    sort: str


class _Partition(NamedTuple):
    """A partition of an index, or of the table where ``of`` is empty; ``sorts`` are what it is sorted by."""

    of: str
    value: str
    sorts: tuple[tuple[str, str], ...]


@dataclass
class _Orders:
    """What is known of the table whose items are ``items``: its partition keys in order, and partitions in order."""

    items: Any
    keys: list[str] | None = None
    partitions: dict[_Partition, list[_Place]] = field(default_factory=dict)


class Pages:
    """Quick pages for ``dynamodb``, ministack's module: its functions are replaced by those here."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._orders: dict[int, _Orders] = {}
        self._scan, dynamodb._scan = dynamodb._scan, self.scan
        self._query, dynamodb._query = dynamodb._query, self.query
        self._set_item, dynamodb._set_item = dynamodb._set_item, self._set
        self._remove_item, dynamodb._remove_item = dynamodb._remove_item, self._remove

    def scan(self, data: Any) -> Any:
        """Do a Scan request."""
        table = self._table_of(data)
        if table is None or data.keys() & {"IndexName", "Segment", "TotalSegments"}:
            return self._scan(data)
        with _shown(table, "items", self._next_partitions(table, data)):
            return self._scan(data)

    def query(self, data: Any) -> Any:
        """Do a Query request."""
        table = self._table_of(data)
        partition = self._partition_of(table, data) if table is not None else None
        if table is None or partition is None:
            return self._query(data)
        places = self._next_places(table, partition, data)
        if partition.of:
            members = self._dynamodb._index_members(table)[partition.of]
            with _shown(members, partition.value, {(place.partition, place.sort): None for place in places}):
                return self._query(data)
        bucket = table["items"].get(partition.value, {})
        with _shown(table, "items", {partition.value: {place.sort: bucket[place.sort] for place in places}}):
            return self._query(data)

    def _table_of(self, data: Any) -> Any:
        """The table of a request for a page of limited size."""
        name, limit = data.get("TableName"), data.get("Limit")
        if not isinstance(name, str) or not isinstance(limit, int) or limit < 1:
            return None
        return self._dynamodb._tables.get(self._dynamodb._normalize_table_name(name))

    def _partition_of(self, table: Any, data: Any) -> _Partition | None:
        """The partition that a Query reads, if it asks for all of one."""
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
        """The table's partitions from that of the starting key on, as many as a page can need."""
        orders = self._orders_of(table)
        if orders.keys is None:
            orders.keys = sorted(table["items"])
        start = data.get("ExclusiveStartKey")
        key = start.get(table["pk_name"]) if isinstance(start, dict) else None
        first = self._dynamodb._extract_key_val(key) if key else ""
        shown: dict[str, Any] = {}
        count = 0
        for position in range(bisect_left(orders.keys, first), len(orders.keys)):
            name = orders.keys[position]
            shown[name] = table["items"][name]
            count += len(shown[name]) if name != first else 0
            if count >= data["Limit"]:
                break
        return shown

    def _next_places(self, table: Any, partition: _Partition, data: Any) -> list[_Place]:
        """The places that follow the starting key, as many as a page can need."""
        places = self._places(table, partition)
        start, limit = data.get("ExclusiveStartKey"), data["Limit"]
        forward = data.get("ScanIndexForward", True)
        if not isinstance(start, dict) or not start:
            return places[:limit] if forward else places[-limit:]
        values = self._values(start, partition)
        if forward:
            after = bisect_right(places, values, key=_values_of)
            return places[after : after + limit]
        before = bisect_left(places, values, key=_values_of)
        return places[max(before - limit, 0) : before]

    def _places(self, table: Any, partition: _Partition) -> list[_Place]:
        orders = self._orders_of(table)
        places = orders.partitions.get(partition)
        if places is None:
            places = orders.partitions[partition] = sorted(
                _Place(self._values(table["items"][key][sort], partition), key, sort)
                for key, sort in self._members(table, partition)
            )
        return places

    def _members(self, table: Any, partition: _Partition) -> Iterator[tuple[str, str]]:
        if partition.of:
            yield from self._dynamodb._index_members(table)[partition.of].get(partition.value, ())
        else:
            yield from ((partition.value, sort) for sort in table["items"].get(partition.value, {}))

    def _values(self, item: Any, partition: _Partition) -> tuple[Any, ...]:
        return tuple(self._dynamodb._index_order_value(item, name, kind) for name, kind in partition.sorts)

    def _orders_of(self, table: Any) -> _Orders:
        orders = self._orders.get(id(table))
        if orders is None or orders.items is not table["items"]:
            live = {id(each) for each in self._dynamodb._tables.all_values()}
            self._orders = {key: known for key, known in self._orders.items() if key in live}
            orders = self._orders[id(table)] = _Orders(table["items"])
        return orders

    def _set(self, table: Any, key: str, sort: str, item: Any) -> Any:
        old = self._set_item(table, key, sort, item)
        self._follow(table, key, sort, old, item)
        return old

    def _remove(self, table: Any, key: str, sort: str) -> Any:
        old = self._remove_item(table, key, sort)
        self._follow(table, key, sort, old, None)
        return old

    def _follow(self, table: Any, key: str, sort: str, old: Any, new: Any) -> None:
        """Keep the known orders true after one item was written."""
        orders = self._orders.get(id(table))
        if orders is None or orders.items is not table["items"]:
            return
        if orders.keys is not None:
            _keep(orders.keys, key, key in orders.items)
        for partition, places in orders.partitions.items():
            for item, there in ((old, False), (new, True)):
                if item is not None and self._belongs(table, partition, item):
                    _keep(places, _Place(self._values(item, partition), key, sort), there)

    def _belongs(self, table: Any, partition: _Partition, item: Any) -> bool:
        definition = self._dynamodb._index_def(table, partition.of) if partition.of else None
        value: object = self._dynamodb._index_partition(item, *self._keys_of(table, definition))
        return value == partition.value


def _values_of(place: _Place) -> tuple[Any, ...]:
    return place.values


def _keep(ordered: list[Any], entry: Any, there: bool) -> None:
    """Have an entry in a sorted list, or not."""
    position = bisect_left(ordered, entry)
    found = position < len(ordered) and ordered[position] == entry
    if there and not found:
        ordered.insert(position, entry)
    elif found and not there:
        del ordered[position]


@contextmanager
def _shown(holder: Any, name: str, part: Any) -> Iterator[None]:
    """Have ``holder[name]`` be ``part`` for a while."""
    whole = holder.get(name, _MISSING)
    holder[name] = part
    try:
        yield
    finally:
        if whole is _MISSING:
            del holder[name]
        else:
            holder[name] = whole
