"""From a table as it is to a table as it should be."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.dynamodb.table_requests import TableRequest, create_table_request, replacement_reason, update_requests
from tests.support.dynamodb import define, make_index, make_table

UNITS = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}


def wanted_table(**properties: Any) -> TableRequest:
    return create_table_request(make_table(**properties), "items")


def found(**properties: Any) -> TableRequest:
    """A table as DescribeTable tells it after it was made with these properties."""
    request = wanted_table(**properties)
    return {**request, "BillingModeSummary": {"BillingMode": request["BillingMode"]}}


ATTRIBUTES = define(itemId="S", status="S", at="N")
BY_STATUS, BY_AT = make_index("byStatus", "status"), make_index("byAt", "at")


def test_nothing_is_asked_where_nothing_differs() -> None:
    same: Any = {
        "AttributeDefinitions": define(itemId="S", status="S"),
        "GlobalSecondaryIndexes": [BY_STATUS],
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "TableClass": "STANDARD",
    }
    assert update_requests(found(**same), wanted_table(**same)) == ()
    assert replacement_reason(found(**same), wanted_table(**same)) is None


def test_new_indexes_come_one_by_one_with_the_attributes_used_so_far() -> None:
    changed = wanted_table(AttributeDefinitions=ATTRIBUTES, GlobalSecondaryIndexes=[BY_STATUS, BY_AT])
    assert update_requests(found(), changed) == (
        {
            "TableName": "items",
            "AttributeDefinitions": define(itemId="S", status="S"),
            "GlobalSecondaryIndexUpdates": [{"Create": BY_STATUS}],
        },
        {
            "TableName": "items",
            "AttributeDefinitions": ATTRIBUTES,
            "GlobalSecondaryIndexUpdates": [{"Create": BY_AT}],
        },
    )


def test_an_index_that_is_gone_is_removed() -> None:
    before = found(AttributeDefinitions=define(itemId="S", status="S"), GlobalSecondaryIndexes=[BY_STATUS])
    assert update_requests(before, wanted_table()) == (
        {"TableName": "items", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "byStatus"}}]},
    )


@pytest.mark.parametrize(
    ("types", "index"),
    [
        (define(itemId="S", at="N"), make_index("byStatus", "at")),
        (define(itemId="S", status="S"), make_index("byStatus", "status", projection="KEYS_ONLY")),
        (define(itemId="S", status="N"), BY_STATUS),
    ],
)
def test_an_index_that_differs_is_removed_and_made_again(types: list[dict[str, str]], index: dict[str, Any]) -> None:
    before = found(AttributeDefinitions=define(itemId="S", status="S"), GlobalSecondaryIndexes=[BY_STATUS])
    after = wanted_table(AttributeDefinitions=types, GlobalSecondaryIndexes=[index])
    assert update_requests(before, after) == (
        {"TableName": "items", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "byStatus"}}]},
        {
            "TableName": "items",
            "AttributeDefinitions": types,
            "GlobalSecondaryIndexUpdates": [{"Create": index}],
        },
    )


def test_the_order_of_attributes_that_an_index_carries_is_no_difference() -> None:
    def carrying(*names: str) -> dict[str, Any]:
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(names)}
        return {**BY_STATUS, "Projection": projection}

    types = define(itemId="S", status="S")
    before = found(AttributeDefinitions=types, GlobalSecondaryIndexes=[carrying("a", "b")])
    after = wanted_table(AttributeDefinitions=types, GlobalSecondaryIndexes=[carrying("b", "a")])
    assert update_requests(before, after) == ()


def test_from_paid_by_request_to_provisioned_with_its_indexes() -> None:
    types = define(itemId="S", status="S")
    before = found(AttributeDefinitions=types, GlobalSecondaryIndexes=[BY_STATUS])
    index = make_index("byStatus", "status", ProvisionedThroughput=UNITS)
    after = wanted_table(
        AttributeDefinitions=types,
        GlobalSecondaryIndexes=[index],
        BillingMode="PROVISIONED",
        ProvisionedThroughput=UNITS,
    )
    assert update_requests(before, after) == (
        {
            "TableName": "items",
            "ProvisionedThroughput": UNITS,
            "BillingMode": "PROVISIONED",
            "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "byStatus", "ProvisionedThroughput": UNITS}}],
        },
    )


def test_from_provisioned_to_paid_by_request() -> None:
    before = found(BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
    assert update_requests(before, wanted_table()) == ({"TableName": "items", "BillingMode": "PAY_PER_REQUEST"},)


def test_other_capacity() -> None:
    more = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 2}
    before = found(BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
    after = wanted_table(BillingMode="PROVISIONED", ProvisionedThroughput=more)
    assert update_requests(before, after) == ({"TableName": "items", "ProvisionedThroughput": more},)


def test_another_stream_view_is_another_stream() -> None:
    before = found(StreamSpecification={"StreamViewType": "NEW_IMAGE"})
    after = wanted_table(StreamSpecification={"StreamViewType": "KEYS_ONLY"})
    assert update_requests(before, after) == (
        {"TableName": "items", "StreamSpecification": {"StreamEnabled": False}},
        {"TableName": "items", "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
    )


def test_a_stream_is_turned_off() -> None:
    before = found(StreamSpecification={"StreamViewType": "NEW_IMAGE"})
    assert update_requests(before, wanted_table()) == (
        {"TableName": "items", "StreamSpecification": {"StreamEnabled": False}},
    )


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        (
            {
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": define(id="S"),
            },
            "its primary key was (itemId S) and is (id S) now",
        ),
        ({"AttributeDefinitions": define(itemId="N")}, "its primary key was (itemId S) and is (itemId N) now"),
        (
            {"LocalSecondaryIndexes": [make_index("byAt", "itemId", "at")], "AttributeDefinitions": ATTRIBUTES},
            "its local secondary indexes changed, and they are fixed when a table is made",
        ),
    ],
)
def test_a_change_that_needs_a_new_table_is_reported(properties: dict[str, Any], reason: str) -> None:
    assert replacement_reason(found(), wanted_table(**properties)) == reason


def test_the_order_in_which_a_key_is_written_is_no_difference() -> None:
    keys = [{"AttributeName": "itemId", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}]
    types = define(itemId="S", at="N")
    before = found(KeySchema=keys, AttributeDefinitions=types)
    assert replacement_reason(before, wanted_table(KeySchema=keys[::-1], AttributeDefinitions=types)) is None
