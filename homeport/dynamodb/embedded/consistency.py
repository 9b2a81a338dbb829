"""Eventually consistent reads: for a while after a write they see the item as it was before.

DynamoDB answers a read without ConsistentRead, and every read of a global secondary index, from a copy that may lag
behind. Writes and their conditions, transactional reads and strongly consistent reads see the latest state. Here a lag
is an order: the state before the latest write of each item is put back for the time of a read, so that ministack's own
code reads it.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from .storage.storage import Storage

_READS = frozenset(("BatchGetItem", "GetItem", "Query", "Scan"))
_STATEMENTS = frozenset(("BatchExecuteStatement", "ExecuteStatement"))


class _Replaced(NamedTuple):
    """An item before its latest write, None: there was none. ``items`` are the table's, ``written`` the write's time.

    ``partition`` and ``sort`` are the values of its key in ministack.
    """

    table: Any
    items: Any
    partition: str
    sort: str
    item: Any
    written: float


class ReadConsistency:
    """The consistency of the reads of ``dynamodb``, ministack's module. ``clock`` gives the time of the request.

    While reads are strongly consistent, ministack's functions are as they were.
    """

    def __init__(self, dynamodb: Any, storage: Storage, clock: Any) -> None:
        self._dynamodb = dynamodb
        self._clock = clock
        self._place_item = storage.place_item
        self._set_item, self._remove_item = dynamodb._set_item, dynamodb._remove_item
        self._replaced: dict[tuple[int, str, str], _Replaced] = {}
        self._lag = 0.0

    def set_lag(self, seconds: float) -> None:
        """Have reads lag behind the writes from now on by so many seconds; 0: not at all, infinity: for ever."""
        self._lag = seconds
        self._replaced = {}
        lags = seconds > 0
        self._dynamodb._set_item = self._set if lags else self._set_item
        self._dynamodb._remove_item = self._remove if lags else self._remove_item

    @contextmanager
    def without_lag(self) -> Iterator[None]:
        """Have no read lag within the context, in which the state is made anew."""
        lag = self._lag
        self.set_lag(0.0)
        try:
            yield
        finally:
            self.set_lag(lag)

    @contextmanager
    def view(self, action: str, request: Mapping[str, Any]) -> Iterator[None]:
        """Show the state that a request is to see."""
        older = self._older_items(action, request) if self._lag else ()
        if not older:
            yield
            return
        latest = [(each, each.table["items"].get(each.partition, {}).get(each.sort)) for each in older]
        for each in older:
            self._put_back(each, each.item)
        try:
            yield
        finally:
            for each, item in latest:
                self._put_back(each, item)

    def _put_back(self, place: _Replaced, item: Any) -> None:
        self._place_item(place.table, place.partition, place.sort, item)

    def _older_items(self, action: str, request: Mapping[str, Any]) -> tuple[_Replaced, ...]:
        """Return the items that a request sees as they were."""
        if not self._replaced or action not in _READS | _STATEMENTS:
            return ()
        try:
            tables = self._lagging_tables(action, request)
        except (AttributeError, KeyError, TypeError):
            # ministack rejects it.
            return ()
        now = self._clock()
        self._replaced = {
            key: each
            for key, each in self._replaced.items()
            # A table's items are others when it was restored.
            if now - each.written < self._lag and each.table["items"] is each.items
        }
        return tuple(
            each for each in self._replaced.values() if tables is None or any(each.table is table for table in tables)
        )

    def _lagging_tables(self, action: str, request: Mapping[str, Any]) -> list[Any] | None:
        """Return the tables of which a request may see an older state, None: all."""
        if action in _STATEMENTS:
            statements = request.get("Statements", [request])
            return [] if any(each.get("ConsistentRead") is True for each in statements) else None
        if action == "BatchGetItem":
            names = [name for name, part in request["RequestItems"].items() if part.get("ConsistentRead") is not True]
            return [self._table(name) for name in names]
        table = self._table(request.get("TableName"))
        return [table] if self._is_global(table, request) or request.get("ConsistentRead") is not True else []

    def _table(self, name: Any) -> Any:
        return self._dynamodb._tables.get(self._dynamodb._normalize_table_name(name))

    def _is_global(self, table: Any, request: Mapping[str, Any]) -> bool:
        indexes = (table or {}).get("GlobalSecondaryIndexes") or []
        return any(index.get("IndexName") == request.get("IndexName") for index in indexes)

    def _set(self, table: Any, partition: str, sort: str, item: Any) -> Any:
        old = self._set_item(table, partition, sort, item)
        self._note(table, partition, sort, old)
        return old

    def _remove(self, table: Any, partition: str, sort: str) -> Any:
        old = self._remove_item(table, partition, sort)
        if old is not None:
            self._note(table, partition, sort, old)
        return old

    def _note(self, table: Any, partition: str, sort: str, old: Any) -> None:
        place = (id(table), partition, sort)
        self._replaced[place] = _Replaced(table, table["items"], partition, sort, old, self._clock())


def lag_of(body: bytes) -> float:
    """Return the lag of an order, ``{"Lag": 0.5}`` in seconds, null: for ever. Raises ValueError for no such order."""
    try:
        lag = json.loads(body)["Lag"]
        seconds = math.inf if lag is None else float(lag)
    except (KeyError, TypeError) as error:
        raise ValueError("the order has no Lag") from error
    if not seconds >= 0:
        raise ValueError("a Lag is 0 or more seconds")
    return seconds
