"""The table: the only place that talks to AWS. Plain values go in and come out; numbers come out as Decimal.

botocore tries again where DynamoDB is busy or an answer got lost. The writes of this service say what they set, or are
told apart by a condition, but for a change of the stock: that one is sent once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from service.errors import Unavailable
from service.model import Item

_BUSY = frozenset(
    (
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    )
)
_PLAIN = ("Item", "Key", "ExpressionAttributeValues")

_write = TypeSerializer().serialize
_read = TypeDeserializer().deserialize


class ConditionFailed(Exception):
    """A write's condition didn't hold; ``item`` is what is there, empty if nothing is."""

    def __init__(self, item: Item) -> None:
        super().__init__("the condition of a write failed")
        self.item = item


class Table:
    """One table of DynamoDB. Every method may raise Unavailable."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, key: Item) -> Item:
        """An item as it is now, empty if there is none."""
        return _item(self._call("get_item", self._own({"Key": key, "ConsistentRead": True})).get("Item", {}))

    def get_many(self, keys: Sequence[Item]) -> list[Item]:
        """Those of up to 100 items that there are, as they are now."""
        asked: Any = {self._name: {"Keys": [_attributes(key) for key in keys], "ConsistentRead": True}}
        reply = self._call("batch_get_item", {"RequestItems": asked})
        if reply.get("UnprocessedKeys"):
            raise Unavailable("The database takes no more requests for now. Try again.")
        return [_item(attributes) for attributes in reply["Responses"].get(self._name, [])]

    def put(self, item: Item, **condition: Any) -> None:
        """Write a whole item. Raises ConditionFailed."""
        self._call("put_item", self._own({"Item": item, **condition}))

    def update(self, key: Item, **change: Any) -> Item:
        """Change an item and give it as it is then. Raises ConditionFailed."""
        return _item(
            self._call("update_item", self._own({"Key": key, "ReturnValues": "ALL_NEW", **change}))["Attributes"]
        )

    def delete(self, key: Item) -> None:
        """Remove an item, if it is there."""
        self._call("delete_item", self._own({"Key": key}))

    def query(self, keys: str, values: Item, **options: Any) -> list[Item]:
        """Items whose keys are as the expression says, at most ``Limit``, from all pages."""
        asked = {"KeyConditionExpression": keys, "ExpressionAttributeValues": values, **options}
        found: list[Item] = []
        while True:
            page = self._call("query", self._own(asked))
            found += [_item(one) for one in page["Items"]]
            if "LastEvaluatedKey" not in page or len(found) >= options.get("Limit", len(found) + 1):
                return found
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]
            if "Limit" in options:
                asked["Limit"] = options["Limit"] - len(found)

    def transact(self, writes: Sequence[Mapping[str, Any]]) -> bool:
        """Make all writes, such as ``{"Put": {…}}``, or none of them: then some condition didn't hold just now."""
        asked = [{kind: self._own(write) for kind, write in item.items()} for item in writes]
        try:
            self._call("transact_write_items", {"TransactItems": asked})
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            return False
        return True

    def _own(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        plain = {name: _attributes(parameters[name]) for name in _PLAIN if name in parameters}
        return {"TableName": self._name, **parameters, **plain}

    def _call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            reply: dict[str, Any] = getattr(self._client, operation)(**parameters)
        except BotoCoreError as error:
            raise Unavailable("The database doesn't answer. Try again.") from error
        except ClientError as error:
            raise _meaning(error) from error
        return reply


def _meaning(error: Any) -> Exception:
    """What an error of DynamoDB means here; a mistake of our own, or a cancelled transaction, stays what it is."""
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(_item(error.response.get("Item", {})))
    if code in _BUSY or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return Unavailable("The database takes no more requests for now. Try again.")
    known: Exception = error
    return known


def _attributes(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _write(value) for name, value in values.items()}


def _item(attributes: Mapping[str, Any]) -> Item:
    return {name: _read(value) for name, value in attributes.items()}


def connect(attempts: int) -> Any:
    """A client for DynamoDB, at the endpoint of AWS_ENDPOINT_URL_DYNAMODB or AWS's own."""
    config = Config(
        connect_timeout=1,
        read_timeout=1.5,
        retries={"mode": "standard", "total_max_attempts": attempts},
        tcp_keepalive=True,
    )
    return boto3.client("dynamodb", config=config)


_NAME = os.environ["SHOP_TABLE"]
table = Table(connect(attempts=3), _NAME)
"""Made once, while the function starts."""


def sent_once() -> Table:
    """The table, by a client that never repeats a call by itself."""
    return Table(connect(attempts=1), _NAME)
