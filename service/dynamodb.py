"""What the store asks of DynamoDB: the parameters of its calls. Pure.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service.attributes import to_attributes
from service.cursor import Position
from service.idempotency import Receipt
from service.model import Item, timestamp
from service.preconditions import Preconditions

Parameters = dict[str, Any]

_EXISTS = "attribute_exists(#itemId)"


def key(item_id: str) -> Parameters:
    """An item's primary key."""
    return to_attributes({"itemId": item_id})


def put_new(table: str, item: Item) -> Parameters:
    """Add an item whose id is free."""
    return {
        "TableName": table,
        "Item": to_attributes(item),
        "ConditionExpression": "attribute_not_exists(itemId)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def put_receipt(table: str, receipt: Receipt, item: Item) -> Parameters:
    """Keep what a key's first request made, unless there is a receipt that hasn't expired."""
    kept = {"idempotencyKey": receipt.key, "fingerprint": receipt.fingerprint, "item": item}
    return {
        "TableName": table,
        "Item": to_attributes({**kept, "expiresAt": receipt.expires_at}),
        "ConditionExpression": "attribute_not_exists(idempotencyKey) OR expiresAt <= :now",
        "ExpressionAttributeValues": to_attributes({":now": receipt.time}),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def update(
    table: str, item_id: str, properties: Item, now: datetime, preconditions: Preconditions, *, must_exist: bool
) -> Parameters:
    """Set properties of an item and count its version up, unless it was written at this very time."""
    names = ("createdAt", "updatedAt", "version")
    assignments = [f"#{name} = :{name}" for name in properties] + [
        "#createdAt = if_not_exists(#createdAt, :now)",
        "#updatedAt = :now",
        "#version = if_not_exists(#version, :none) + :one",
    ]
    values = {f":{name}": value for name, value in properties.items()}
    conditions = ["NOT #updatedAt = :now"] + [_EXISTS] * must_exist
    return {
        "TableName": table,
        "Key": key(item_id),
        "UpdateExpression": f"SET {', '.join(assignments)}",
        "ReturnValues": "ALL_NEW",
        **_condition(
            conditions, preconditions, (*properties, *names), {**values, ":now": timestamp(now), ":none": 0, ":one": 1}
        ),
    }


def delete(table: str, item_id: str, preconditions: Preconditions) -> Parameters:
    """Remove an item that there is."""
    return {"TableName": table, "Key": key(item_id), **_condition([_EXISTS], preconditions, (), {})}


def scan(table: str, limit: int, after: Position | None) -> Parameters:
    """Items in no order."""
    start = {} if after is None else {"ExclusiveStartKey": key(after.item_id)}
    return {"TableName": table, "Limit": limit, **start}


def query(table: str, status: str, limit: int, after: Position | None) -> Parameters:
    """Items of one status, newest first."""
    start = {}
    if after is not None:
        place = to_attributes({"status": status, "createdAt": after.created_at})
        start = {"ExclusiveStartKey": {**key(after.item_id), **place}}
    return {
        "TableName": table,
        "IndexName": "byStatus",
        "KeyConditionExpression": "#status = :status",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": to_attributes({":status": status}),
        "ScanIndexForward": False,
        "Limit": limit,
        **start,
    }


def _condition(
    conditions: Sequence[str], preconditions: Preconditions, names: Sequence[str], values: Mapping[str, Any]
) -> Parameters:
    """Conditions together with a request's preconditions, and what all its expressions call the attributes."""
    asked, compared = preconditions.conditions()
    expression = " AND ".join([*conditions, *asked])
    used = [*names, *(name for name in ("itemId", "version", "createdAt") if f"#{name}" in expression)]
    values = to_attributes({**values, **compared})
    return {
        "ConditionExpression": expression,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        "ExpressionAttributeNames": {f"#{name}": name for name in used},
        # DynamoDB refuses an empty map.
        **({"ExpressionAttributeValues": values} if values else {}),
    }
