"""Tickets. One that is deleted keeps its row for 30 days, and nobody finds it any more."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from service import db
from service.errors import Conflict, NotFound

Ticket = dict[str, Any]

BOARD = "desk"
KEPT = 30 * 24 * 3600
NEXT = {"open": ("pending", "solved"), "pending": ("open", "solved"), "solved": ("open", "closed"), "closed": ()}
HIDDEN = ("board", "deleted_at", "purge_at")


def now() -> str:
    """The time, as tickets have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown(row: Mapping[str, Any]) -> Ticket:
    """What an answer has of a row."""
    ticket = {name: value for name, value in row.items() if name not in HIDDEN}
    ticket["assignees"] = sorted(row.get("assignees", ()))
    return ticket


def find(status: str | None, assignee: str | None, sort: str) -> list[Ticket]:
    """The tickets with a status and an assignee, in an order."""
    rows: list[Any] = []
    start: dict[str, Any] = {}
    while True:
        page = db.tickets.query(IndexName="byBoard", KeyConditionExpression=Key("board").eq(BOARD), **start)
        rows += page["Items"]
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    found = [shown(row) for row in rows if "deleted_at" not in row]
    if status is not None:
        found = [ticket for ticket in found if ticket["status"] == status]
    if assignee is not None:
        found = [ticket for ticket in found if assignee in ticket["assignees"]]
    return sorted(found, key=lambda ticket: (ticket[sort.lstrip("-")], ticket["id"]), reverse=sort.startswith("-"))


def create(content: Mapping[str, Any]) -> Ticket:
    """Add a ticket under the next number."""
    counted = db.counters.update_item(
        Key={"name": "tickets"},
        UpdateExpression="ADD #value :one",
        ExpressionAttributeNames={"#value": "value"},
        ExpressionAttributeValues={":one": 1},
        ReturnValues="UPDATED_NEW",
    )
    at = now()
    row = {
        "id": counted["Attributes"]["value"],
        "board": BOARD,
        "title": content["title"],
        "body": content.get("body", ""),
        "priority": content.get("priority", 3),
        "labels": content.get("labels", []),
        "due": content.get("due"),
        "status": "open",
        "comment_count": 0,
        "created_at": at,
        "updated_at": at,
    }
    db.tickets.put_item(Item=row, ConditionExpression=Attr("id").not_exists())
    return shown(row)


def get(number: int) -> Ticket:
    """A ticket as it is now. Raises NotFound."""
    row = db.tickets.get_item(Key={"id": number}, ConsistentRead=True).get("Item")
    if row is None or "deleted_at" in row:
        raise NotFound(f"There is no ticket {number}.")
    return shown(row)


def update(number: int, change: Mapping[str, Any]) -> Ticket:
    """Change some of a ticket. Raises NotFound."""
    names = {f"#{name}": name for name in change}
    values = {f":{name}": value for name, value in change.items()}
    sets = ", ".join(f"#{name} = :{name}" for name in change)
    return _change(number, f"SET {sets}, updated_at = :at", names, {**values, ":at": now()})


def delete(number: int) -> None:
    """Hide a ticket. Raises NotFound."""
    at = now()
    try:
        _change(number, "SET deleted_at = :at, purge_at = :purge", {}, {":at": at, ":purge": int(time.time()) + KEPT})
    except NotFound:
        # The SDK may have sent it a second time.
        row = db.tickets.get_item(Key={"id": number}, ConsistentRead=True).get("Item", {})
        if row.get("deleted_at") != at:
            raise


def transition(number: int, to: str) -> Ticket:
    """Move a ticket to a status. Raises NotFound, and Conflict for one that does not follow its own."""
    here = get(number)["status"]
    if to not in NEXT[here]:
        raise Conflict(f"A ticket can't go from {here} to {to}.")
    try:
        return _change(
            number,
            "SET #status = :to, updated_at = :at",
            {"#status": "status"},
            {":to": to, ":at": now()},
            Attr("status").eq(here),
        )
    except NotFound:
        get(number)
        raise Conflict("Somebody else moved the ticket.") from None


def close(number: int) -> str:
    """Close a ticket; the result says whether there was one."""
    try:
        if get(number)["status"] != "closed":
            _change(
                number, "SET #status = :to, updated_at = :at", {"#status": "status"}, {":to": "closed", ":at": now()}
            )
    except NotFound:
        return "not_found"
    return "closed"


def assign(number: int, user: str) -> None:
    """Add an assignee. Raises NotFound."""
    _change(number, "ADD assignees :user SET updated_at = :at", {}, {":user": {user}, ":at": now()})


def unassign(number: int, user: str) -> None:
    """Remove an assignee. Raises NotFound."""
    _change(number, "DELETE assignees :user SET updated_at = :at", {}, {":user": {user}, ":at": now()})


def counting(number: int, by: int) -> dict[str, Any]:
    """The write that counts the comments of a ticket, if it is there."""
    return {
        "Update": {
            "TableName": db.tickets.name,
            "Key": db.row({"id": number}),
            "UpdateExpression": "ADD comment_count :by",
            "ConditionExpression": "attribute_exists(id) AND attribute_not_exists(deleted_at)",
            "ExpressionAttributeValues": db.row({":by": by}),
        }
    }


def _change(
    number: int, expression: str, names: Mapping[str, str], values: Mapping[str, Any], condition: Any = None
) -> Ticket:
    here = Attr("id").exists() & Attr("deleted_at").not_exists()
    given = {"ExpressionAttributeNames": names} if names else {}
    try:
        changed = db.tickets.update_item(
            Key={"id": number},
            UpdateExpression=expression,
            ConditionExpression=here & condition if condition else here,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
            **given,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            raise NotFound(f"There is no ticket {number}.") from None
        raise
    return shown(changed["Attributes"])
