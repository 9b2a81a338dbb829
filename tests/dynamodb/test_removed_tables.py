"""Tables that a project had and has no longer: they stay, and are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from homeport.dynamodb.tables import removed_tables, table_names
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
        f"aws dynamodb delete-table --table-name {gone} --endpoint-url http://127.0.0.1:8000 deletes it"
    )


def test_names_come_from_every_page() -> None:
    pages: dict[str, dict[str, Any]] = {
        "": {"TableNames": ["a", "b"], "LastEvaluatedTableName": "b"},
        "b": {"TableNames": ["c"]},
    }

    class Client:
        def list_tables(self, ExclusiveStartTableName: str = "") -> dict[str, Any]:
            return pages[ExclusiveStartTableName]

    assert list(table_names(cast(Any, Client()))) == ["a", "b", "c"]
