"""Lists of items that another tool's configuration names fill empty tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from homeport.dynamodb.seed_lists import read_list, seed_from_lists
from homeport.dynamodb.tables import ensure_tables
from homeport.errors import ProjectError
from homeport.project.model import TableSeed
from tests.support.dynamodb import make_table, name_tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.mark.stack
def test_an_empty_table_is_filled_once_and_a_strange_one_is_named(
    dynamodb: DynamoDBClient, name_of: Callable[[str], str], tmp_path: Path
) -> None:
    tables = name_tables({"ItemsTable": make_table()}, name_of)
    ensure_tables(dynamodb, tables)
    name = tables["ItemsTable"].name
    (tmp_path / "plain.json").write_text(json.dumps([{"itemId": "1"}, {"itemId": "2"}]))
    seeds = (TableSeed(name, "plain.json"), TableSeed("other", "other.json"))
    assert list(seed_from_lists(dynamodb, tables, seeds, tmp_path)) == [
        "filled ItemsTable with 2 items of plain.json",
        "warning: other.json is for the table other, which is not in the project",
    ]
    assert len(list(seed_from_lists(dynamodb, tables, seeds, tmp_path))) == 1


@pytest.mark.unit
def test_items_may_be_in_dynamodbs_own_json(tmp_path: Path) -> None:
    (tmp_path / "raw.json").write_text('[{"itemId": {"S": "1"}, "n": {"N": "5"}}]')
    (item,) = read_list(TableSeed("t", "raw.json", in_dynamodb_json=True), tmp_path, make_table())
    assert item.attributes == {"itemId": {"S": "1"}, "n": {"N": "5"}}


@pytest.mark.unit
@pytest.mark.parametrize(
    "text", ["{}", "[1]", '[{"itemId": "1"}]', '[{"itemId": {"N": "1"}}]', '[{"a": {"S": "b"}}]', "no"]
)
def test_a_list_that_is_none_is_reported_with_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "raw.json").write_text(text)
    with pytest.raises(ProjectError, match=r"raw\.json"):
        read_list(TableSeed("t", "raw.json", in_dynamodb_json=True), tmp_path, make_table())
