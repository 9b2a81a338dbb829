"""True capacity units: ministack bills each read like one small item, and batches not at all.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

import json
import zlib
from typing import Any

# Bytes that a strongly consistent read unit reads.
_READ_UNIT = 4096


class Capacity:
    """True ConsumedCapacity for ``dynamodb``, ministack's module, whose functions it replaces."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._read = 0
        self._fetched: list[int] = []
        self._project = dynamodb._apply_index_projection
        self._page, dynamodb._paginate_evaluated_items = dynamodb._paginate_evaluated_items, self.page
        self._bill, dynamodb._add_consumed_capacity = dynamodb._add_consumed_capacity, self.bill
        self._batch, dynamodb._batch_get_item = dynamodb._batch_get_item, self.batch
        self._get_all, dynamodb._transact_get_items = dynamodb._transact_get_items, self.transact_get
        self._write_all, dynamodb._transact_write_items = dynamodb._transact_write_items, self.transact_write

    def page(self, items: Any, limit: Any, table: Any, index_name: Any = None) -> Any:
        """Make a page of items, and note the size of all that were read: filtered ones cost as well."""
        found, more = self._page(items, limit, table, index_name)
        size = self._dynamodb._item_size_bytes
        entries = [self._project(item, table, index_name) for item in found] if index_name else found
        self._read = sum(map(size, entries))
        # A local index whose entries lack an attribute reads the item of each from the table.
        shown = self._dynamodb._apply_index_projection
        pairs = zip(found, entries, strict=True) if index_name else ()
        self._fetched = [
            size(item) for item, entry in pairs if entry is not item and shown(item, table, index_name) is item
        ]
        return found, more

    def bill(self, result: Any, data: Any, table_name: str, write: bool = False, **changed: Any) -> None:
        """Add the consumed capacity to a result."""
        asked = data.get("ReturnConsumedCapacity", "NONE")
        if asked == "NONE":
            return
        if write:
            self._bill(result, data, table_name, write=True, **changed)
            return
        consistent = data.get("ConsistentRead")
        size = self._item_size(table_name, data["Key"]) if "Key" in data else self._read
        units = _units(size, consistent)
        fetched = 0.0 if "Key" in data else sum(_units(each, consistent) for each in self._fetched)
        if asked == "TOTAL":
            result["ConsumedCapacity"] = {"TableName": table_name, "CapacityUnits": units + fetched}
            return
        self._bill(result, data, table_name, **changed)
        consumed = result["ConsumedCapacity"]
        consumed["CapacityUnits"] = units + fetched
        entries = [consumed.get("Table"), *consumed.get("GlobalSecondaryIndexes", {}).values()]
        for entry in [*entries, *consumed.get("LocalSecondaryIndexes", {}).values()]:
            if entry is not None and entry["CapacityUnits"]:
                entry["CapacityUnits"] = units
        if fetched:
            consumed["Table"]["CapacityUnits"] = fetched

    def batch(self, data: Any) -> Any:
        """Carry out a BatchGetItem request."""
        status, headers, body = self._batch(_in_no_order(data))
        asked = data.get("ReturnConsumedCapacity", "NONE")
        if status != 200 or asked == "NONE":
            return status, headers, body
        result = json.loads(body)
        result["ConsumedCapacity"] = [
            self._of_batch(name, config, asked) for name, config in data["RequestItems"].items()
        ]
        return self._dynamodb.json_response(result)

    def transact_get(self, data: Any) -> Any:
        """Carry out a TransactGetItems: each item costs two units for each 4 KB of it, and no index is read."""
        answer = self._get_all(data)
        asked = data.get("ReturnConsumedCapacity", "NONE")
        if answer[0] != 200 or asked == "NONE":
            return answer
        units: dict[str, float] = {}
        for member in data["TransactItems"]:
            name = member["Get"]["TableName"]
            size = self._item_size(self._dynamodb._normalize_table_name(name), member["Get"]["Key"])
            units[name] = units.get(name, 0.0) + 2 * _units(size, True)
        result = json.loads(answer[2])
        result["ConsumedCapacity"] = [_of_transaction(name, "Read", used, asked) for name, used in units.items()]
        return self._dynamodb.json_response(result)

    def transact_write(self, data: Any) -> Any:
        """Carry out a TransactWriteItems, and say what the tables have of its cost beside their indexes."""
        answer = self._write_all(data)
        if answer[0] != 200 or data.get("ReturnConsumedCapacity") != "INDEXES":
            return answer
        result = json.loads(answer[2])
        for consumed in result.get("ConsumedCapacity", ()):
            kind = "Write" if "WriteCapacityUnits" in consumed else "Read"
            used = consumed[f"{kind}CapacityUnits"]
            consumed["Table"] = {"CapacityUnits": used, f"{kind}CapacityUnits": used}
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


def _in_no_order(data: Any) -> Any:
    """Return a BatchGetItem request whose keys are in another order, always the same one.

    "DynamoDB does not return items in any particular order": a function that relies on the order of its keys fails
    here as it does on AWS. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
    """
    requested = data.get("RequestItems") if isinstance(data, dict) else None
    if not isinstance(requested, dict) or not all(
        isinstance(config, dict) and isinstance(config.get("Keys"), list) for config in requested.values()
    ):
        return data
    ordered = {
        name: {**config, "Keys": sorted(config["Keys"], key=lambda key: zlib.crc32(json.dumps(key).encode()))}
        for name, config in requested.items()
    }
    return {**data, "RequestItems": ordered}


def _of_transaction(name: str, kind: str, units: float, asked: str) -> dict[str, Any]:
    used = {"CapacityUnits": units, f"{kind}CapacityUnits": units}
    return {"TableName": name, **used, **({"Table": dict(used)} if asked == "INDEXES" else {})}


def _units(size: int, consistent: Any) -> float:
    return max(-(-size // _READ_UNIT), 1) * (1.0 if consistent is True else 0.5)
