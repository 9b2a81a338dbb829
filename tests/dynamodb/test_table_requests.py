"""From CloudFormation's properties to CreateTable's request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from homeport.dynamodb.table_requests import create_table_request, point_in_time_recovery, time_to_live
from homeport.errors import ProjectError
from tests.support.dynamodb import define, make_index, make_table


def test_a_plain_table() -> None:
    assert create_table_request(make_table(), "items-local-ItemsTable") == {
        "TableName": "items-local-ItemsTable",
        "KeySchema": [{"AttributeName": "itemId", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "itemId", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }


def test_everything_that_a_table_can_have() -> None:
    table = make_table(
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": "6"},
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=define(pk="S", sk="N", status="S", at="B"),
        GlobalSecondaryIndexes=[
            make_index(
                "byStatus",
                "status",
                "at",
                ProvisionedThroughput={"ReadCapacityUnits": "1", "WriteCapacityUnits": 2},
                ContributorInsightsSpecification={"Enabled": True},
            )
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "byAt",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name"]},
            }
        ],
        StreamSpecification={"StreamViewType": "NEW_IMAGE", "ResourcePolicy": {}},
        SSESpecification={"SSEEnabled": "true", "SSEType": "KMS"},
        Tags=[{"Key": "team", "Value": 7}],
        TableClass="STANDARD_INFREQUENT_ACCESS",
        DeletionProtectionEnabled=True,
        TimeToLiveSpecification={"AttributeName": "expires", "Enabled": True},
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        ContributorInsightsSpecification={"Enabled": True},
        TableName="ignored",
    )
    assert create_table_request(table, "orders") == {
        "TableName": "orders",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "AttributeDefinitions": define(pk="S", sk="N", status="S", at="B"),
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "byStatus",
                "KeySchema": [
                    {"AttributeName": "status", "KeyType": "HASH"},
                    {"AttributeName": "at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
            }
        ],
        "LocalSecondaryIndexes": [
            {
                "IndexName": "byAt",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name"]},
            }
        ],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "Tags": [{"Key": "team", "Value": "7"}],
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
    }


def test_a_table_without_a_billing_mode_is_provisioned() -> None:
    table = make_table(
        BillingMode="PROVISIONED", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    )
    properties = {name: value for name, value in table.properties.items() if name != "BillingMode"}
    assert create_table_request(make_table(**table.properties), "t") == create_table_request(
        replace(table, properties=properties), "t"
    )


def test_capacity_is_left_out_where_requests_are_paid_for() -> None:
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    table = make_table(
        ProvisionedThroughput=units,
        AttributeDefinitions=define(itemId="S", status="S"),
        GlobalSecondaryIndexes=[make_index("byStatus", "status", ProvisionedThroughput=units)],
    )
    request = create_table_request(table, "t")
    assert "ProvisionedThroughput" not in request
    assert "ProvisionedThroughput" not in request["GlobalSecondaryIndexes"][0]


@pytest.mark.parametrize(
    ("enabled", "attribute"), [(True, "expires"), ("true", "expires"), (False, None), ("false", None)]
)
def test_time_to_live(enabled: object, attribute: str | None) -> None:
    table = make_table(TimeToLiveSpecification={"AttributeName": "expires", "Enabled": enabled})
    assert time_to_live(table) == attribute


def test_a_table_that_says_nothing_has_no_time_to_live_and_no_recovery() -> None:
    assert (time_to_live(make_table()), point_in_time_recovery(make_table())) == (None, False)


def test_point_in_time_recovery() -> None:
    table = make_table(PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    assert point_in_time_recovery(table) is True


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"KeySchema": [{"AttributeName": "id"}]}, "KeyType is missing"),
        ({"GlobalSecondaryIndexes": [{"IndexName": "x"}]}, "KeySchema is missing"),
        ({"StreamSpecification": {"X": 1}}, "StreamViewType is missing"),
        ({"KeySchema": "itemId"}, "string indices must be integers"),
        ({"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": "x"}}, "invalid literal"),
    ],
)
def test_a_malformed_property_is_reported_with_its_place(properties: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProjectError) as raised:
        create_table_request(make_table(**properties), "t")
    (problem,) = raised.value.problems
    assert (problem.file, problem.line) == ("deploy/resources.yaml", 7)
    assert problem.message.startswith("ItemsTable is not a well-formed AWS::DynamoDB::Table: ")
    assert reason in problem.message
