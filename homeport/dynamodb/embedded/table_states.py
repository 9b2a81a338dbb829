"""Tables and indexes that are on their way for a while: CREATING, UPDATING and DELETING.

The engine makes, changes and removes a table in the request itself. Here responses report it as on its way for some
seconds after that, and requests that come meanwhile are refused as DynamoDB does: no item is read or written in a table
that is being created or deleted, no index is read while it is filled, and no second change is begun. A restart ends
every state at once.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .service import DynamoDBResponse, error_response, with_checksum
from .table_access import Call, TableAccesses

# The actions that change a table, the state that the table is in after each, and the member of the answer that has it.
_CHANGES = {
    **dict.fromkeys(("CreateTable", "RestoreTableFromBackup", "RestoreTableToPointInTime"), "CREATING"),
    **{"UpdateTable": "UPDATING", "DeleteTable": "DELETING"},
}
_SETTINGS = frozenset(("UpdateTimeToLive", "TagResource", "UntagResource"))
_IN_USE = "Attempt to change a resource which is still in use: Table is being {}: {}"
_WORDS = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}
_PAGE = 100


@dataclass(frozen=True, slots=True)
class TableChange:
    """A change that a table is in until a time, in seconds since the epoch.

    ``created`` are the indexes that are being filled, ``deleted`` the descriptions of those that are on their way out,
    and ``description`` is that of a table that is gone from the engine already.
    """

    status: str
    until: float
    created: frozenset[str] = frozenset()
    deleted: tuple[Mapping[str, Any], ...] = ()
    description: Mapping[str, Any] | None = None

    def apply_to(self, description: Mapping[str, Any]) -> dict[str, Any]:
        """Return the description of a table in this state."""
        whole = self.status in ("CREATING", "DELETING")
        shown = {**description, "TableStatus": self.status}
        indexes = [self._with_status(index, whole) for index in description.get("GlobalSecondaryIndexes") or ()]
        indexes += [{**index, "IndexStatus": "DELETING"} for index in self.deleted]
        return {**shown, "GlobalSecondaryIndexes": indexes} if indexes else shown

    def _with_status(self, index: Mapping[str, Any], whole: bool) -> Mapping[str, Any]:
        if whole:
            return {**index, "IndexStatus": self.status}
        if index["IndexName"] in self.created:
            return {**index, "IndexStatus": "CREATING", "Backfilling": True}
        return index


class TableStates:
    """The requests of the DynamoDB API, of which ``call`` carries out those that the states of tables allow.

    A state lasts for ``seconds`` by ``clock``.
    """

    def __init__(self, call: Call, accesses: TableAccesses, seconds: float, clock: Callable[[], float]) -> None:
        self._call = call
        self._accesses = accesses
        self._seconds = seconds
        self._clock = clock
        self._changes: dict[str, TableChange] = {}

    def call(self, action: str, body: bytes) -> DynamoDBResponse:
        """Carry out a request, or refuse it."""
        now = self._clock()
        self._changes = {name: change for name, change in self._changes.items() if now < change.until}
        rejection = self._refuse_access(action, body)
        if rejection is not None:
            return rejection
        try:
            data = json.loads(body)
            if action in _CHANGES:
                return self._change(action, data, body)
            if action == "DescribeTable":
                return self._describe(data, body)
            if action == "ListTables":
                return self._list(data)
            change = self._of(data.get("TableName") or data.get("ResourceArn")) if action in _SETTINGS else None
        except (ValueError, TypeError, AttributeError, KeyError):
            return self._call(action, body)
        return self._call(action, body) if change is None else _refuse_change(*change)

    def _of(self, name: Any) -> tuple[str, TableChange] | None:
        """Return a table that is in a state, by its name or its ARN, and that; None for any other."""
        plain = name.partition(":table/")[2].partition("/")[0] if str(name).startswith("arn:") else name
        return (plain, self._changes[plain]) if plain in self._changes else None

    def _refuse_access(self, action: str, body: bytes) -> DynamoDBResponse | None:
        for access in self._accesses.read(action, body)[1]:
            found = self._of(access.table) if access is not None else None
            if access is None or found is None:
                continue
            change = found[1]
            if change.status != "UPDATING":
                return error_response(400, "ResourceNotFoundException", "Requested resource not found")
            if access.index in change.created:
                message = f"Cannot read from backfilling global secondary index: {access.index}"
                return error_response(400, "ValidationException", message)
            if any(access.index == index["IndexName"] for index in change.deleted):
                message = f"The table does not have the specified index: {access.index}"
                return error_response(400, "ValidationException", message)
        return None

    def _change(self, action: str, data: Any, body: bytes) -> DynamoDBResponse:
        name = data.get("TargetTableName") or data.get("TableName")
        found = self._of(name)
        status = _CHANGES[action]
        # That there is a table of this name is the engine's to say.
        if found is not None and (status != "CREATING" or found[1].status == "DELETING"):
            return _refuse_change(*found)
        before = self._description(name) if action == "UpdateTable" else None
        answer = self._call(action, body)
        if answer.status != 200:
            return answer
        result = json.loads(answer.body)
        description = result["TableDescription"]
        change = TableChange(
            status,
            self._clock() + self._seconds,
            created=frozenset(_created_indexes(data)),
            deleted=tuple(_deleted_indexes(data, before)),
            description=description if status == "DELETING" else None,
        )
        self._changes[description["TableName"]] = change
        return _answer(answer, {**result, "TableDescription": change.apply_to(description)})

    def _description(self, name: Any) -> Any:
        answer = self._call("DescribeTable", json.dumps({"TableName": name}).encode())
        return json.loads(answer.body)["Table"] if answer.status == 200 else None

    def _describe(self, data: Any, body: bytes) -> DynamoDBResponse:
        found = self._of(data["TableName"])
        answer = self._call("DescribeTable", body)
        if found is None:
            return answer
        _, change = found
        if change.description is not None:
            plain = DynamoDBResponse(200, {"content-type": answer.headers["content-type"]}, b"")
            return _answer(plain, {"Table": change.apply_to(change.description)})
        if answer.status != 200:
            return answer
        return _answer(answer, {"Table": change.apply_to(json.loads(answer.body)["Table"])})

    def _list(self, data: Any) -> DynamoDBResponse:
        """List the tables, those that are being deleted too."""
        answer = self._call("ListTables", json.dumps(data).encode())
        leaving = [name for name, change in self._changes.items() if change.description is not None]
        if answer.status != 200 or not leaving:
            return answer
        page = json.loads(answer.body)
        first, last = data.get("ExclusiveStartTableName") or "", page.get("LastEvaluatedTableName")
        between = [name for name in leaving if name > first and (last is None or name < last)]
        names = sorted({*page["TableNames"], *between})
        kept = names[: data.get("Limit") or _PAGE]
        more = {"LastEvaluatedTableName": kept[-1]} if len(kept) < len(names) or last is not None else {}
        return _answer(answer, {"TableNames": kept, **more})


def _refuse_change(name: str, change: TableChange) -> DynamoDBResponse:
    return error_response(400, "ResourceInUseException", _IN_USE.format(_WORDS[change.status], name))


def _answer(answer: DynamoDBResponse, result: Mapping[str, Any]) -> DynamoDBResponse:
    return with_checksum(answer.with_body(json.dumps(result).encode()))


def _created_indexes(data: Any) -> Iterator[str]:
    for change in data.get("GlobalSecondaryIndexUpdates") or ():
        if "Create" in change:
            yield change["Create"]["IndexName"]


def _deleted_indexes(data: Any, before: Any) -> Iterator[Mapping[str, Any]]:
    names = [
        change["Delete"]["IndexName"] for change in data.get("GlobalSecondaryIndexUpdates") or () if "Delete" in change
    ]
    for index in (before or {}).get("GlobalSecondaryIndexes") or ():
        if index["IndexName"] in names:
            yield index
