"""Empty tables are filled, others left alone, on every engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from homeport.dynamodb.client import dynamodb_client
from homeport.dynamodb.seed import seed_tables
from homeport.dynamodb.tables import ensure_tables
from homeport.errors import EngineError, ProjectError
from tests.support.dynamodb import make_table, name_tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.stack

Namer = Callable[[str], str]
TABLES = {"ItemsTable": make_table(), "OtherTable": make_table("OtherTable")}


@pytest.fixture
def seed(tmp_path: Path) -> Callable[[Any], Path]:
    """Writes a seed into a project."""

    def write(content: Any) -> Path:
        file = tmp_path / "deploy" / "seed" / "local.json"
        file.parent.mkdir(parents=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content, indent=1), encoding="utf-8")
        return file

    return write


def count(client: DynamoDBClient, name: str) -> int:
    pages = client.get_paginator("scan").paginate(TableName=name, Select="COUNT")
    return sum(page["Count"] for page in pages)


def test_empty_tables_are_filled_and_only_once(
    dynamodb: DynamoDBClient, name_of: Namer, seed: Callable[[Any], Path], tmp_path: Path
) -> None:
    ensure_tables(dynamodb, name_tables(TABLES, name_of))
    items = [{"itemId": str(n), "price": 1.1, "padding": "x" * 1000} for n in range(60)]
    file = seed({"ItemsTable": items, "OtherTable": [{"itemId": "1"}]})
    dynamodb.put_item(TableName=name_of("OtherTable"), Item={"itemId": {"S": "mine"}})
    assert seed_tables(dynamodb, name_tables(TABLES, name_of), file, tmp_path) == {"ItemsTable": 60}
    assert count(dynamodb, name_of("ItemsTable")) == 60
    item = dynamodb.get_item(TableName=name_of("ItemsTable"), Key={"itemId": {"S": "7"}})["Item"]
    assert item["price"] == {"N": "1.1"}
    assert count(dynamodb, name_of("OtherTable")) == 1
    assert seed_tables(dynamodb, name_tables(TABLES, name_of), file, tmp_path) == {}


def test_no_file_is_no_seed(dynamodb: DynamoDBClient, name_of: Namer, tmp_path: Path) -> None:
    assert seed_tables(dynamodb, name_tables(TABLES, name_of), tmp_path / "local.json", tmp_path) == {}


def test_nothing_is_written_if_anything_is_wrong(
    dynamodb: DynamoDBClient, name_of: Namer, seed: Callable[[Any], Path], tmp_path: Path
) -> None:
    ensure_tables(dynamodb, name_tables(TABLES, name_of))
    file = seed({"ItemsTable": [{"itemId": "1"}], "OtherTable": [{"id": "1"}]})
    with pytest.raises(ProjectError, match=r"deploy/seed/local.json:8: error: OtherTable: the item lacks its key"):
        seed_tables(dynamodb, name_tables(TABLES, name_of), file, tmp_path)
    assert count(dynamodb, name_of("ItemsTable")) == 0


@pytest.mark.parametrize("item", ['{"itemId": ""}', '{"itemId": "3", "n": 1E+126}', '{"itemId": "3", "n": 1E-131}'])
def test_an_item_that_only_dynamodb_refuses_is_reported_with_its_line(
    dynamodb: DynamoDBClient, name_of: Namer, seed: Callable[[Any], Path], tmp_path: Path, item: str
) -> None:
    ensure_tables(dynamodb, name_tables(TABLES, name_of))
    file = seed(f'{{"ItemsTable": [\n{{"itemId": "1"}},\n{{"itemId": "2"}},\n{item}\n]}}')
    with pytest.raises(ProjectError, match=r"deploy/seed/local.json:4: error: DynamoDB refuses this item: "):
        seed_tables(dynamodb, name_tables(TABLES, name_of), file, tmp_path)


def test_a_file_that_is_not_utf8_is_reported(
    dynamodb: DynamoDBClient, name_of: Namer, seed: Callable[[Any], Path], tmp_path: Path
) -> None:
    file = seed("{}")
    file.write_bytes(b'{"ItemsTable": [{"itemId": "\xe4"}]}')
    with pytest.raises(ProjectError, match=r"deploy/seed/local.json: error: it is not UTF-8"):
        seed_tables(dynamodb, name_tables(TABLES, name_of), file, tmp_path)


def test_a_dynamodb_that_is_not_there_is_reported(seed: Callable[[Any], Path], tmp_path: Path) -> None:
    client = dynamodb_client("http://127.0.0.1:1", "us-east-1", fail_fast=True)
    with pytest.raises(EngineError, match="DynamoDB does not take the seed"):
        seed_tables(client, TABLES, seed({"ItemsTable": [{"itemId": "1"}]}), tmp_path)


class BusyClient:
    """Takes a number of items a call and gives the others back."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self.taken: list[Any] = []

    def scan(self, **_: Any) -> Any:
        return {"Count": 0}

    def batch_write_item(self, RequestItems: Any) -> Any:
        ((name, requests),) = RequestItems.items()
        self.taken += requests[: self.at_once]
        rest = requests[self.at_once :]
        return {"UnprocessedItems": {name: rest} if rest else {}}

    class exceptions:
        class ClientError(Exception):
            pass


def test_items_that_come_back_are_sent_again_after_a_pause(seed: Callable[[Any], Path], tmp_path: Path) -> None:
    client = BusyClient(at_once=10)
    pauses: list[float] = []
    file = seed({"ItemsTable": [{"itemId": str(n)} for n in range(30)]})
    done = seed_tables(client, TABLES, file, tmp_path, pauses.append)  # type: ignore[arg-type]
    assert done == {"ItemsTable": 30}
    assert [each["PutRequest"]["Item"]["itemId"]["S"] for each in client.taken] == [str(n) for n in range(30)]
    assert pauses == [0.05, 0.1]


def test_items_that_always_come_back_are_given_up(seed: Callable[[Any], Path], tmp_path: Path) -> None:
    file = seed({"ItemsTable": [{"itemId": "1"}]})
    pauses: list[float] = []
    with pytest.raises(EngineError, match="DynamoDB did not take 1 item of the seed into ItemsTable in 10 tries"):
        seed_tables(BusyClient(0), TABLES, file, tmp_path, pauses.append)  # type: ignore[arg-type]
    assert max(pauses) == 2.0
