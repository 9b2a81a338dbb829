"""Pages of Query and Scan: only the items that a page can come from are read.

ministack makes each page of a Query or a Scan of all items that it finds. ``PageReads`` shows it, for the time of a
call, those that follow the starting key in the order of the key, up to the limit or 1 MB. ministack still decides where
the page ends.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from ..expressions import ExpressionError
from ..expressions.key_condition import KeyCondition
from ..expressions.values import comparable
from ..ministack_module import find_table
from ..validation.keys import ReadTarget, read_target
from ..validation.reads import query_conditions, segment_of
from ..validation.request import RequestExpressions
from .item_file import Span, StoredItem
from .key_order import AFTER, encode_start, encode_text, encode_value, encode_values, end_of
from .storage import Storage
from .stored_items import Item, StoredItems, read_item, text_of

_PAGE_BYTES = 1024 * 1024


class PlaceRange(NamedTuple):
    """The part of a table or an index that a Query asks for: a partition, and the places in it."""

    partition: bytes
    span: Span


class _IndexPage(dict[str, Any]):
    """ministack's members of an index while a page is shown: the page, whatever partition it asks for."""

    def get(self, name: Any, default: Any = None) -> Any:
        return self["page"]


class PageReads:
    """The pages of ``dynamodb``, ministack's module, whose functions it replaces."""

    def __init__(self, dynamodb: Any, storage: Storage) -> None:
        self._dynamodb = dynamodb
        self._storage = storage
        self._target: ReadTarget | None = None
        self._members: Any = {}
        # The sizes of the items that are shown, by their identity: their rows have them.
        self._sizes: dict[int, int] = {}
        self._size, dynamodb._item_size_bytes = dynamodb._item_size_bytes, self.size
        self._scan, dynamodb._scan = dynamodb._scan, self.scan
        self._query, dynamodb._query = dynamodb._query, self.query
        self._order, dynamodb._index_order_keys = dynamodb._index_order_keys, self.order
        self._after, dynamodb._apply_exclusive_start_key = dynamodb._apply_exclusive_start_key, self.after
        dynamodb._index_members = lambda table: self._members

    def query(self, data: Any) -> Any:
        """Carry out a Query request."""
        table = find_table(self._dynamodb, data.get("TableName"))
        target = read_target(table, data.get("IndexName")) if table is not None else None
        asked = _range_of(data, target) if target is not None else None
        if target is None or asked is None:
            # ministack refuses it.
            return self._query(data)
        items = self._storage.items_of(table)
        span = _span_after(asked.span, data, target)
        forward = data.get("ScanIndexForward", True) is not False
        if target.name:
            index = items.indexes[target.name]
            rows = self._storage.file.index_items(index.number, asked.partition, span, forward=forward)
        else:
            rows = self._storage.file.partition_items(items.collection, asked.partition, span, forward=forward)
        shown = dict(enumerate(self._page(rows, data, table, target)))
        partition = "" if target.name or not shown else items.partition_of(shown[0])
        with self._showing(table, target, {partition: shown}):
            self._members = {target.name: _IndexPage(page=[(partition, place) for place in shown])}
            return self._query(data)

    def scan(self, data: Any) -> Any:
        """Carry out a Scan request."""
        table = find_table(self._dynamodb, data.get("TableName"))
        target = read_target(table, data.get("IndexName")) if table is not None else None
        if target is None:
            return self._scan(data)
        items = self._storage.items_of(table)
        page = self._page(self._scan_rows(data, items, target), data, table, target)
        with self._showing(table, target, _as_partitions(page, items, target)):
            return self._scan(data)

    def order(self, table: Any, sort_names: Any) -> Any:
        """Return the attributes that ministack orders what it reads by. A Scan of an index goes by partition first."""
        ordered = self._order(table, sort_names)
        if self._target is None:
            return ordered
        first = [(name, self._target.types.get(name)) for name in self._target.hashes]
        return [*first, *((name, kind) for name, kind in ordered if name not in self._target.hashes)]

    def after(self, candidates: Any, *arguments: Any, **named: Any) -> Any:
        """Return the items after the starting key; a page that is shown has no others."""
        return candidates if self._target is not None else self._after(candidates, *arguments, **named)

    def size(self, item: Any) -> int:
        """Return the size of an item in bytes, as DynamoDB counts it."""
        known = self._sizes.get(id(item))
        return int(self._size(item)) if known is None else known

    @contextmanager
    def _showing(self, table: Any, target: ReadTarget, items: dict[str, Any]) -> Iterator[None]:
        whole, table["items"], self._target = table["items"], items, target
        try:
            yield
        finally:
            table["items"], self._target = whole, None
            self._members, self._sizes = {}, {}

    def _scan_rows(self, data: Any, items: StoredItems, target: ReadTarget) -> Iterator[StoredItem]:
        """Yield the rows after the starting key of a Scan that are of its segment."""
        start = data.get("ExclusiveStartKey")
        segment, segments = data.get("Segment"), data.get("TotalSegments")
        is_part = isinstance(segment, int) and isinstance(segments, int) and 0 <= segment < segments
        if not target.name:
            after = (b"", b"")
            if _is_key(start, target):
                after = encode_text(items.partition_of(start)), items.sort_bytes(start)
            part = (segment, segments) if is_part else (0, 1)
            return self._storage.file.collection_items(items.collection, after, part)
        index = items.indexes[target.name]
        entry = index.entry_of(start) if _is_key(start, target) else None
        rows = self._storage.file.index_entries(index.number, entry or (b"", b""))
        if not is_part:
            return rows
        return (row for row in rows if segment_of(read_item(row)[target.hashes[-1]], segments) == segment)

    def _page(self, rows: Iterable[StoredItem], data: Any, table: Any, target: ReadTarget) -> list[Item]:
        """Return the items of a page and, where its size ends it, the one that it has no room for."""
        limit = data.get("Limit")
        most = limit if isinstance(limit, int) and limit > 0 else None
        page: list[Item] = []
        size = 0
        for row in rows:
            item = read_item(row)
            page.append(item)
            self._sizes[id(item)] = row.size
            size += row.size if target.projected is None else self._entry_size(item, target)
            if size > _PAGE_BYTES or len(page) == most:
                break
        return page

    def _entry_size(self, item: Item, target: ReadTarget) -> int:
        return int(self._size({name: item[name] for name in item if target.holds(name)}))


def _is_key(start: Any, target: ReadTarget) -> bool:
    """Return True for a starting key that a page of the target can have ended with; others are refused elsewhere."""
    if not isinstance(start, dict) or not target.start_keys <= start.keys():
        return False
    values = ((start[name], target.types[name]) for name in target.start_keys)
    return all(isinstance(value, dict) and list(value) == [kind] for value, kind in values)


def _as_partitions(page: list[Item], items: StoredItems, target: ReadTarget) -> dict[str, Any]:
    """Return a page as ministack's partitions, whose keys it puts in order.

    Its own sort keys are the texts of the values: "10" would come before "9". An index has its order by ``order``.
    """
    if target.name:
        return {"": dict(enumerate(page))}
    partitions: dict[str, Any] = {}
    for item in page:
        sort = comparable(item[items.sort_name]) if items.sort_name else 0
        partitions.setdefault(items.partition_of(item), {})[sort] = item
    return partitions


def _range_of(data: Mapping[str, Any], target: ReadTarget) -> PlaceRange | None:
    """Return the part of a table or an index that a Query asks for, None for a condition that asks for none."""
    try:
        conditions = query_conditions(data, RequestExpressions(data))
        equal = [conditions[name].values[0] for name in target.hashes if conditions[name].operator == "="]
        if len(equal) < len(target.hashes):
            return None
        if target.name:
            partition = encode_values(dict(zip(target.hashes, equal, strict=True)), target.hashes)
        else:
            partition = encode_text(text_of(equal[0]))
        return PlaceRange(partition, _span_of([conditions[name] for name in target.ranges if name in conditions]))
    except (ExpressionError, AttributeError, KeyError, TypeError, IndexError, StopIteration):
        return None


def _span_of(conditions: list[KeyCondition]) -> Span:
    """Return the places that satisfy the conditions on the sort key's attributes: all but the last are equalities."""
    prefix = b""
    for condition in conditions[:-1]:
        prefix += encode_value(*_pair(condition.values[0]))
    if not conditions:
        return Span()
    operator, values = conditions[-1]
    key = prefix + encode_value(*_pair(values[0]))
    match operator:
        case "=":
            return Span(key, key + AFTER)
        case "<":
            return Span(prefix, key)
        case "<=":
            return Span(prefix, key + AFTER)
        case ">":
            return Span(key + AFTER, prefix + AFTER)
        case ">=":
            return Span(key, prefix + AFTER)
        case "BETWEEN":
            return Span(key, prefix + encode_value(*_pair(values[1])) + AFTER)
        case _:
            start = prefix + encode_start(*_pair(values[0]))
            return Span(start, end_of(start))


def _pair(value: Mapping[str, Any]) -> tuple[str, str]:
    return next(iter(value.items()))


def _span_after(span: Span, data: Mapping[str, Any], target: ReadTarget) -> Span:
    """Return the part of a span that follows the starting key of a Query."""
    start: Any = data.get("ExclusiveStartKey")
    if not _is_key(start, target):
        return span
    names = dict.fromkeys((*target.ranges, *target.table_keys)) if target.name else target.ranges
    place = encode_values(start, names)
    if data.get("ScanIndexForward", True) is not False:
        return Span(max(span.first, place + b"\0"), span.end)
    return Span(span.first, min(span.end, place))
