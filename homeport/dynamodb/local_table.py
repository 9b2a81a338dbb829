"""The items of one local table, for a person who looks at them: a page, one, put, delete. All in DynamoDB's JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from homeport.aws_errors import error_code, error_message
from homeport.dynamodb.client import dynamodb_client, is_aws
from homeport.errors import EngineError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]


class LocalTable:
    """The table of that physical name at ``endpoint``. Raises EngineError for one on AWS: others may use it.

    Every method raises EngineError for what DynamoDB refuses, or if it doesn't answer.
    """

    def __init__(self, endpoint: str, region: str, table: str) -> None:
        if is_aws(endpoint):
            raise EngineError("these tables are on AWS: only local ones are opened here", "use the AWS console")
        self._client = _client(endpoint, region)
        self._table = table

    def page(self, size: int, start: Mapping[str, Any] | None) -> tuple[list[Item], Item | None]:
        """So many items from a key on, and the key to go on from (None: these were the last)."""
        more: Any = {"ExclusiveStartKey": start} if start else {}
        with _explained():
            found = self._client.scan(TableName=self._table, Limit=size, ConsistentRead=True, **more)
        return list(found["Items"]), found.get("LastEvaluatedKey")

    def count(self) -> int:
        """How many items there are, as the table's description tells."""
        with _explained():
            return int(self._client.describe_table(TableName=self._table)["Table"].get("ItemCount", 0))

    def get(self, key: Mapping[str, Any]) -> Item:
        """The item of a key."""
        with _explained():
            found = self._client.get_item(TableName=self._table, Key=dict(key), ConsistentRead=True)
        if "Item" not in found:
            raise EngineError("there is no item of this key any more", "go back to the table")
        return dict(found["Item"])

    def put(self, item: Mapping[str, Any], key: str, *, is_new: bool) -> None:
        """Write an item whole; ``key`` names the partition key. A new one must not be there yet, an old one must."""
        condition = "attribute_not_exists(#key)" if is_new else "attribute_exists(#key)"
        with _explained("there is an item of this key already" if is_new else "this item was deleted meanwhile"):
            self._client.put_item(
                TableName=self._table,
                Item=dict(item),
                ConditionExpression=condition,
                ExpressionAttributeNames={"#key": key},
            )

    def delete(self, key: Mapping[str, Any]) -> None:
        """Delete the item of a key, if there is one."""
        with _explained():
            self._client.delete_item(TableName=self._table, Key=dict(key))


@cache
def _client(endpoint: str, region: str) -> DynamoDBClient:
    return dynamodb_client(endpoint, region, fail_fast=True)


@contextmanager
def _explained(unmet: str = "") -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        unmet_condition = error_code(error.response) == "ConditionalCheckFailedException"
        raise EngineError(unmet if unmet_condition else error_message(error.response) or str(error)) from error
    except BotoCoreError as error:
        raise EngineError(f"DynamoDB did not take it: {error}") from error
