"""Tables that are on AWS already: the stack uses them, and does not make them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from homeport.cloud.template.build import build_template
from homeport.errors import ProjectError
from homeport.project.check import examine_project
from homeport.project.load import load_project, read_project
from homeport.runtime.table_permissions import dynamodb_permissions
from tests.support.project import SPEC, notes_project

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/old-notes"
TABLE = """\
Resources:
  NotesTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: noteId, AttributeType: S}, {AttributeName: day, AttributeType: S}]
      KeySchema: [{AttributeName: noteId, KeyType: HASH}]
      GlobalSecondaryIndexes:
        - IndexName: byDay
          KeySchema: [{AttributeName: day, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
"""
PARAMETER = """\
  Parameter:
    Type: AWS::SSM::Parameter
    DependsOn: [NotesTable]
    Properties: {Type: String, Value: !Sub "${NotesTable} at ${NotesTable.Arn} in ${AWS::Region}, ${!NotesTable}"}
"""
ACCESS = SPEC.replace("[GetItem]}}", "[GetItem], NotesTable/byDay: [Query]}}")
IMPORTED = {"Fn::ImportValue": "notes-arn"}
IMPORTED_NAME = {"Fn::Select": [1, {"Fn::Split": ["/", IMPORTED]}]}
IN_ACCOUNT = {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/old-notes"}


def project_with(root: Path, table: str, resources: str = TABLE + PARAMETER) -> Path:
    stages = f"stages:\n  local: {{}}\n  prod:\n    alarms: {{}}\n    tables:\n      NotesTable: {table}\n"
    return notes_project(root, spec=ACCESS, resources=resources, stages=stages)


def template(root: Path, table: str) -> dict[str, Any]:
    return build_template(load_project(project_with(root, table), "prod"))


@pytest.mark.parametrize(
    ("written", "name", "arn"),
    [
        (ARN, "old-notes", ARN),
        ("old-notes", "old-notes", IN_ACCOUNT),
        ("!ImportValue notes-arn", IMPORTED_NAME, IMPORTED),
        ("{Fn::ImportValue: notes-arn}", IMPORTED_NAME, IMPORTED),
    ],
)
def test_a_stack_uses_an_existing_table_by_its_name_and_arn(tmp_path: Path, written: str, name: Any, arn: Any) -> None:
    made = template(tmp_path, written)
    resources = made["Resources"]
    assert "NotesTable" not in resources
    assert resources["GetNoteFunction"]["Properties"]["Environment"]["Variables"] == {"NOTES_TABLE": name}
    statements = resources["GetNoteRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert [(found["Action"], found["Resource"]) for found in statements[1:]] == [
        (["dynamodb:GetItem"], arn),
        (["dynamodb:Query"], {"Fn::Sub": ["${NotesTableArn}/index/byDay", {"NotesTableArn": arn}]}),
    ]
    assert resources["Parameter"] == {
        "Type": "AWS::SSM::Parameter",
        "Properties": {
            "Type": "String",
            "Value": {
                "Fn::Sub": [
                    "${NotesTableName} at ${NotesTableArn} in ${AWS::Region}, ${!NotesTable}",
                    {"NotesTableName": name, "NotesTableArn": arn},
                ]
            },
        },
    }
    assert {"Name": "TableName", "Value": name} in _dimensions(made)
    assert "NotesTableName" not in made["Outputs"]
    text = json.dumps(made)
    assert not re.search(r'"Ref": "NotesTable"|"Fn::GetAtt": \["NotesTable"|(?<!\!)\$\{NotesTable[.}]', text)


def _dimensions(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.get("Dimensions", ()), *(it for inner in value.values() for it in _dimensions(inner))]
    return [it for inner in value for it in _dimensions(inner)] if isinstance(value, list) else []


def test_a_stage_without_the_setting_makes_the_table(tmp_path: Path) -> None:
    root = project_with(tmp_path, ARN)
    made = build_template(load_project(root, "local"))
    assert made["Resources"]["NotesTable"]["Type"] == "AWS::DynamoDB::Table"
    assert made["Resources"]["GetNoteFunction"]["Properties"]["Environment"]["Variables"] == {
        "NOTES_TABLE": {"Ref": "NotesTable"}
    }


def test_a_local_table_has_the_existing_one_s_name_and_access_alone_opens_it(tmp_path: Path) -> None:
    project = load_project(project_with(tmp_path, ARN), "prod")
    table = project.resources.tables["NotesTable"]
    assert table.name == "old-notes"
    rights = dynamodb_permissions(project.api.functions["put-note"], "eu-west-1", project.resources, "000000000000")
    assert rights == {"arn:aws:dynamodb:eu-west-1:000000000000:table/old-notes": ("PutItem",)}
    imported = load_project(project_with(tmp_path / "other", "!ImportValue notes-arn"), "prod")
    assert imported.resources.tables["NotesTable"].name == "notes-prod-NotesTable"


def test_backups_of_an_existing_table_are_its_owner_s(tmp_path: Path) -> None:
    root = project_with(tmp_path, ARN, TABLE)
    assert ["point-in-time" in str(problem) for problem in examine_project(root, "local")] == [True]
    assert examine_project(root, "prod") == []


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("a b", "'NotesTable' can't be 'a b': it is no table of DynamoDB"),
        ("arn:aws:s3:::bucket", "'NotesTable' can't be 'arn:aws:s3:::bucket': it is no table of DynamoDB"),
        ("{Ref: Other}", "'NotesTable' can't be {'Ref': 'Other'}: it is no table of DynamoDB"),
        ("old\n      NoteTable: old", "there is no table 'NoteTable' in deploy/resources.yaml"),
    ],
)
def test_a_wrong_setting_is_reported_with_its_line(tmp_path: Path, written: str, problem: str) -> None:
    _, problems = read_project(project_with(tmp_path, written), "prod")
    found = [it for it in problems if it.severity == "error"]
    assert [(it.message, it.file, it.line) for it in found] == [
        (problem, "deploy/stages.yaml", 7 if "NoteTable" in written else 6)
    ]


def test_a_stream_of_an_existing_table_has_to_be_written(tmp_path: Path) -> None:
    root = project_with(tmp_path, ARN, TABLE + PARAMETER.replace("${NotesTable.Arn}", "${NotesTable.StreamArn}"))
    with pytest.raises(ProjectError, match=r"deploy/stages\.yaml:6: error: StreamArn of NotesTable is known to"):
        build_template(load_project(root, "prod"))
