"""``x-homeport.access`` against the tables and IAM's actions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.spec import SPEC, errors, line_of, load, write_project


@pytest.mark.parametrize(
    ("access", "message"),
    [
        (
            "{ThingTable: [PutItem]}",
            "access to 'ThingTable', which deploy/resources.yaml does not create (did you mean ThingsTable?)",
        ),
        ("{ThingsTable/byOwnr: [Query]}", "ThingsTable has no index 'byOwnr' (did you mean byOwner?)"),
        ("{ThingsTable: [putItem]}", "'putItem' is no action on DynamoDB items (did you mean PutItem?)"),
        ("{ThingsTable: [Frobnicate]}", "'Frobnicate' is no action on DynamoDB items (check its spelling)"),
        (
            "{ThingsTable/byOwner: [GetItem]}",
            "GetItem works on tables, not on indexes such as ThingsTable/byOwner (use PartiQLSelect, Query, Scan)",
        ),
        (
            "{ThingsTable: [TransactWriteItems]}",
            "TransactWriteItems is no action of IAM "
            "(name its parts: PutItem, UpdateItem, DeleteItem, ConditionCheckItem)",
        ),
        (
            '{ThingsTable: ["Get*"]}',
            "'Get*' is a pattern (name each action: the contract run proves that every one is used)",
        ),
        ("[ThingsTable]", "'access' must be a map from tables to actions, not a list"),
        ("{ThingsTable: PutItem}", "'ThingsTable' must be a list, not the text 'PutItem'"),
    ],
)
def test_access_to_an_unknown_table_index_or_action_is_an_error(tmp_path: Path, access: str, message: str) -> None:
    spec = SPEC.replace("{ThingsTable: [PutItem]}", access)
    line = line_of(spec, f"access: {access}")
    assert errors(write_project(tmp_path, spec=spec)) == [f"openapi.yaml:{line}: error: {message}"]


def test_an_action_may_carry_iams_prefix(tmp_path: Path) -> None:
    spec = SPEC.replace("{ThingsTable: [PutItem]}", "{ThingsTable: ['dynamodb:PutItem']}")
    assert load(write_project(tmp_path, spec=spec)).api.functions["create-thing"].access == {
        "ThingsTable": ("PutItem",)
    }


def test_access_without_any_table_says_where_tables_come_from(tmp_path: Path) -> None:
    lines = errors(write_project(tmp_path, resources=None))
    assert lines[0].endswith(
        "access to 'ThingsTable', which deploy/resources.yaml does not create (add it there as an AWS::DynamoDB::Table)"
    )


def resources(text: str) -> str:
    return f"Resources:\n  ThingsTable:\n    {text}\n"


def test_access_to_a_resource_of_another_type_names_that_type_and_the_one_that_was_meant(tmp_path: Path) -> None:
    lines = errors(write_project(tmp_path, resources=resources("Type: AWS::DynamoDB::Tabel")))
    assert lines[0].endswith(
        "access to 'ThingsTable', which is no table in deploy/resources.yaml, but AWS::DynamoDB::Tabel "
        "(did you mean AWS::DynamoDB::Table? access is for DynamoDB, policies for other services)"
    )


def test_faulty_table_is_named_alone_without_what_follows_from_it(tmp_path: Path) -> None:
    root = write_project(tmp_path, resources=resources("Type: AWS::DynamoDB::Table\n    Propertys: {}"))
    assert not [line for line in errors(root) if line.startswith("openapi.yaml")]


def test_misspelt_section_of_the_resources_is_named_alone(tmp_path: Path) -> None:
    root = write_project(tmp_path, resources=resources("Type: AWS::DynamoDB::Table").replace("Resources:", "Resource:"))
    (line,) = errors(root)
    assert line.endswith("unknown key 'Resource' in a resources file (did you mean Resources?)")
