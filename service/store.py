"""Items in DynamoDB: the only place that talks to AWS.

Every change is one conditional write, so nothing is ever half done and two writers never overwrite each other unseen.
"""

from __future__ import annotations

import os
from decimal import Decimal
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from service.errors import Conflict, NotFound, TooLarge, Unavailable
from service.model import Item

_BUSY = frozenset(
    (
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflictException",
    )
)
_EXISTS = "attribute_exists(itemId)"
_NEW = "attribute_not_exists(itemId)"


class _ConditionFailed(Exception):
    """A write's condition didn't hold; ``item`` is what is there."""

    def __init__(self, item: Item) -> None:
        super().__init__("the condition of a write failed")
        self.item = item


class ItemStore:
    """The items of one table. Every method may raise Unavailable."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def create(self, item: Item) -> None:
        """Add an item. Raises Conflict if its id is taken."""
        try:
            self._call(
                "put_item",
                Item=_attributes(item),
                ConditionExpression=_NEW,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except _ConditionFailed as failed:
            # An attempt that seemed to fail may have written: then the retry finds our own item.
            if failed.item != item:
                raise Conflict("There is an item with this id already.") from None

    def get(self, item_id: str) -> Item:
        """An item as it is now. Raises NotFound."""
        found = self._call("get_item", Key=_key(item_id), ConsistentRead=True).get("Item")
        if found is None:
            raise NotFound("There is no item with this id.")
        return _item(found)

    def replace(self, item_id: str, content: Item, now: str) -> Item:
        """Give an item new content, or create it: then its version is 1."""
        names = {f"#{name}": name for name in (*content, "createdAt", "updatedAt", "version")}
        values = {f":{name}": value for name, value in content.items()}
        assignments = [f"#{name} = :{name}" for name in content]
        assignments += [
            "#createdAt = if_not_exists(#createdAt, :now)",
            "#updatedAt = :now",
            "#version = if_not_exists(#version, :none) + :one",
        ]
        reply = self._call(
            "update_item",
            Key=_key(item_id),
            UpdateExpression=f"SET {', '.join(assignments)}",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=_attributes({**values, ":now": now, ":none": 0, ":one": 1}),
            ReturnValues="ALL_NEW",
        )
        return _item(reply["Attributes"])

    def delete(self, item_id: str) -> None:
        """Remove an item. Raises NotFound."""
        try:
            self._call("delete_item", Key=_key(item_id), ConditionExpression=_EXISTS)
        except _ConditionFailed:
            raise NotFound("There is no item with this id.") from None

    def page(self, limit: int, after: str | None) -> tuple[list[Item], str | None]:
        """At most ``limit`` items that follow the id ``after``, and the id to go on from if there are more.

        One item more than asked for is read, so that a full last page is known to be the last.
        """
        start = {} if after is None else {"ExclusiveStartKey": _key(after)}
        reply = self._call("scan", Limit=limit + 1, **start)
        items = [_item(attributes) for attributes in reply["Items"]]
        if len(items) > limit:
            return items[:limit], items[limit - 1]["itemId"]
        last = reply.get("LastEvaluatedKey")
        return items, None if last is None else last["itemId"]["S"]

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            reply: dict[str, Any] = getattr(self._client, operation)(TableName=self._table, **parameters)
        except (ConnectionError, HTTPClientError) as error:
            raise Unavailable("The database doesn't answer. Try again.") from error
        except ClientError as error:
            raise _meaning(error) from error
        return reply


def _meaning(error: ClientError) -> Exception:
    """What an error of DynamoDB means here; one that is our own mistake stays what it is."""
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    if code == "ConditionalCheckFailedException":
        there: Any = error.response.get("Item", {})
        return _ConditionFailed(_item(there))
    if code in _BUSY or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return Unavailable("The database takes no more requests for now. Try again.")
    if code == "ValidationException" and message.startswith("Item size"):
        return TooLarge("The item is larger than 400 KB.")
    return error


def _key(item_id: str) -> dict[str, Any]:
    return {"itemId": {"S": item_id}}


def _attributes(item: Item) -> dict[str, Any]:
    return {name: _attribute(value) for name, value in item.items()}


def _attribute(value: Any) -> dict[str, Any]:
    if value is None:
        return {"NULL": True}
    if isinstance(value, str):
        return {"S": value}
    return {"L": [_attribute(item) for item in value]} if isinstance(value, list) else {"N": str(value)}


def _item(attributes: dict[str, Any]) -> Item:
    return {name: _value(attribute) for name, attribute in attributes.items()}


def _value(attribute: dict[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    if kind == "N":
        return Decimal(value)
    if kind == "L":
        return [_value(item) for item in value]
    return None if kind == "NULL" else value


def connect() -> Any:
    """A client for DynamoDB, at the endpoint of AWS_ENDPOINT_URL_DYNAMODB or AWS's own.

    Three attempts end well within a function's 10 seconds. Parameters are made here and checked by DynamoDB, so
    botocore need not check them as well.
    """
    config = Config(
        connect_timeout=1,
        read_timeout=1.5,
        retries={"mode": "standard", "total_max_attempts": 3},
        tcp_keepalive=True,
        parameter_validation=False,
    )
    return boto3.client("dynamodb", config=config)


items = ItemStore(connect(), os.environ["ITEMS_TABLE"])
"""Made once, while the function starts, and kept between requests."""
