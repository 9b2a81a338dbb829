"""The capacity of the PartiQL statements of a batch or of a transaction, by what they have read and written.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_READ_UNIT = 4096
# A write that its condition or an item with its key held up is charged as well.
CHARGED_ERRORS = ("ConditionalCheckFailedException", "DuplicateItemException")
_INDEXES = {"gsi": "GlobalSecondaryIndexes", "lsi": "LocalSecondaryIndexes"}


class _Cost(NamedTuple):
    """The use of a table by a statement: the units of a write, or the bytes that it read."""

    table: str
    units: Mapping[str, Any]
    size: int = 0


class StatementCosts:
    """The costs of the statements that ran, in their order, by the functions of ``dynamodb``, ministack's module."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._costs: list[_Cost] = []

    def clear(self) -> None:
        """Forget the statements of the request before."""
        self._costs = []

    def note_write(self, table: Any, before: Any, after: Any) -> None:
        """Note a write of an item, None for none."""
        units: dict[str, Any] = {"table": 0.0, "gsi": {}, "lsi": {}}
        self._dynamodb._accumulate_write_capacity(units, table, before, after)
        self._costs.append(_Cost(table["TableName"], units))

    def note_read(self, table: Any, size: int) -> None:
        """Note a read of ``size`` bytes."""
        self._costs.append(_Cost(table["TableName"], {}, size))

    def of_batch(self, statements: Sequence[Mapping[str, Any]], asked: str) -> list[dict[str, Any]]:
        """Return the ConsumedCapacity of a batch, in which ``statements`` are those that ran."""
        used: dict[str, dict[str, Any]] = {}
        for statement, cost in zip(statements, self._costs, strict=True):
            share = 1.0 if statement.get("ConsistentRead") is True else 0.5
            units = cost.units or {"table": _read_units(cost.size) * share}
            table = used.setdefault(cost.table, {"table": 0.0, "gsi": {}, "lsi": {}})
            table["table"] += units["table"]
            for kind in _INDEXES:
                for name, each in units.get(kind, {}).items():
                    table[kind][name] = table[kind].get(name, 0.0) + each
        return [_consumed_capacity(name, units, asked) for name, units in used.items()]

    def of_reading_transaction(self) -> list[dict[str, Any]]:
        """Return the ConsumedCapacity of a transaction that reads, [] for one that writes: no transaction does both."""
        used: dict[str, float] = {}
        for cost in self._costs:
            if not cost.units:
                used[cost.table] = used.get(cost.table, 0.0) + 2.0 * _read_units(cost.size)
        return [{"TableName": name, "CapacityUnits": units, "ReadCapacityUnits": units} for name, units in used.items()]


def _read_units(size: int) -> int:
    return max(-(-size // _READ_UNIT), 1)


def _consumed_capacity(name: str, units: Mapping[str, Any], asked: str) -> dict[str, Any]:
    total = units["table"] + sum(sum(units[kind].values()) for kind in _INDEXES)
    consumed: dict[str, Any] = {"TableName": name, "CapacityUnits": total}
    if asked == "INDEXES":
        consumed["Table"] = {"CapacityUnits": units["table"]}
        for kind, member in _INDEXES.items():
            if units[kind]:
                consumed[member] = {index: {"CapacityUnits": each} for index, each in units[kind].items()}
    return consumed
