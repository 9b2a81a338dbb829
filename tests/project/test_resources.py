"""deploy/resources.yaml: tables worked out for a stage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeport.project.model import Resources, Source, Table
from tests.support.spec import check_problems, document, errors, load, operation, write_document

TABLE = """\
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
"""


def project(root: Path, text: str) -> Path:
    """A project with these resources and stages."""
    stages = "stages: {prod: {deletionProtection: true, region: eu-central-1}}"
    return write_document(root, document({"/a": {"get": operation()}}), stages=stages, resources=text)


def resources(root: Path, text: str, stage: str = "local") -> Resources:
    """The resources of a stage."""
    return load(project(root, text), stage).resources


def properties(root: Path, text: str, stage: str = "local") -> dict[str, Any]:
    """The properties of the one table."""
    [table] = resources(root, text, stage).tables.values()
    return dict(table.properties)


def test_the_properties_of_a_table_are_read(tmp_path: Path) -> None:
    found = resources(tmp_path, TABLE)
    assert found.tables == {
        "Table": Table(
            "Table",
            "test-local-Table",
            {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
            Source("deploy/resources.yaml", 2),
        )
    }
    assert found.document["Resources"]["Table"]["Type"] == "AWS::DynamoDB::Table"


WORKED_OUT = (
    """\
Parameters:
  Stage: {Type: String, AllowedValues: [local, prod]}
  DeletionProtection: {Type: String}
  Prefix: {Type: String, Default: my}
  Names: {Type: CommaDelimitedList, Default: "one, two"}
Conditions:
  Live: !Equals [!Ref Stage, prod]
  Kept: !And [!Condition Live, !Not [!Equals [!Ref DeletionProtection, false]]]
  Either: !Or [!Condition Live, !Equals [a, a]]
"""
    + TABLE
    + """\
      DeletionProtectionEnabled: !Ref DeletionProtection
      PointInTimeRecoverySpecification: !If [Kept, {PointInTimeRecoveryEnabled: true}, !Ref AWS::NoValue]
      TableClass: !If [Either, STANDARD, STANDARD_INFREQUENT_ACCESS]
      OnDemandThroughput: {MaxReadRequestUnits: "5", MaxWriteRequestUnits: !If [Live, 9, !Ref AWS::NoValue]}
      SSESpecification: {SSEEnabled: "true", KMSMasterKeyId: !GetAtt Key.Arn}
      Tags:
        - {Key: a, Value: !Sub "${Prefix}-${AWS::Region}-${!Literal}"}
        - {Key: b, Value: !Sub ["${x}/${AWS::StackName}", {x: !Select [1, !Ref Names]}]}
        - {Key: c, Value: !Join [":", [!Ref AWS::Partition, !Select [0, !Split ["-", "p-q"]]]]}
  Other:
    Type: AWS::DynamoDB::Table
    Condition: Live
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
"""
)


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (
            "local",
            {
                "DeletionProtectionEnabled": False,
                "TableClass": "STANDARD",
                "OnDemandThroughput": {"MaxReadRequestUnits": 5},
                "Tags": [
                    {"Key": "a", "Value": "my-us-east-1-${Literal}"},
                    {"Key": "b", "Value": "two/test-local"},
                    {"Key": "c", "Value": "aws:p"},
                ],
            },
        ),
        (
            "prod",
            {
                "DeletionProtectionEnabled": True,
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "TableClass": "STANDARD",
                "OnDemandThroughput": {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 9},
                "Tags": [
                    {"Key": "a", "Value": "my-eu-central-1-${Literal}"},
                    {"Key": "b", "Value": "two/test-prod"},
                    {"Key": "c", "Value": "aws:p"},
                ],
            },
        ),
    ],
)
def test_functions_and_conditions_are_worked_out_for_the_stage(tmp_path: Path, stage: str, expected: Any) -> None:
    found = resources(tmp_path, WORKED_OUT, stage)
    assert list(found.tables) == (["Table", "Other"] if stage == "prod" else ["Table"])
    always = ("BillingMode", "AttributeDefinitions", "KeySchema")
    assert {key: value for key, value in found.tables["Table"].properties.items() if key not in always} == expected
    assert found.parameters == {"Stage": stage, "DeletionProtection": "true" if stage == "prod" else "false"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "BillingMode: PAY",
            "TableName: my items\n      BillingMode: PAY",
            "5: error: 'my items' is no table name (use 3 to 255 letters, digits, _, . and -)",
        ),
        (
            "BillingMode",
            "BilingMode",
            "5: error: unknown key 'BilingMode' in a table's properties (did you mean BillingMode?)",
        ),
        ("KeyType: HASH", "KeyType: hash", "7: error: 'KeyType' can't be 'hash' (did you mean HASH?)"),
        ("AttributeType: S", "AttributeType: String", "6: error: 'AttributeType' can't be 'String' (known: B, N, S)"),
        (
            "AttributeName: id, KeyType",
            "AttributeName: it, KeyType",
            "7: error: the key 'it' is not in AttributeDefinitions (define it there)\n"
            "deploy/resources.yaml:6: error: the attribute 'id' is defined but no key uses it "
            "(remove it: DynamoDB wants key attributes only)",
        ),
        (
            "[{AttributeName: id, KeyType: HASH}]",
            "[{AttributeName: id, KeyType: RANGE}]",
            "7: error: a key schema needs a HASH key (mark the partition key as HASH)",
        ),
        (
            "KeySchema: [{AttributeName: id, KeyType: HASH}]",
            "KeySchema: []",
            "7: error: 'KeySchema' needs at least 1 entry",
        ),
        (
            "BillingMode: PAY_PER_REQUEST",
            "TableClass: STANDARD",
            "4: error: a PROVISIONED table needs ProvisionedThroughput (set BillingMode: PAY_PER_REQUEST, or add it)",
        ),
        (
            "BillingMode: PAY_PER_REQUEST",
            "BillingMode: PAY_PER_REQUEST\n      ProvisionedThroughput: {ReadCapacityUnits: 1, WriteCapacityUnits: 1}",
            "6: error: a PAY_PER_REQUEST table has no ProvisionedThroughput (remove it)",
        ),
        (
            "BillingMode: PAY_PER_REQUEST",
            "BillingMode: PAY_PER_REQUEST\n      TimeToLiveSpecification: {Enabled: true}",
            "6: error: TimeToLiveSpecification needs an AttributeName (name the attribute with the expiry time)",
        ),
        ("Properties:", "Propertys:", "4: error: unknown key 'Propertys' in a resource (did you mean Properties?)"),
        ("  Table:", "  My_Table:", "2: error: 'My_Table' is no logical id (use letters and digits only)"),
        ("Resources:", "Resource:", "1: error: unknown key 'Resource' in a resources file (did you mean Resources?)"),
        (
            "    Type: AWS::DynamoDB::Table\n",
            "",
            "2: error: the resource Table has no Type (write Type: AWS::DynamoDB::Table)",
        ),
        (
            "BillingMode: PAY_PER_REQUEST",
            "BillingMode: !Ref Mode",
            "5: error: 'Mode' has no value here (refer to a parameter with a default)",
        ),
        (
            "BillingMode: PAY_PER_REQUEST",
            "BillingMode: !If [Liv, A, B]",
            "5: error: there is no condition 'Liv' (there are none)",
        ),
        (
            "BillingMode: PAY_PER_REQUEST",
            "BillingMode: !FindInMap [a, b, c]",
            "5: error: Fn::FindInMap finds no 'a' (there are none)",
        ),
        (
            "BillingMode: PAY_PER_REQUEST",
            "BillingMode: !ImportValue mode",
            "5: error: Fn::ImportValue can't be worked out locally (write the value out)",
        ),
    ],
)
def test_an_invalid_table_is_an_error_at_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    lines = errors(project(tmp_path, TABLE.replace(old, new, 1)))
    assert "\n".join(lines[: message.count("\n") + 1]) == f"deploy/resources.yaml:{message}"


def index(**changes: Any) -> str:
    """A table with a global index that differs from a right one."""
    parts = {
        "IndexName": "byOwner",
        "KeySchema": "[{AttributeName: id, KeyType: HASH}]",
        "Projection": "{ProjectionType: ALL}",
        **changes,
    }
    kind = parts.pop("kind", "GlobalSecondaryIndexes")
    lines = [f"{key}: {value}" for key, value in parts.items() if value is not None]
    return TABLE + f"      {kind}:\n        - {{{', '.join(lines)}}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (index(IndexName="b"), "'b' is no index name (use 3 to 255 letters, digits, _, . and -)"),
        (index(Projection=None), "a global secondary index needs 'Projection' (add it)"),
        (
            index(Projection="{ProjectionType: SOME}"),
            "'ProjectionType' can't be 'SOME' (known: ALL, INCLUDE, KEYS_ONLY)",
        ),
        (
            index(KeySchema="[{AttributeName: x, KeyType: HASH}]"),
            "the key 'x' is not in AttributeDefinitions (define it there)",
        ),
        (
            index(kind="LocalSecondaryIndexes"),
            "a local index has the table's HASH key (id) and a RANGE key of its own "
            "(for another HASH key use GlobalSecondaryIndexes)",
        ),
        (
            index(KeySchema="[{AttributeName: id, KeyType: RANGE}, {AttributeName: id, KeyType: HASH}]"),
            "the HASH key comes before the RANGE key (swap them)",
        ),
    ],
)
def test_an_invalid_index_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    lines = [line.partition("error: ")[2] for line in errors(project(tmp_path, text))]
    assert lines[0] == message


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (
            "Parameters: {Mode: {Type: String}}",
            "the parameter 'Mode' has no Default (give it one: the kit sets Stage and DeletionProtection only)",
        ),
        (
            "Parameters: {Stage: {Type: String, AllowedValues: [dev]}}",
            "'local', the value of 'Stage', is not allowed (add it)",
        ),
        (
            "Transform: AWS::Serverless-2016-10-31",
            "unknown key 'Transform' in a resources file (known: AWSTemplateFormatVersion, "
            "Conditions, Description, Mappings, Metadata, Outputs, Parameters, Resources)",
        ),
    ],
)
def test_the_rest_of_the_file_is_checked_as_well(tmp_path: Path, head: str, message: str) -> None:
    lines = [line.partition("error: ")[2] for line in errors(project(tmp_path, f"{head}\n{TABLE}"))]
    assert lines == [message]


def test_a_condition_that_refers_to_itself_is_an_error(tmp_path: Path) -> None:
    text = TABLE.replace("    Properties", "    Condition: A\n    Properties") + "Conditions: {A: !Condition A}\n"
    assert errors(project(tmp_path, text)) == [
        "deploy/resources.yaml:9: error: the condition 'A' refers to itself (break the circle)"
    ]


def test_a_fixed_name_is_used_as_it_is_and_a_warning(tmp_path: Path) -> None:
    text = TABLE.replace("BillingMode: PAY", "TableName: items\n      BillingMode: PAY")
    assert resources(tmp_path, text).tables["Table"].name == "items"
    assert "Table is named items in each stage: two stages in one account would collide" in [
        problem.message for problem in check_problems(tmp_path) if problem.severity == "warning"
    ]


@pytest.mark.parametrize(
    ("name", "expected"), [("${AWS::StackName}-items", "test-prod-items"), ("t-${Stage}", "t-prod")]
)
def test_a_name_with_the_stage_in_it_is_no_finding(tmp_path: Path, name: str, expected: str) -> None:
    named = TABLE.replace("BillingMode: PAY", f"TableName: !Sub {name}\n      BillingMode: PAY")
    text = f"Parameters: {{Stage: {{Type: String, Default: x}}}}\n{named}"
    assert resources(tmp_path, text, "prod").tables["Table"].name == expected
    assert not any("collide" in problem.message for problem in check_problems(tmp_path, "prod"))


def test_a_file_without_resources_has_no_tables(tmp_path: Path) -> None:
    assert replace(resources(tmp_path, ""), names={}) == Resources()
    assert dict(resources(tmp_path, "Description: Nothing yet.").tables) == {}
