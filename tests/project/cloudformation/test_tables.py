"""Tables of templates: with AWS's names and lenient as AWS is, refused where DynamoDB would refuse them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.dynamodb.table_requests import create_table_request
from homeport.project.model import Table
from homeport.project.project import ProjectInputs
from tests.support.templates import read_template_text

KEYS = """
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
"""


def resource(properties: str, kind: str = "AWS::DynamoDB::Table", name: str = "Items") -> str:
    return f"Resources:\n  {name}:\n    Type: {kind}\n    Properties:\n      {properties.strip()}{KEYS}"


def tables(folder: Path, template: str, **parameters: str) -> dict[str, Table]:
    found = read_template_text(folder, template, ProjectInputs(parameters=tuple(parameters.items())))
    assert found.errors == []
    return dict(found.project.resources.tables)


def request(table: Table) -> dict[str, Any]:
    """Return the CreateTable request of a table."""
    return create_table_request(table, table.name)


def test_table_without_a_name_has_the_stacks_before_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    assert tables(folder, resource("BillingMode: PAY_PER_REQUEST"))["Items"].name == "shop-Items"


def test_fixed_name_is_used_as_it_is(tmp_path: Path) -> None:
    named = "TableName: !Sub items-${Env}\n      BillingMode: PAY_PER_REQUEST"
    template = f"Parameters: {{Env: {{Type: String, Default: dev}}}}\n{resource(named)}"
    assert tables(tmp_path, template)["Items"].name == "items-dev"
    assert tables(tmp_path, template, Env="prod")["Items"].name == "items-prod"


def test_table_of_a_false_condition_is_not_there(tmp_path: Path) -> None:
    template = resource("BillingMode: PAY_PER_REQUEST").replace("    Type:", "    Condition: Never\n    Type:")
    assert tables(tmp_path, f'Conditions: {{Never: !Equals ["a", "b"]}}\n{template}') == {}


def test_texts_become_the_types_that_dynamodb_takes(tmp_path: Path) -> None:
    written = """
      BillingMode: PROVISIONED
      ProvisionedThroughput: {ReadCapacityUnits: "5", WriteCapacityUnits: !Ref Units}
      TimeToLiveSpecification: {AttributeName: expires, Enabled: "true"}
"""
    template = f'Parameters: {{Units: {{Type: Number, Default: "3"}}}}\n{resource(written)}'
    made = tables(tmp_path, template)["Items"]
    assert request(made)["ProvisionedThroughput"] == {"ReadCapacityUnits": 5, "WriteCapacityUnits": 3}
    assert made.properties["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


def test_properties_with_a_meaning_on_aws_only_keep_no_table_from_being_made(tmp_path: Path) -> None:
    written = """
      BillingMode: PAY_PER_REQUEST
      SSESpecification: {SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: !ImportValue TheKey}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
      ContributorInsightsSpecification: {Enabled: true}
      OfNextYear: {Anything: goes}
      Tags: [{Key: team, Value: mine}]
"""
    made = tables(tmp_path, resource(written))["Items"]
    assert set(made.properties) == {
        *("AttributeDefinitions", "BillingMode", "KeySchema", "PointInTimeRecoverySpecification", "Tags"),
    }


def test_capacity_of_a_table_that_is_paid_for_by_request_is_dropped(tmp_path: Path) -> None:
    written = "BillingMode: PAY_PER_REQUEST\n      ProvisionedThroughput: {ReadCapacityUnits: 5, WriteCapacityUnits: 5}"
    assert "ProvisionedThroughput" not in tables(tmp_path, resource(written))["Items"].properties


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("BillingMode: PROVISIONED", "a PROVISIONED table needs ProvisionedThroughput"),
        ("TableName: a b\n      BillingMode: PAY_PER_REQUEST", "'a b' is no table name"),
        ("BillingMode: ON_DEMAND", "'BillingMode' can't be 'ON_DEMAND'"),
    ],
)
def test_table_that_aws_refuses_is_an_error_of_the_template(tmp_path: Path, written: str, message: str) -> None:
    found = read_template_text(tmp_path, resource(written))
    assert [problem.message for problem in found.problems] == [message]
    assert (found.problems[0].file, found.project.resources.tables) == ("template.yaml", {})
    assert found.problems[0].line >= 2


GLOBAL = """
      TableName: orders
      BillingMode: PROVISIONED
      WriteProvisionedThroughputSettings:
        WriteCapacityAutoScalingSettings: {MinCapacity: 4, MaxCapacity: 40}
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
      GlobalSecondaryIndexes:
        - IndexName: byId
          KeySchema: [{AttributeName: id, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
          WriteProvisionedThroughputSettings:
            WriteCapacityAutoScalingSettings: {SeedCapacity: 7, MinCapacity: 1, MaxCapacity: 9}
      Replicas:
        - Region: eu-west-1
          ReadProvisionedThroughputSettings: {ReadCapacityUnits: 9}
        - Region: us-east-1
          TableClass: STANDARD_INFREQUENT_ACCESS
          ReadProvisionedThroughputSettings: {ReadCapacityUnits: 2}
          GlobalSecondaryIndexes:
            - {IndexName: byId, ReadProvisionedThroughputSettings: {ReadCapacityUnits: 3}}
"""


def test_global_table_is_its_replica_in_the_stacks_region(tmp_path: Path) -> None:
    found = read_template_text(tmp_path, resource(GLOBAL, "AWS::DynamoDB::GlobalTable"))
    assert found.errors == []
    made = request(found.project.resources.tables["Items"])
    assert made["TableName"] == "orders"
    assert made["ProvisionedThroughput"] == {"ReadCapacityUnits": 2, "WriteCapacityUnits": 4}
    assert made["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert made["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    [index] = made["GlobalSecondaryIndexes"]
    assert index["ProvisionedThroughput"] == {"ReadCapacityUnits": 3, "WriteCapacityUnits": 7}
    assert found.warnings == ["Items has no replicas here in eu-west-1"]


@pytest.mark.parametrize(
    "replicas",
    ["[a, 3]", "text", "[[]]", "[{Region: [us-east-1]}]", "[{GlobalSecondaryIndexes: [5, {IndexName: []}]}]"],
)
def test_malformed_replicas_are_no_crash(tmp_path: Path, replicas: str) -> None:
    head = GLOBAL.partition("      Replicas:")[0]
    found = read_template_text(tmp_path, resource(f"{head}      Replicas: {replicas}", "AWS::DynamoDB::GlobalTable"))
    assert found.errors or "Items" in found.project.resources.tables


def test_global_table_that_is_paid_for_by_request_has_no_capacity(tmp_path: Path) -> None:
    written = GLOBAL.replace("BillingMode: PROVISIONED", "BillingMode: PAY_PER_REQUEST")
    made = tables(tmp_path, resource(written, "AWS::DynamoDB::GlobalTable"))["Items"]
    assert "ProvisionedThroughput" not in request(made)
    assert "ProvisionedThroughput" not in made.properties["GlobalSecondaryIndexes"][0]
