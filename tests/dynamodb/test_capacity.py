"""The capacity that reads consume, on each engine as on AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from homeport.dynamodb.table_requests import create_table_request
from tests.support.dynamodb import define, make_index, make_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.stack

TABLE = make_table(
    AttributeDefinitions=define(itemId="S", state="S"),
    GlobalSecondaryIndexes=[make_index("byState", "state"), make_index("keys", "state", projection="KEYS_ONLY")],
)


@pytest.fixture
def table(dynamodb: DynamoDBClient, name_of: Callable[[str], str]) -> str:
    """A table with ten items of some 1,000 bytes and one, ``big``, of some 9,000."""
    name = name_of("billed")
    dynamodb.create_table(**create_table_request(TABLE, name))
    for number in range(10):
        dynamodb.put_item(TableName=name, Item=make_item(f"i{number}", 1000 - 30))
    dynamodb.put_item(TableName=name, Item=make_item("big", 9000, "alone"))
    return name


def make_item(item_id: str, size: int, state: str = "on") -> Any:
    return {"itemId": {"S": item_id}, "state": {"S": state}, "text": {"S": "x" * size}}


def units(reply: Any) -> float:
    consumed: float = reply["ConsumedCapacity"]["CapacityUnits"]
    return consumed


@pytest.mark.parametrize(
    ("item_id", "consistent", "expected"),
    [
        ("i1", False, 0.5),
        ("i1", True, 1),
        ("big", False, 1.5),
        ("big", True, 3),
        ("none", False, 0.5),
        ("none", True, 1),
    ],
)
def test_an_item_costs_a_unit_for_each_4_kb(
    dynamodb: DynamoDBClient, table: str, item_id: str, consistent: bool, expected: float
) -> None:
    for projection in ({}, {"ProjectionExpression": "itemId"}):
        reply = dynamodb.get_item(
            TableName=table,
            Key={"itemId": {"S": item_id}},
            ConsistentRead=consistent,
            ReturnConsumedCapacity="TOTAL",
            **projection,  # type: ignore[arg-type]
        )
        assert units(reply) == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"Limit": 1}, 0.5),
        ({"IndexName": "byState"}, 1.5),
        ({"IndexName": "byState", "Limit": 4}, 0.5),
        ({"IndexName": "byState", "Limit": 9}, 1.5),
        ({"IndexName": "keys"}, 0.5),
        ({"IndexName": "byState", "FilterExpression": "attribute_not_exists(itemId)"}, 1.5),
    ],
    ids=str,
)
def test_a_page_costs_what_was_read_for_it(
    dynamodb: DynamoDBClient, table: str, request_: Any, expected: float
) -> None:
    values: Any = {":state": {"S": "on"}}
    condition: Any = {"KeyConditionExpression": "#state = :state", "ExpressionAttributeNames": {"#state": "state"}}
    if "IndexName" in request_:
        reply: Any = dynamodb.query(
            TableName=table,
            **condition,
            ExpressionAttributeValues=values,
            ReturnConsumedCapacity="INDEXES",
            **request_,
        )
        index = reply["ConsumedCapacity"]["GlobalSecondaryIndexes"][request_["IndexName"]]
        assert index["CapacityUnits"] == expected
        assert reply["ConsumedCapacity"]["Table"]["CapacityUnits"] == 0
    else:
        reply = dynamodb.query(
            TableName=table,
            KeyConditionExpression="itemId = :id",
            ExpressionAttributeValues={":id": {"S": "i1"}},
            ReturnConsumedCapacity="TOTAL",
            **request_,
        )
    assert units(reply) == expected


def test_a_scan_costs_what_was_read_for_it(dynamodb: DynamoDBClient, table: str) -> None:
    assert units(dynamodb.scan(TableName=table, ReturnConsumedCapacity="TOTAL")) == 2.5
    assert units(dynamodb.scan(TableName=table, ConsistentRead=True, ReturnConsumedCapacity="TOTAL")) == 5
    counted = dynamodb.scan(TableName=table, Select="COUNT", ReturnConsumedCapacity="TOTAL")
    assert units(counted) == 2.5


@pytest.mark.parametrize(("consistent", "expected"), [(False, 0.5 + 1.5), (True, 1 + 3)])
def test_a_batch_costs_as_much_as_its_items_one_by_one(
    dynamodb: DynamoDBClient, table: str, consistent: bool, expected: float
) -> None:
    keys: Any = [{"itemId": {"S": item_id}} for item_id in ("i1", "big")]
    asked: Any = {table: {"Keys": keys, "ConsistentRead": consistent}}
    (consumed,) = dynamodb.batch_get_item(RequestItems=asked, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]
    assert consumed == {"TableName": table, "CapacityUnits": expected}
    assert "ConsumedCapacity" not in dynamodb.batch_get_item(RequestItems=asked)
