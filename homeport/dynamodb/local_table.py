"""The items of one local table, as the inspector shows and changes them, in DynamoDB's JSON."""

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
    """A table, by its physical name, at ``endpoint``. Raises EngineError for an endpoint of AWS: others may use it.

    Every method raises EngineError for a request that DynamoDB rejects, or if it doesn't answer.
    """

    def __init__(self, endpoint: str, region: str, table: str) -> None:
        if is_aws(endpoint):
            raise EngineError("these tables are on AWS: only local ones are opened here", "use the AWS console")
        self._client = _client(endpoint, region)
        self._table = table

    def page(self, size: int, start: Mapping[str, Any] | None) -> tuple[list[Item], Item | None]:
        """Return up to ``size`` items from a key on, and the key of the next page (None: these were the last)."""
        more: Any = {"ExclusiveStartKey": start} if start else {}
        with _translate_errors():
            found = self._client.scan(TableName=self._table, Limit=size, ConsistentRead=True, **more)
        return list(found["Items"]), found.get("LastEvaluatedKey")

    def count(self) -> int:
        """Return the number of items by the table's description."""
        with _translate_errors():
            return int(self._client.describe_table(TableName=self._table)["Table"].get("ItemCount", 0))

    def get(self, key: Mapping[str, Any]) -> Item:
        """Return the item of a key."""
        with _translate_errors():
            found = self._client.get_item(TableName=self._table, Key=dict(key), ConsistentRead=True)
        if "Item" not in found:
            raise EngineError("there is no item of this key any more", "go back to the table")
        return dict(found["Item"])

    def put(self, item: Mapping[str, Any], key: str, *, is_new: bool) -> None:
        """Write a whole item; ``key`` names the partition key. A new item must not exist yet, an old one must."""
        condition = "attribute_not_exists(#key)" if is_new else "attribute_exists(#key)"
        with _translate_errors("there is an item of this key already" if is_new else "this item was deleted meanwhile"):
            self._client.put_item(
                TableName=self._table,
                Item=dict(item),
                ConditionExpression=condition,
                ExpressionAttributeNames={"#key": key},
            )

    def delete(self, key: Mapping[str, Any]) -> None:
        """Delete the item of a key, if there is one."""
        with _translate_errors():
            self._client.delete_item(TableName=self._table, Key=dict(key))


@cache
def _client(endpoint: str, region: str) -> DynamoDBClient:
    return dynamodb_client(endpoint, region, fail_fast=True)


@contextmanager
def _translate_errors(unmet: str = "") -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        unmet_condition = error_code(error.response) == "ConditionalCheckFailedException"
        raise EngineError(unmet if unmet_condition else error_message(error.response) or str(error)) from error
    except BotoCoreError as error:
        raise EngineError(f"DynamoDB did not take it: {error}") from error
