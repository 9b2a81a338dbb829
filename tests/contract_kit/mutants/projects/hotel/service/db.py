"""The table of DynamoDB."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import boto3
from boto3.dynamodb.types import TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError

_CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "max_attempts": 3})
_resource = boto3.resource("dynamodb", config=_CONFIG)
_client = boto3.client("dynamodb", config=_CONFIG)
hotel = _resource.Table(os.environ["HOTEL_TABLE"])


class ConditionFailed(Exception):
    """A part of a transaction is not as it must be; ``part`` is its number."""

    def __init__(self, part: int) -> None:
        super().__init__(f"part {part}")
        self.part = part


def read(ids: list[str]) -> list[dict[str, Any]]:
    """Return the bookings of ids, in no order. Raises TimeoutError where the table leaves some unread."""
    wanted: Any = {hotel.name: {"Keys": [{"pk": "booking", "sk": id_} for id_ in ids], "ConsistentRead": True}}
    found: list[dict[str, Any]] = []
    for _ in range(8):
        answer = _resource.batch_get_item(RequestItems=wanted)
        found += answer["Responses"].get(hotel.name, [])
        wanted = answer.get("UnprocessedKeys") or {}
        if not wanted:
            return found
    raise TimeoutError("bookings were left unread")


def row(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as DynamoDB has them."""
    return {name: TypeSerializer().serialize(value) for name, value in values.items()}


def put(item: Mapping[str, Any], condition: str = "", **values: Any) -> dict[str, Any]:
    """Return the part of a transaction that writes an item."""
    return {"Put": {"TableName": hotel.name, "Item": row(item), **_condition(condition, values)}}


def delete(pk: str, sk: str, condition: str = "", **values: Any) -> dict[str, Any]:
    """Return the part of a transaction that deletes an item."""
    return {"Delete": {"TableName": hotel.name, "Key": row({"pk": pk, "sk": sk}), **_condition(condition, values)}}


def update(pk: str, sk: str, expression: str, condition: str, **values: Any) -> dict[str, Any]:
    """Return the part of a transaction that changes an item."""
    key = {"TableName": hotel.name, "Key": row({"pk": pk, "sk": sk}), "UpdateExpression": expression}
    return {"Update": {**key, **_condition(condition, values)}}


def _condition(condition: str, values: Mapping[str, Any]) -> dict[str, Any]:
    given = {"ExpressionAttributeValues": row({f":{name}": value for name, value in values.items()})} if values else {}
    return {**({"ConditionExpression": condition} if condition else {}), **given}


def transact(*writes: Mapping[str, Any]) -> None:
    """Make all writes or none. Raises ConditionFailed."""
    for turn in range(1, 9):
        try:
            _client.transact_write_items(TransactItems=list(writes))
            return
        except ClientError as error:
            reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", ())]
            if "ConditionalCheckFailed" in reasons:
                raise ConditionFailed(reasons.index("ConditionalCheckFailed")) from None
            if "TransactionConflict" not in reasons or turn == 8:
                raise
