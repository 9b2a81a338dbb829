"""What reads cost on AWS: ministack bills each of them like one small item, and batches not at all.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

import json
from typing import Any

_UNIT = 4096
"""Bytes that a strongly consistent read unit reads."""


class Capacity:
    """True ConsumedCapacity for ``dynamodb``, ministack's module: its functions are replaced by those here."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._read = 0
        self._page, dynamodb._paginate_evaluated_items = dynamodb._paginate_evaluated_items, self.page
        self._bill, dynamodb._add_consumed_capacity = dynamodb._add_consumed_capacity, self.bill
        self._batch, dynamodb._batch_get_item = dynamodb._batch_get_item, self.batch

    def page(self, items: Any, limit: Any, table: Any, index_name: Any = None) -> Any:
        """One page of items that were read, filtered or not: it is those that cost."""
        found, more = self._page(items, limit, table, index_name)
        project = self._dynamodb._apply_index_projection
        entries = (project(item, table, index_name) if index_name else item for item in found)
        self._read = sum(map(self._dynamodb._item_size_bytes, entries))
        return found, more

    def bill(self, result: Any, data: Any, table_name: str, write: bool = False, **changed: Any) -> None:
        """Add to a result what its request consumed."""
        asked = data.get("ReturnConsumedCapacity", "NONE")
        if asked == "NONE":
            return
        if write:
            self._bill(result, data, table_name, write=True, **changed)
            return
        size = self._item_size(table_name, data["Key"]) if "Key" in data else self._read
        units = _units(size, data.get("ConsistentRead"))
        if asked == "TOTAL":
            result["ConsumedCapacity"] = {"TableName": table_name, "CapacityUnits": units}
            return
        self._bill(result, data, table_name, **changed)
        consumed = result["ConsumedCapacity"]
        consumed["CapacityUnits"] = units
        places = [consumed.get("Table"), *consumed.get("GlobalSecondaryIndexes", {}).values()]
        for place in [*places, *consumed.get("LocalSecondaryIndexes", {}).values()]:
            if place is not None and place["CapacityUnits"]:
                place["CapacityUnits"] = units

    def batch(self, data: Any) -> Any:
        """Do a BatchGetItem request."""
        status, headers, body = self._batch(data)
        asked = data.get("ReturnConsumedCapacity", "NONE")
        if status != 200 or asked == "NONE":
            return status, headers, body
        result = json.loads(body)
        result["ConsumedCapacity"] = [
            self._of_batch(name, config, asked) for name, config in data["RequestItems"].items()
        ]
        return self._dynamodb.json_response(result)

    def _of_batch(self, name: str, config: Any, asked: str) -> dict[str, Any]:
        table = self._dynamodb._normalize_table_name(name)
        consistent = config.get("ConsistentRead")
        units = sum(_units(self._item_size(table, key), consistent) for key in config["Keys"])
        consumed: dict[str, Any] = {"TableName": table, "CapacityUnits": units}
        return {**consumed, "Table": {"CapacityUnits": units}} if asked == "INDEXES" else consumed

    def _item_size(self, table_name: str, key: Any) -> int:
        item = self._dynamodb._get_item_by_key(self._dynamodb._tables.get(table_name), key)
        size: int = self._dynamodb._item_size_bytes(item) if item else 0
        return size


def _units(size: int, consistent: Any) -> float:
    return max(-(-size // _UNIT), 1) * (1.0 if consistent is True else 0.5)
