"""Provisioned throughput that is held: what a table or a global index has no capacity for is refused.

A bucket of units fills by what is provisioned, up to what 300 seconds leave unused, and a request is let through while
there are any. The decision comes before the journal, so that what is refused is never replayed. A transaction is
cancelled with its reasons; of a batch, the parts that there is capacity for are carried out.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .service import JSON_TYPE, DynamoDBResponse, error_response, with_checksum
from .table_access import Call, TableAccess, TableAccesses

_BURST = 300.0
_TRANSACTIONS = frozenset(("TransactGetItems", "TransactWriteItems", "ExecuteTransaction"))
_EXCEEDED = "ProvisionedThroughputExceededException"
_MESSAGE = (
    "The level of configured provisioned throughput for {} was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API."
)
# What a part of a transaction or of a batch of statements has in place of the exception.
_CODE = "ProvisionedThroughputExceeded"
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

    @property
    def message(self) -> str:
        """Return AWS's words for that."""
        return _MESSAGE.format("one or more global secondary indexes of the table" if self.index else "the table")


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

    def __init__(
        self, call: Call, find_table: Callable[[Any], Any], accesses: TableAccesses, clock: Callable[[], float]
    ) -> None:
        self._call = call
        self._find_table = find_table
        self._accesses = accesses
        self._clock = clock
        self._buckets: dict[tuple[str, ThroughputHolder], UnitBucket] = {}

    def call(self, action: str, body: bytes) -> DynamoDBResponse:
        """Carry out a request, or refuse it. A batch is carried out for the parts that there is capacity for."""
        data, uses = self._accesses.read(action, body)
        exceeded = [self._find_exceeded(use) if use is not None else None for use in uses]
        if not uses:
            return self._call(action, body)
        if not any(exceeded):
            return self._carry_out(action, data, uses)
        if action in _TRANSACTIONS:
            return _cancel(exceeded)
        if action == "BatchExecuteStatement":
            return self._carry_out_statements(data, uses, exceeded)
        if not action.startswith("Batch") or all(exceeded):
            return self._refuse(next(filter(None, exceeded)))
        return self._carry_out_tables(action, data, uses, exceeded)

    def _find_exceeded(self, use: TableAccess) -> ThroughputHolder | None:
        """Return what has no units left among all that a part of a request uses."""
        table = self._find_table(use.table)
        if table is None:
            return None
        for resource in _resources(table, use):
            rate = _rate(table, resource)
            if rate and self._bucket(table, resource, rate).fill(rate, self._clock()) <= 0:
                return resource
        return None

    def _bucket(self, table: Any, resource: ThroughputHolder, rate: float) -> UnitBucket:
        # A table that was made again has a bucket of its own, with the units of its first second.
        return self._buckets.setdefault((table["TableId"], resource), UnitBucket(rate, self._clock()))

    def _refuse(self, resource: ThroughputHolder) -> DynamoDBResponse:
        table = self._find_table(resource.table)
        arn = f"{table['TableArn']}/index/{resource.index}" if resource.index else table["TableArn"]
        answer = error_response(400, _EXCEEDED, resource.message)
        reasons = {"ThrottlingReasons": [{"reason": resource.reason, "resource": arn}]}
        return answer.with_body(json.dumps({**json.loads(answer.body), **reasons}).encode())

    def _carry_out_tables(
        self,
        action: str,
        data: Any,
        uses: Sequence[TableAccess | None],
        exceeded: Sequence[ThroughputHolder | None],
    ) -> DynamoDBResponse:
        """Carry out a batch for the tables that have capacity."""
        asked = data["RequestItems"]
        left = {name: asked[name] for name, holder in zip(asked, exceeded, strict=True) if holder is not None}
        rest = {name: part for name, part in asked.items() if name not in left}
        answer = self._carry_out(action, {**data, "RequestItems": rest}, uses)
        if answer.status != 200:
            return answer
        result = json.loads(answer.body)
        member = "UnprocessedItems" if action == "BatchWriteItem" else "UnprocessedKeys"
        result[member] = {**(result.get(member) or {}), **left}
        return with_checksum(answer.with_body(json.dumps(result).encode()))

    def _carry_out_statements(
        self, data: Any, uses: Sequence[TableAccess | None], exceeded: Sequence[ThroughputHolder | None]
    ) -> DynamoDBResponse:
        """Carry out the statements that there is capacity for; each of the others has an error."""
        rest = [each for each, holder in zip(data["Statements"], exceeded, strict=True) if holder is None]
        answer = with_checksum(DynamoDBResponse(200, {"content-type": JSON_TYPE}, b'{"Responses": []}'))
        if rest:
            answer = self._carry_out("BatchExecuteStatement", {**data, "Statements": rest}, uses)
        if answer.status != 200:
            return answer
        result = json.loads(answer.body)
        carried_out = iter(result["Responses"])
        result["Responses"] = [
            next(carried_out) if holder is None else {"Error": {"Code": _CODE, "Message": holder.message}}
            for holder in exceeded
        ]
        return with_checksum(answer.with_body(json.dumps(result).encode()))

    def _carry_out(self, action: str, data: Any, uses: Sequence[TableAccess | None]) -> DynamoDBResponse:
        """Carry out a request, take what it used, and show the capacity that it asked for."""
        asked = data.get("ReturnConsumedCapacity")
        answer = self._call(action, json.dumps({**data, "ReturnConsumedCapacity": "INDEXES"}).encode())
        if answer.status != 200:
            return answer
        result = json.loads(answer.body)
        kind = next((use.kind for use in uses if use is not None), "Read")
        consumed = result.get("ConsumedCapacity") or []
        for each in consumed if isinstance(consumed, list) else [consumed]:
            self._spend(kind, each)
            if asked == "TOTAL":
                for name in _DETAILS:
                    each.pop(name, None)
        if asked not in ("TOTAL", "INDEXES"):
            result.pop("ConsumedCapacity", None)
        return with_checksum(answer.with_body(json.dumps(result).encode()))

    def _spend(self, kind: str, consumed: Mapping[str, Any]) -> None:
        table = self._find_table(consumed["TableName"])
        if table is None:
            return
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


def _cancel(exceeded: Sequence[ThroughputHolder | None]) -> DynamoDBResponse:
    """Return the answer to a transaction whose parts have no capacity where ``exceeded`` names what lacks it."""
    reasons = [{"Code": "None"} if each is None else {"Code": _CODE, "Message": each.message} for each in exceeded]
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    answer = error_response(400, "TransactionCanceledException", message)
    return answer.with_body(json.dumps({**json.loads(answer.body), "CancellationReasons": reasons}).encode())


def _resources(table: Any, use: TableAccess) -> Iterator[ThroughputHolder]:
    """Yield what is used: a read of a global index is that of the index, a write is of all of them."""
    name = table["TableName"]
    indexes = [index["IndexName"] for index in table.get("GlobalSecondaryIndexes") or ()]
    if use.index in indexes:
        yield ThroughputHolder(name, use.index, use.kind)
        return
    yield ThroughputHolder(name, "", use.kind)
    if use.kind == "Write":
        yield from (ThroughputHolder(name, index, use.kind) for index in indexes)


def _rate(table: Any, resource: ThroughputHolder) -> float:
    """Return the units a second that a resource is provisioned with, 0 for a table that is billed by request."""
    if (table.get("BillingModeSummary") or {}).get("BillingMode") == "PAY_PER_REQUEST":
        return 0.0
    holder = table
    for index in table.get("GlobalSecondaryIndexes") or ():
        if index["IndexName"] == resource.index:
            holder = index
    return float((holder.get("ProvisionedThroughput") or {}).get(f"{resource.kind}CapacityUnits") or 0)
