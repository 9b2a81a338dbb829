"""Tables that a project had and has no longer: they stay, and are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from homeport.dynamodb.table_setup import removed_tables, table_names, tables_left
from tests.support.spec import load, write_project

pytestmark = pytest.mark.unit


def test_a_table_of_the_stage_that_the_files_lack_is_named(tmp_path: Path) -> None:
    project = load(write_project(tmp_path))
    known = project.resources.tables["ThingsTable"].name
    assert known.startswith(project.stage.stack_name)
    gone = f"{project.stage.stack_name}-OldTable"
    (line,) = removed_tables([known, gone, "another-local-OldTable"], project, "http://127.0.0.1:8000")
    assert line == (
        f"table {gone} is no longer in the project: it stays with its items; "
        "AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws dynamodb delete-table "
        f"--table-name {gone} --endpoint-url http://127.0.0.1:8000 --region us-east-1 deletes it"
    )


def test_the_tables_that_a_saved_seed_leaves_are_named() -> None:
    assert list(tables_left(["A", "B"], {"A": 1, "B": 2})) == []
    assert list(tables_left(["A", "B"], {"A": 1})) == [
        "left B as before, for it has items: the seed fills empty tables only"
    ]
    assert list(tables_left(["A", "B"], {})) == [
        "left A, B as before, for they have items: the seed fills empty tables only"
    ]


def test_names_come_from_every_page() -> None:
    pages: dict[str, dict[str, Any]] = {
        "": {"TableNames": ["a", "b"], "LastEvaluatedTableName": "b"},
        "b": {"TableNames": ["c"]},
    }

    class Client:
        def list_tables(self, ExclusiveStartTableName: str = "") -> dict[str, Any]:
            return pages[ExclusiveStartTableName]

    assert list(table_names(cast(Any, Client()))) == ["a", "b", "c"]
