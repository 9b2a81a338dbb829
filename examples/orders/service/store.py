"""Orders in DynamoDB: the only module that talks to it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from service.errors import Unavailable

_BUSY = ("ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException")
_CONDITION = "ConditionalCheckFailedException"


class OrderStore:
    """The orders of one table, as maps with the properties of openapi.yaml. Every method may raise Unavailable."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, order: Mapping[str, Any]) -> None:
        """Add an order. Its id is new, so a write that boto3 sends again changes nothing."""
        with _translated():
            self._table.put_item(Item=dict(order))

    def find(self, order_id: str) -> dict[str, Any] | None:
        """Return an order as it is now, None: there is none."""
        with _translated():
            found: dict[str, Any] | None = self._table.get_item(Key={"orderId": order_id}, ConsistentRead=True).get(
                "Item"
            )
        return found

    def change(self, order_id: str, **properties: Any) -> bool:
        """Set properties of an order. Return whether there is such an order."""
        names = {f"#{name}": name for name in properties}
        values = {f":{name}": value for name, value in properties.items()}
        sets = ", ".join(f"#{name} = :{name}" for name in properties)
        try:
            with _translated():
                self._table.update_item(
                    Key={"orderId": order_id},
                    UpdateExpression=f"SET {sets}",
                    ConditionExpression="attribute_exists(orderId)",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                )
        except ClientError as error:
            if error.response["Error"]["Code"] == _CONDITION:
                return False
            raise
        return True

    def all(self) -> Iterator[dict[str, Any]]:
        """Yield every order, page by page."""
        asked: dict[str, Any] = {}
        while True:
            with _translated():
                page = self._table.scan(**asked)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


@contextmanager
def _translated() -> Iterator[None]:
    """Raise Unavailable where DynamoDB is out of reach or out of capacity."""
    try:
        yield
    except BotoCoreError as error:
        raise Unavailable("The database doesn't answer. Try again.") from error
    except ClientError as error:
        busy = error.response["Error"]["Code"] in _BUSY
        if busy or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            raise Unavailable("The database takes no more requests for now. Try again.") from error
        raise


def connect() -> Any:
    """Return DynamoDB as a resource of boto3 that gives up before the function's own time is over."""
    config = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})
    return boto3.resource("dynamodb", config=config)


orders = OrderStore(connect().Table(os.environ["ORDERS_TABLE"]))
"""Made once, while the function starts."""
