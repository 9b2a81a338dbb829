"""Comments of tickets."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.conditions import Key

from service import db, tickets
from service.errors import NotFound

Comment = dict[str, Any]


def page(ticket_id: int, limit: int, after: str | None) -> tuple[list[Comment], str | None]:
    """Comments of a ticket from the oldest on, and where to go on."""
    start = {"ExclusiveStartKey": {"ticket_id": ticket_id, "comment_id": after}} if after else {}
    answer = db.comments.query(
        KeyConditionExpression=Key("ticket_id").eq(ticket_id), Limit=limit, ConsistentRead=True, **start
    )
    return answer["Items"], answer.get("LastEvaluatedKey", {}).get("comment_id")


def add(ticket_id: int, content: Mapping[str, Any]) -> Comment:
    """Add a comment and count it. Raises NotFound."""
    comment = {
        "ticket_id": ticket_id,
        "comment_id": f"{time.time_ns():016x}-{uuid.uuid4().hex[:8]}",
        "author": content["author"],
        "text": content["text"],
        "internal": content.get("internal", False),
        "created_at": tickets.now(),
    }
    try:
        db.transact(
            {"Put": {"TableName": db.comments.name, "Item": db.row(comment)}},
            tickets.counting(ticket_id, 1),
        )
    except db.ConditionFailed:
        raise NotFound(f"There is no ticket {ticket_id}.") from None
    return comment


def get(ticket_id: int, comment_id: str) -> Comment:
    """A comment. Raises NotFound."""
    comment = db.comments.get_item(Key={"ticket_id": ticket_id, "comment_id": comment_id}, ConsistentRead=True).get(
        "Item"
    )
    if comment is None:
        raise NotFound("There is no such comment.")
    return comment


def delete(ticket_id: int, comment_id: str) -> None:
    """Remove a comment and count it down. Raises NotFound."""
    key = db.row({"ticket_id": ticket_id, "comment_id": comment_id})
    try:
        db.transact(
            {
                "Delete": {
                    "TableName": db.comments.name,
                    "Key": key,
                    "ConditionExpression": "attribute_exists(comment_id)",
                }
            },
            tickets.counting(ticket_id, -1),
        )
    except db.ConditionFailed:
        raise NotFound("There is no such comment.") from None
