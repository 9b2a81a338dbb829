"""Provisioned throughput that is held: what a table or a global index has no capacity for is refused.

A bucket of units fills by what is provisioned, up to what 300 seconds leave unused, and a request is let through while
there are any. The decision comes before the journal, so that what is refused is never replayed.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .service import DynamoDBResponse, error_response, with_checksum

Call = Callable[[str, bytes], DynamoDBResponse]

_BURST = 300.0
_READS = frozenset(("GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"))
_WRITES = frozenset(("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"))
_EXCEEDED = "ProvisionedThroughputExceededException"
_MESSAGE = (
    "The level of configured provisioned throughput for {} was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API."
)
_DETAILS = ("Table", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")


@dataclass(frozen=True, slots=True)
class ThroughputHolder:
    """A table, or a global index of it, whose reads or writes have a capacity."""

    table: str
    index: str
    kind: str

    @property
    def reason(self) -> str:
        """Return AWS's word for what is exceeded."""
        return f"{'Index' if self.index else 'Table'}{self.kind}ProvisionedThroughputExceeded"


@dataclass
class UnitBucket:
    """The units that a resource has at a time, in seconds since the epoch; below 0 it has used more than it had."""

    units: float
    time: float

    def fill(self, rate: float, now: float) -> float:
        """Add what ``rate`` units a second have brought until now, and return the units."""
        self.units = min(self.units + max(0.0, now - self.time) * rate, rate * _BURST)
        self.time = now
        return self.units


class ProvisionedThroughput:
    """The requests of the DynamoDB API, of which ``call`` carries out those that there is capacity for.

    ``find_table`` returns the engine's record of a table by its name or ARN, None for none.
    """

    def __init__(self, call: Call, find_table: Callable[[Any], Any], clock: Callable[[], float]) -> None:
        self._call = call
        self._find_table = find_table
        self._clock = clock
        self._buckets: dict[tuple[str, ThroughputHolder], UnitBucket] = {}

    def call(self, action: str, body: bytes) -> DynamoDBResponse:
        """Carry out a request, or refuse it. A batch is carried out for the tables that have capacity."""
        try:
            data = json.loads(body)
            names = list(_tables_of(data))
        except (ValueError, TypeError, AttributeError, KeyError):
            names = []
        if action not in _READS | _WRITES or not names:
            return self._call(action, body)
        exceeded = {
            name: resource for name in names if (resource := self._find_exceeded(action, name, data)) is not None
        }
        if not exceeded:
            return self._carry_out(action, data, {})
        if not action.startswith("Batch") or len(exceeded) == len(data["RequestItems"]):
            return self._refuse(next(iter(exceeded.values())))
        left = {name: part for name, part in data["RequestItems"].items() if name in exceeded}
        rest = {name: part for name, part in data["RequestItems"].items() if name not in exceeded}
        return self._carry_out(action, {**data, "RequestItems": rest}, left)

    def _find_exceeded(self, action: str, name: str, data: Any) -> ThroughputHolder | None:
        """Return what has no units left among all that a request uses of a table."""
        table = self._find_table(name)
        if table is None:
            return None
        for resource in _resources(action, table, data):
            rate = _rate(table, resource)
            if rate and self._bucket(table, resource, rate).fill(rate, self._clock()) <= 0:
                return resource
        return None

    def _bucket(self, table: Any, resource: ThroughputHolder, rate: float) -> UnitBucket:
        # A table that was made anew has a bucket of its own, with the units of its first second.
        return self._buckets.setdefault((table["TableId"], resource), UnitBucket(rate, self._clock()))

    def _refuse(self, resource: ThroughputHolder) -> DynamoDBResponse:
        table = self._find_table(resource.table)
        arn = f"{table['TableArn']}/index/{resource.index}" if resource.index else table["TableArn"]
        message = _MESSAGE.format(
            "one or more global secondary indexes of the table" if resource.index else "the table"
        )
        answer = error_response(400, _EXCEEDED, message)
        reasons = {"ThrottlingReasons": [{"reason": resource.reason, "resource": arn}]}
        return answer.with_body(json.dumps({**json.loads(answer.body), **reasons}).encode())

    def _carry_out(self, action: str, data: Any, left: Mapping[str, Any]) -> DynamoDBResponse:
        """Carry out a request, take what it used, and show the capacity that it asked for."""
        asked = data.get("ReturnConsumedCapacity")
        answer = self._call(action, json.dumps({**data, "ReturnConsumedCapacity": "INDEXES"}).encode())
        if answer.status != 200:
            return answer
        result = json.loads(answer.body)
        consumed = result.get("ConsumedCapacity") or []
        for each in consumed if isinstance(consumed, list) else [consumed]:
            self._spend(action, each)
            if asked == "TOTAL":
                for name in _DETAILS:
                    each.pop(name, None)
        if asked not in ("TOTAL", "INDEXES"):
            result.pop("ConsumedCapacity", None)
        if left:
            member = "UnprocessedItems" if action == "BatchWriteItem" else "UnprocessedKeys"
            result[member] = {**(result.get(member) or {}), **left}
        return with_checksum(answer.with_body(json.dumps(result).encode()))

    def _spend(self, action: str, consumed: Mapping[str, Any]) -> None:
        table = self._find_table(consumed["TableName"])
        if table is None:
            return
        kind = _kind(action)
        used = {ThroughputHolder(table["TableName"], "", kind): consumed.get("Table", consumed)["CapacityUnits"]}
        for local in (consumed.get("LocalSecondaryIndexes") or {}).values():
            # A local index uses its table's capacity.
            used[ThroughputHolder(table["TableName"], "", kind)] += local["CapacityUnits"]
        for name, index in (consumed.get("GlobalSecondaryIndexes") or {}).items():
            used[ThroughputHolder(table["TableName"], name, kind)] = index["CapacityUnits"]
        for resource, units in used.items():
            rate = _rate(table, resource)
            if rate:
                self._bucket(table, resource, rate).units -= units


def _kind(action: str) -> str:
    return "Write" if action in _WRITES else "Read"


def _tables_of(data: Any) -> Iterable[str]:
    """Return the names of the tables that a request is about."""
    if "RequestItems" in data:
        return list(data["RequestItems"])
    if "TransactItems" in data:
        return [operation["TableName"] for member in data["TransactItems"] for operation in member.values()]
    return [data["TableName"]]


def _resources(action: str, table: Any, data: Any) -> Iterator[ThroughputHolder]:
    """Yield what a request uses: a read of a global index is that of the index, a write is of all of them."""
    kind, name = _kind(action), table["TableName"]
    indexes = [index["IndexName"] for index in table.get("GlobalSecondaryIndexes") or ()]
    if data.get("IndexName") in indexes:
        yield ThroughputHolder(name, data["IndexName"], kind)
        return
    yield ThroughputHolder(name, "", kind)
    if kind == "Write":
        yield from (ThroughputHolder(name, index, kind) for index in indexes)


def _rate(table: Any, resource: ThroughputHolder) -> float:
    """Return the units a second that a resource is provisioned with, 0 for a table that is billed by request."""
    if (table.get("BillingModeSummary") or {}).get("BillingMode") == "PAY_PER_REQUEST":
        return 0.0
    holder = table
    for index in table.get("GlobalSecondaryIndexes") or ():
        if index["IndexName"] == resource.index:
            holder = index
    return float((holder.get("ProvisionedThroughput") or {}).get(f"{resource.kind}CapacityUnits") or 0)
