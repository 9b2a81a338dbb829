"""Item collections: the items of one partition key in a table with local indexes, and how large they are.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .storage.storage import Storage

Answer = Any

_GIGABYTE = 1 << 30
_WRITES = ("Put", "Update", "Delete")


class ItemCollections:
    """The ItemCollectionMetrics of ``dynamodb``, ministack's module, whose batches and transactions have none."""

    def __init__(self, dynamodb: Any, storage: Storage) -> None:
        self._dynamodb = dynamodb
        self._storage = storage
        dynamodb._add_item_collection_metrics = self.add_metrics
        for name, keys_of in (("_batch_write_item", self._batch_keys), ("_transact_write_items", self._transact_keys)):
            setattr(dynamodb, name, self._with_metrics(getattr(dynamodb, name), keys_of))

    def add_metrics(self, result: dict[str, Any], data: Any, table: Any, item: Any, key: Any) -> None:
        """Add the metrics of the collection that a write has changed to its result."""
        if data.get("ReturnItemCollectionMetrics") == "SIZE" and table.get("LocalSecondaryIndexes"):
            result["ItemCollectionMetrics"] = self._metrics(table, (item or key)[table["pk_name"]])

    def _with_metrics(
        self, carry_out: Callable[[Any], Answer], keys_of: Callable[[Any], Iterator[tuple[Any, Any]]]
    ) -> Callable[[Any], Answer]:
        def write(data: Any) -> Answer:
            answer = carry_out(data)
            if answer[0] != 200 or data.get("ReturnItemCollectionMetrics") != "SIZE":
                return answer
            found: dict[str, list[Any]] = {}
            for table, item in keys_of(data):
                if table.get("LocalSecondaryIndexes"):
                    metrics = self._metrics(table, item[table["pk_name"]])
                    known = found.setdefault(table["TableName"], [])
                    if metrics not in known:
                        known.append(metrics)
            result = json.loads(answer[2])
            if found:
                result["ItemCollectionMetrics"] = found
            return self._dynamodb.json_response(result)

        return write

    def _batch_keys(self, data: Any) -> Iterator[tuple[Any, Any]]:
        """Yield the tables of a BatchWriteItem, each with an item or a key that was written."""
        for name, requests in data["RequestItems"].items():
            for request in requests:
                written = request.get("PutRequest", {}).get("Item") or request.get("DeleteRequest", {}).get("Key")
                yield self._table(name), written

    def _transact_keys(self, data: Any) -> Iterator[tuple[Any, Any]]:
        """Yield the tables of a TransactWriteItems, each with an item or a key that was written."""
        for member in data["TransactItems"]:
            for name in _WRITES:
                if name in member:
                    write = member[name]
                    yield self._table(write["TableName"]), write.get("Item") or write["Key"]

    def _table(self, name: str) -> Any:
        return self._dynamodb._tables.get(self._dynamodb._normalize_table_name(name))

    def _metrics(self, table: Any, value: Mapping[str, Any]) -> dict[str, Any]:
        size = self._storage.collection_size(table, value)
        lower = size // _GIGABYTE
        return {
            "ItemCollectionKey": {table["pk_name"]: dict(value)},
            "SizeEstimateRangeGB": [float(lower), float(lower + 1)],
        }
