"""Eventually consistent reads: for a while after a write they see the item as it was before.

DynamoDB answers a read without ConsistentRead, and every read of a global secondary index, from a copy that may lag
behind. Writes and their conditions, transactional reads and strongly consistent reads see the latest state. Here a lag
is an order: the state before the latest write of each item is put back for the time of a read, so that ministack's own
code reads it.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from .ministack_module import find_table
from .statement_target import StatementTarget
from .storage.storage import Storage

_READS = frozenset(("BatchGetItem", "GetItem", "Query", "Scan"))
# Reads whose number is kept, for those that come again.
_KNOWN_READS = 100_000


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
        self._times: Counter[int] = Counter()
        self._lag = 0.0
        self._seed: int | None = None

    def set_lag(self, seconds: float, seed: int | None = None) -> None:
        """Have reads lag behind the writes from now on by ``seconds``: 0 is not at all, infinity for ever.

        All do, or with a ``seed`` about every second one: which ones follows from the seed, the request and the number
        of times that it has come.
        """
        self._lag, self._seed = seconds, seed
        self._times.clear()
        self._replaced = {}
        lags = seconds > 0
        self._dynamodb._set_item = self._set if lags else self._set_item
        self._dynamodb._remove_item = self._remove if lags else self._remove_item

    @contextmanager
    def without_lag(self) -> Iterator[None]:
        """Have no read lag within the context, in which the state is made again."""
        lag, seed = self._lag, self._seed
        self.set_lag(0.0)
        try:
            yield
        finally:
            self.set_lag(lag, seed)

    @contextmanager
    def view(self, action: str, request: Mapping[str, Any]) -> Iterator[None]:
        """Show the state that a read of items is to see; a statement has ``view_of_statement``."""
        tables = self._lagging_tables(action, request) if self._lag and action in _READS else []
        with self._older_state(tables, (action, request)):
            yield

    @contextmanager
    def view_of_statement(
        self, request: Mapping[str, Any], find_target: Callable[[], StatementTarget | None]
    ) -> Iterator[None]:
        """Show the state that a PartiQL statement is to see; one that writes sees the latest.

        ``find_target`` parses the statement, which only a lag makes necessary.
        """
        tables = []
        if self._lag and (target := find_target()) is not None and target.reads:
            table = find_table(self._dynamodb, target.table)
            if request.get("ConsistentRead") is not True or self._is_global(table, target.index):
                tables.append(table)
        with self._older_state(tables, ("ExecuteStatement", request)):
            yield

    @contextmanager
    def _older_state(self, tables: list[Any], asked: tuple[str, Mapping[str, Any]]) -> Iterator[None]:
        """Have the items of tables as they were before their latest writes, if this read is a stale one."""
        older = self._older_items(tables) if tables and self._is_stale(*asked) else ()
        latest = [(each, each.table["items"].get(each.partition, {}).get(each.sort)) for each in older]
        for each in older:
            self._put_back(each, each.item)
        try:
            yield
        finally:
            for each, item in latest:
                self._put_back(each, item)

    def _is_stale(self, action: str, request: Mapping[str, Any]) -> bool:
        """Return True for a read that lags: all do, or those of the seed, each time that they come."""
        if self._seed is None:
            return True
        text = json.dumps([self._seed, action, request], sort_keys=True).encode()
        if len(self._times) > _KNOWN_READS:
            self._times.clear()
        key = zlib.crc32(text)
        self._times[key] += 1
        return hashlib.sha256(b"%d %b" % (self._times[key], text)).digest()[0] < 128

    def _put_back(self, place: _Replaced, item: Any) -> None:
        self._place_item(place.table, place.partition, place.sort, item)

    def _older_items(self, tables: list[Any]) -> tuple[_Replaced, ...]:
        """Return the items of tables that are seen as they were."""
        if not self._replaced:
            return ()
        now = self._clock()
        self._replaced = {
            key: each
            for key, each in self._replaced.items()
            # A table's items are others when it was restored.
            if now - each.written < self._lag and each.table["items"] is each.items
        }
        return tuple(each for each in self._replaced.values() if any(each.table is table for table in tables))

    def _lagging_tables(self, action: str, request: Mapping[str, Any]) -> list[Any]:
        """Return the tables of which a request may see an older state."""
        try:
            if action == "BatchGetItem":
                parts = request["RequestItems"].items()
                return [
                    find_table(self._dynamodb, name) for name, part in parts if part.get("ConsistentRead") is not True
                ]
            table = find_table(self._dynamodb, request.get("TableName"))
            lags = request.get("ConsistentRead") is not True or self._is_global(table, request.get("IndexName"))
        except (AttributeError, KeyError, TypeError):
            # ministack rejects it.
            return []
        return [table] if lags else []

    def _is_global(self, table: Any, index_name: Any) -> bool:
        indexes = (table or {}).get("GlobalSecondaryIndexes") or []
        return any(index.get("IndexName") == index_name for index in indexes)

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


def read_lag_order(body: bytes) -> tuple[float, int | None]:
    """Return the lag and the seed of an order, ``{"Lag": 0.5, "Seed": 7}``. Raises ValueError for no such order.

    The lag is seconds, null for ever; the seed may be missing.
    """
    try:
        order = json.loads(body)
        lag, seed = order["Lag"], order.get("Seed")
        seconds = math.inf if lag is None else float(lag)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("the order has no Lag") from error
    if not seconds >= 0:
        raise ValueError("a Lag is 0 or more seconds")
    return seconds, None if seed is None else int(seed)
