"""The tables and indexes that a request for items reads or writes, one entry for each part of the request."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .service import DynamoDBResponse
from .statement_target import StatementTarget

Call = Callable[[str, bytes], DynamoDBResponse]
"""A function that carries out a request of the DynamoDB API, by its action and its body."""

_READS = frozenset(("GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"))
_WRITES = frozenset(("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"))
# The member of a request that has its statements.
_STATEMENTS = {"BatchExecuteStatement": "Statements", "ExecuteTransaction": "TransactStatements"}
_ACTIONS = _READS | _WRITES | _STATEMENTS.keys() | {"ExecuteStatement"}


@dataclass(frozen=True, slots=True)
class TableAccess:
    """An access to a table, whose name may be its ARN. ``index`` is the index that is read, "" for none.

    ``kind`` is ``Read`` or ``Write``.
    """

    table: str
    index: str
    kind: str


class TableAccesses:
    """The accesses of requests. ``target`` returns that of a PartiQL statement, None for one that is not valid."""

    def __init__(self, target: Callable[[Mapping[str, Any]], StatementTarget | None]) -> None:
        self._target = target

    def read(self, action: str, body: bytes) -> tuple[Any, list[TableAccess | None]]:
        """Return a request and the access of each of its parts: a table of a batch, a member of a transaction, a
        statement. There are none of a request about something else, or of one that is not valid."""
        if action not in _ACTIONS:
            return None, []
        try:
            data = json.loads(body)
            return data, self._accesses(action, data)
        except (ValueError, TypeError, AttributeError, KeyError):
            return None, []

    def _accesses(self, action: str, data: Any) -> list[TableAccess | None]:
        if action == "ExecuteStatement":
            return [self._of_statement(data)]
        if action in _STATEMENTS:
            return [self._of_statement(each) for each in data[_STATEMENTS[action]]]
        kind = "Write" if action in _WRITES else "Read"
        if "RequestItems" in data:
            return [TableAccess(name, "", kind) for name in data["RequestItems"]]
        if "TransactItems" in data:
            operations = (operation for member in data["TransactItems"] for operation in member.values())
            return [TableAccess(operation["TableName"], "", kind) for operation in operations]
        return [TableAccess(data["TableName"], data.get("IndexName") or "", kind)]

    def _of_statement(self, statement: Mapping[str, Any]) -> TableAccess | None:
        target = self._target(statement)
        return None if target is None else TableAccess(target.table, target.index, "Read" if target.reads else "Write")
