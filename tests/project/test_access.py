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
