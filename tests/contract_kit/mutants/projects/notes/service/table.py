"""The table: the only place that talks to AWS. Plain values go in and come out; numbers come out as Decimal.

botocore never repeats a call by itself; what DynamoDB refused by name is tried again here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from service.errors import Unavailable
from service.retries import turns

Item = dict[str, Any]

_REFUSED = frozenset(("ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"))
_PLAIN = ("Item", "Key", "ExpressionAttributeValues", "ExclusiveStartKey")
_write = TypeSerializer().serialize
_read = TypeDeserializer().deserialize


class ConditionFailed(Exception):
    """A write's condition didn't hold; ``item`` is what is there, empty if nothing is."""

    def __init__(self, item: Item) -> None:
        super().__init__("the condition of a write failed")
        self.item = item


class Table:
    """One table of DynamoDB. Every method may raise Unavailable; ``deadline`` is of ``time.monotonic()``."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def get(self, key: Item, deadline: float) -> Item:
        """An item as it is now, empty if there is none."""
        return _item(self._call("get_item", {"Key": key, "ConsistentRead": True}, deadline).get("Item", {}))

    def put(self, item: Item, deadline: float, **condition: Any) -> None:
        """Write a whole item. Raises ConditionFailed."""
        self._call("put_item", {"Item": item, **condition}, deadline)

    def update(self, key: Item, deadline: float, **change: Any) -> Item:
        """Change an item and give it as it is then. Raises ConditionFailed."""
        return _item(
            self._call("update_item", {"Key": key, "ReturnValues": "ALL_NEW", **change}, deadline)["Attributes"]
        )

    def delete(self, key: Item, deadline: float, **condition: Any) -> None:
        """Remove an item. Raises ConditionFailed."""
        self._call("delete_item", {"Key": key, **condition}, deadline)

    def query(self, deadline: float, **asked: Any) -> list[Item]:
        """One page of items."""
        return [_item(found) for found in self._call("query", asked, deadline)["Items"]]

    def scan(self, deadline: float, **asked: Any) -> tuple[list[Item], Item]:
        """One page of items, and the key to go on after, empty if there are no more."""
        reply = self._call("scan", asked, deadline)
        return [_item(found) for found in reply["Items"]], _item(reply.get("LastEvaluatedKey", {}))

    def _call(self, operation: str, parameters: Mapping[str, Any], deadline: float) -> dict[str, Any]:
        plain = {name: _attributes(parameters[name]) for name in _PLAIN if name in parameters}
        for _ in turns(deadline):
            try:
                reply: dict[str, Any] = getattr(self._client, operation)(
                    **{"TableName": self._name, **parameters, **plain}
                )
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in _REFUSED:
                    continue
                if code == "ConditionalCheckFailedException":
                    raise ConditionFailed(_item(error.response.get("Item", {}))) from None
                if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                    raise Unavailable("The database doesn't answer. Try again.") from error
                raise
            except BotoCoreError as error:
                raise Unavailable("The database doesn't answer. Try again.") from error
            return reply
        raise Unavailable("The database takes no more requests for now. Try again.")


def _attributes(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _write(value) for name, value in values.items()}


def _item(attributes: Mapping[str, Any]) -> Item:
    return {name: _read(value) for name, value in attributes.items()}


def connect() -> Any:
    """A client for DynamoDB that never repeats a call by itself."""
    config = Config(connect_timeout=1, read_timeout=1.5, retries={"total_max_attempts": 1}, tcp_keepalive=True)
    return boto3.client("dynamodb", config=config)


table = Table(connect(), os.environ["NOTES_TABLE"])
"""Made once, while the function starts."""
