"""Item collections: the items of one partition key in a table with local indexes, how large they are and may become.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .ministack_module import find_table
from .storage.storage import Storage

Answer = Any

_GIGABYTE = 1 << 30
_WRITES = ("Put", "Update", "Delete")
_LIMIT = "Item collection size limit of 10 gigabytes exceeded"
_REASON = {"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."}


class ItemCollections:
    """The item collections of ``dynamodb``, ministack's module, which has no limit and no metrics of batches.

    A collection of ``limit`` bytes, its entries in local indexes included, takes no write that makes it larger.
    """

    def __init__(self, dynamodb: Any, storage: Storage) -> None:
        self._dynamodb = dynamodb
        self._storage = storage
        self.limit = 10 * _GIGABYTE
        self._check, dynamodb._validate_index_key_values = dynamodb._validate_index_key_values, self.check_write
        self._transact, dynamodb._transact_write_items = dynamodb._transact_write_items, self.transact
        dynamodb._add_item_collection_metrics = self.add_metrics
        for name, keys_of in (("_batch_write_item", self._batch_keys), ("_transact_write_items", self._transact_keys)):
            setattr(dynamodb, name, self._with_metrics(getattr(dynamodb, name), keys_of))

    def add_metrics(self, result: dict[str, Any], data: Any, table: Any, item: Any, key: Any) -> None:
        """Add the metrics of the collection that a write has changed to its result."""
        if data.get("ReturnItemCollectionMetrics") == "SIZE" and table.get("LocalSecondaryIndexes"):
            result["ItemCollectionMetrics"] = self._metrics(table, (item or key)[table["pk_name"]])

    def check_write(self, table: Any, item: Any, update_expr: bool = False) -> Any:
        """Return the error of an item that a write puts into a table, None for none."""
        error = self._check(table, item, update_expr)
        if error or not self._exceeds(table, item):
            return error
        return self._dynamodb.error_response_json("ItemCollectionSizeLimitExceededException", _LIMIT, 400)

    def transact(self, data: Any) -> Answer:
        """Carry out a TransactWriteItems; one that makes a full collection larger is cancelled."""
        try:
            full = [self._is_held_up(member) for member in data["TransactItems"]]
        except (AttributeError, KeyError, TypeError):
            # ministack rejects it.
            return self._transact(data)
        if not any(full):
            return self._transact(data)
        reasons = [_REASON if each else {"Code": "None"} for each in full]
        codes = ", ".join(reason["Code"] for reason in reasons)
        message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
        more = {"CancellationReasons": reasons}
        return self._dynamodb.error_response_json("TransactionCanceledException", message, 400, extra=more)

    def _exceeds(self, table: Any, item: Any) -> bool:
        """Return True if an item makes its collection larger than it may be."""
        size: int = self._dynamodb._item_size_bytes(item)
        local = table.get("LocalSecondaryIndexes") or ()
        # No collection is larger than the table with its local indexes: most writes need no look at theirs.
        if not local or self._bytes(table) + size * (1 + len(local)) <= self.limit:
            return False
        old = self._dynamodb._get_item_by_key(table, item)
        growth = self._storage.size_in_collection(table, item) - self._storage.size_in_collection(table, old)
        return growth > 0 and self._storage.collection_size(table, item[table["pk_name"]]) + growth > self.limit

    def _is_held_up(self, member: Any) -> bool:
        """Return True for a Put that a collection has no room for, and an Update in a collection that is full."""
        write = member.get("Put") or member.get("Update")
        table = find_table(self._dynamodb, write["TableName"]) if write else None
        if table is None:
            return False
        if "Item" in write:
            return self._exceeds(table, write["Item"])
        local = table.get("LocalSecondaryIndexes")
        if not local or self._bytes(table) <= self.limit:
            return False
        return self._storage.collection_size(table, write["Key"][table["pk_name"]]) >= self.limit

    def _bytes(self, table: Any) -> int:
        local = table.get("LocalSecondaryIndexes") or ()
        size: int = table["TableSizeBytes"] + sum(index["IndexSizeBytes"] for index in local)
        return size

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
                yield find_table(self._dynamodb, name), written

    def _transact_keys(self, data: Any) -> Iterator[tuple[Any, Any]]:
        """Yield the tables of a TransactWriteItems, each with an item or a key that was written."""
        for member in data["TransactItems"]:
            for name in _WRITES:
                if name in member:
                    write = member[name]
                    yield find_table(self._dynamodb, write["TableName"]), write.get("Item") or write["Key"]

    def _metrics(self, table: Any, value: Mapping[str, Any]) -> dict[str, Any]:
        size = self._storage.collection_size(table, value)
        lower = size // _GIGABYTE
        return {
            "ItemCollectionKey": {table["pk_name"]: dict(value)},
            "SizeEstimateRangeGB": [float(lower), float(lower + 1)],
        }
