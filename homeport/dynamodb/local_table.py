"""The tables of a local DynamoDB and their items: reads by page, counts, and writes of one item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from homeport.aws_errors import error_code, error_message
from homeport.dynamodb.calls import is_aws
from homeport.dynamodb.client import dynamodb_client
from homeport.errors import EngineError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class IndexDescription:
    """A secondary index: ``key`` has the partition key first; ``is_local`` tells a local one from a global one."""

    name: str
    key: tuple[str, ...]
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class TableDescription:
    """A table as it is in DynamoDB.

    ``key`` has the partition key first, ``types`` are those of all key attributes (``S``, ``N``, ``B``). ``count`` is
    the number of items as DescribeTable has it: exact here, up to six hours old on AWS.
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
    """

    key: tuple[str, ...]
    indexes: tuple[IndexDescription, ...]
    count: int
    types: Mapping[str, str] = field(default_factory=dict)

    def key_of(self, index: str) -> tuple[str, ...]:
        """Return the key of an index, ``""``: of the table. Raises EngineError."""
        if not index:
            return self.key
        found = next((each.key for each in self.indexes if each.name == index), None)
        if found is None:
            known = ", ".join(each.name for each in self.indexes) or "none"
            raise EngineError(f"there is no index {index!r}", f"there are {known}")
        return found


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A Query where there is a ``key_condition``, else a Scan; of an index, or ``""`` of the table.

    ``names`` and ``values`` are those of the placeholders in both expressions. ``backward`` is for queries alone.
    """

    index: str = ""
    key_condition: str = ""
    filter: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    backward: bool = False

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the request to DynamoDB."""
        given = {
            "IndexName": self.index,
            "KeyConditionExpression": self.key_condition,
            "FilterExpression": self.filter,
            "ExpressionAttributeNames": dict(self.names),
            "ExpressionAttributeValues": dict(self.values),
        }
        found: dict[str, Any] = {name: value for name, value in given.items() if value}
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
        found |= {} if self.index else {"ConsistentRead": True}
        return found | ({"ScanIndexForward": False} if self.key_condition and self.backward else {})


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page of a read. ``scanned`` items were looked at; ``next`` is the key of the next page, None at the end."""

    items: tuple[Item, ...]
    count: int
    scanned: int
    next: Item | None


def local_tables(endpoint: str, region: str) -> tuple[str, ...]:
    """Return the names of all tables at a local endpoint. Raises EngineError."""
    with _translate_errors():
        pages = _client(endpoint, region).get_paginator("list_tables").paginate()
        return tuple(name for page in pages for name in page["TableNames"])


class LocalTable:
    """A table, by its physical name, at ``endpoint``. Raises EngineError for an endpoint of AWS: others may use it.

    Every method raises EngineError for a request that DynamoDB rejects, or if it doesn't answer.
    """

    def __init__(self, endpoint: str, region: str, table: str) -> None:
        if is_aws(endpoint):
            raise EngineError("these tables are on AWS: only local ones are opened here", "use the AWS console")
        self._client = _client(endpoint, region)
        self._table = table

    def describe(self) -> TableDescription:
        """Return the table's key, its indexes and the number of its items."""
        with _translate_errors():
            found = self._client.describe_table(TableName=self._table)["Table"]
        local = found.get("LocalSecondaryIndexes", ())
        indexes = [
            IndexDescription(each["IndexName"], _key_of(each)) for each in found.get("GlobalSecondaryIndexes", ())
        ]
        indexes += [IndexDescription(each["IndexName"], _key_of(each), is_local=True) for each in local]
        types = {each["AttributeName"]: str(each["AttributeType"]) for each in found.get("AttributeDefinitions", ())}
        return TableDescription(_key_of(found), tuple(indexes), int(found.get("ItemCount", 0)), types)

    def read(
        self,
        request: ReadRequest,
        *,
        size: int | None = None,
        start: Mapping[str, Any] | None = None,
        count: bool = False,
    ) -> ReadPage:
        """Return a page that begins after a key, of at most ``size`` items looked at; ``count``: without the items."""
        asked = (
            request.parameters() | ({"Limit": size} if size else {}) | ({"ExclusiveStartKey": start} if start else {})
        )
        asked |= {"Select": "COUNT"} if count else {}
        call: Any = self._client.query if request.key_condition else self._client.scan
        with _translate_errors():
            found = call(TableName=self._table, **asked)
        items = tuple(found.get("Items", ()))
        return ReadPage(
            items,
            int(found.get("Count", len(items))),
            int(found.get("ScannedCount", len(items))),
            found.get("LastEvaluatedKey"),
        )

    def items(self, request: ReadRequest) -> Iterator[Item]:
        """Yield all items of a read."""
        start: Item | None = None
        while True:
            page = self.read(request, start=start)
            yield from page.items
            start = page.next
            if start is None:
                return

    def get(self, key: Mapping[str, Any]) -> Item:
        """Return the item of a key."""
        with _translate_errors():
            found = self._client.get_item(TableName=self._table, Key=dict(key), ConsistentRead=True)
        if "Item" not in found:
            raise EngineError("there is no item of this key any more", "go back to the table")
        return dict(found["Item"])

    def add(self, item: Mapping[str, Any], key: str) -> None:
        """Write a new item; ``key`` names the partition key. Raises EngineError where there is one of this key."""
        with _translate_errors("there is an item of this key already"):
            self._client.put_item(
                TableName=self._table,
                Item=dict(item),
                ConditionExpression="attribute_not_exists(#key)",
                ExpressionAttributeNames={"#key": key},
            )

    def replace(self, item: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        """Write an item over ``before``. Raises EngineError where that has changed meanwhile."""
        with _translate_errors(_CHANGED):
            self._client.put_item(TableName=self._table, Item=dict(item), **_same_condition(before))

    def delete(self, key: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        """Delete an item that is ``before``. Raises EngineError where that has changed meanwhile."""
        with _translate_errors(_CHANGED):
            self._client.delete_item(TableName=self._table, Key=dict(key), **_same_condition(before))


_CHANGED = "this item has changed meanwhile"
# An expression is 4 KB long at most:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#limits-expression-parameters
_MOST_COMPARED = 200


def _same_condition(before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition that the attributes of an item, or the first _MOST_COMPARED, are as they were."""
    pairs = list(before.items())[:_MOST_COMPARED]
    return {
        "ConditionExpression": " AND ".join(f"#a{number} = :v{number}" for number in range(len(pairs))),
        "ExpressionAttributeNames": {f"#a{number}": name for number, (name, _) in enumerate(pairs)},
        "ExpressionAttributeValues": {f":v{number}": value for number, (_, value) in enumerate(pairs)},
    }


def _key_of(found: Any) -> tuple[str, ...]:
    parts = sorted(found["KeySchema"], key=lambda part: part["KeyType"] != "HASH")
    return tuple(part["AttributeName"] for part in parts)


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
