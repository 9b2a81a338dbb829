"""A described table, as the request that makes one like it."""

from __future__ import annotations

from typing import Any

from homeport.dynamodb.table_requests import definition_of

KEYS: list[Any] = [{"AttributeName": "id", "KeyType": "HASH"}]
TYPES: list[Any] = [{"AttributeName": "id", "AttributeType": "S"}]
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}


def test_a_table_billed_by_request_keeps_keys_indexes_and_stream() -> None:
    described = {
        "TableName": "t",
        "TableArn": "arn:…",
        "ItemCount": 3,
        "KeySchema": KEYS,
        "AttributeDefinitions": TYPES,
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": name,
                "KeySchema": KEYS,
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]},
                "IndexStatus": "ACTIVE",
                "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
            }
            for name in ("b", "a")
        ],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    }
    index = {"KeySchema": KEYS, "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]}}
    assert definition_of(described) == {
        "KeySchema": KEYS,
        "AttributeDefinitions": TYPES,
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [{"IndexName": "a", **index}, {"IndexName": "b", **index}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    }


def test_a_table_with_capacity_keeps_it() -> None:
    described = {
        "KeySchema": KEYS,
        "AttributeDefinitions": TYPES,
        "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, **UNITS},
        "LocalSecondaryIndexes": [
            {
                "IndexName": "l",
                "KeySchema": KEYS,
                "Projection": {"ProjectionType": "ALL", "NonKeyAttributes": []},
                "ItemCount": 0,
            }
        ],
    }
    assert definition_of(described) == {
        "KeySchema": KEYS,
        "AttributeDefinitions": TYPES,
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": UNITS,
        "LocalSecondaryIndexes": [{"IndexName": "l", "KeySchema": KEYS, "Projection": {"ProjectionType": "ALL"}}],
    }
