"""Items of tables are saved and loaded, to the last digit, on every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from homeport.dynamodb.client import dynamodb_client
from homeport.dynamodb.snapshot import SnapshotError, SnapshotTables, load, read_snapshot_header, save
from homeport.dynamodb.tables import ensure_tables
from homeport.errors import EngineError
from tests.support.dynamodb import define, make_index, make_table, name_tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.stack

Namer = Callable[[str], str]
INDEXED = make_table(
    AttributeDefinitions=define(itemId="S", status="S", rank="N"),
    GlobalSecondaryIndexes=[make_index("byStatus", "status", "rank", projection="KEYS_ONLY")],
    TimeToLiveSpecification={"AttributeName": "expiresAt", "Enabled": True},
)
TABLES = {"ItemsTable": INDEXED, "OtherTable": make_table("OtherTable")}
EVERYTHING: Mapping[str, Any] = {
    "itemId": {"S": "é😀\n\u0000"},
    "rank": {"N": "12345678901234567890123456789012345678"},
    "small": {"N": "0.000000000000000000000000000000000001"},
    "bytes": {"B": b"\x00\xff{"},
    "flags": {"L": [{"BOOL": True}, {"NULL": True}, {"M": {"B": {"B": b"inner"}, "L": {"L": []}}}]},
    "numbers": {"NS": ["-1", "2.5"]},
    "words": {"SS": ["a", "b"]},
    "blobs": {"BS": [b"\x01", b"\x02"]},
    "empty": {"S": ""},
}


@pytest.fixture
def tables(dynamodb: DynamoDBClient, name_of: Namer) -> Iterator[SnapshotTables]:
    ensure_tables(dynamodb, name_tables(TABLES, name_of))
    said: list[str] = []
    yield SnapshotTables(dynamodb, {name: name_of(name) for name in TABLES}, makes_tables=True, say=said.append)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "snapshots" / "before.jsonl.gz"


def keep(tables: SnapshotTables, file: Path) -> Mapping[str, int]:
    return save(tables, file, "local", "2026-01-02T03:04:05+00:00")


def put(tables: SnapshotTables, *items: Mapping[str, Any], table: str = "ItemsTable") -> None:
    for item in items:
        tables.client.put_item(TableName=tables.names[table], Item=item)


def items(tables: SnapshotTables, table: str = "ItemsTable") -> list[Mapping[str, Any]]:
    pages = tables.client.get_paginator("scan").paginate(TableName=tables.names[table])
    found = [sets_in_order(item) for page in pages for item in page["Items"]]
    return sorted(found, key=lambda item: str(item["itemId"]))


def sets_in_order(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        name: {kind: sorted(value) if kind in ("SS", "NS", "BS") else value for kind, value in typed.items()}
        for name, typed in item.items()
    }


def test_every_type_comes_back_exactly_into_tables_that_are_gone(tables: SnapshotTables, file: Path) -> None:
    put(tables, EVERYTHING)
    put(tables, {"itemId": {"S": "o"}}, table="OtherTable")
    before = [items(tables), items(tables, "OtherTable")]
    assert keep(tables, file) == {"ItemsTable": 1, "OtherTable": 1}
    for name in tables.names.values():
        tables.client.delete_table(TableName=name)
    assert load(tables, file, replace=False) == {"ItemsTable": 1, "OtherTable": 1}
    assert [items(tables), items(tables, "OtherTable")] == before
    # Nothing is left to change: definition, indexes and time to live are as the template has them.
    assert ensure_tables(tables.client, name_tables(TABLES, tables.names.__getitem__)) == ()


def test_tables_that_hold_items_are_left_alone_unless_asked(tables: SnapshotTables, file: Path) -> None:
    put(tables, {"itemId": {"S": "old"}})
    keep(tables, file)
    put(tables, {"itemId": {"S": "new"}})
    with pytest.raises(SnapshotError) as error:
        load(tables, file, replace=False)
    assert str(error.value) == "ItemsTable holds items already (--replace removes them first)"
    assert len(items(tables)) == 2
    load(tables, file, replace=True)
    assert items(tables) == [{"itemId": {"S": "old"}}]


def test_many_pages_and_batches_come_back(tables: SnapshotTables, file: Path) -> None:
    wide = {"text": {"S": "x" * 30_000}}
    put(tables, *({"itemId": {"S": f"{number:03}"}, **wide} for number in range(103)))
    assert keep(tables, file)["ItemsTable"] == 103
    load(tables, file, replace=True)
    assert [item["itemId"]["S"] for item in items(tables)] == [f"{number:03}" for number in range(103)]


def test_tables_with_another_key_take_nothing(tables: SnapshotTables, file: Path, name_of: Namer) -> None:
    put(tables, {"itemId": {"S": "1"}})
    keep(tables, file)
    other = make_table(
        "Other",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=define(pk="S"),
    )
    ensure_tables(tables.client, name_tables({"Other": other}, name_of))
    changed = SnapshotTables(tables.client, {"ItemsTable": name_of("Other")}, makes_tables=True, say=tables.say)
    with pytest.raises(SnapshotError, match=r"its primary key was \(itemId S\) and is \(pk S\) now"):
        load(changed, file, replace=True)


def test_tables_that_cannot_be_saved_or_loaded_are_named(tables: SnapshotTables, file: Path) -> None:
    said: list[str] = []
    some = SnapshotTables(tables.client, {**tables.names, "Gone": "no-such-table"}, makes_tables=True, say=said.append)
    keep(some, file)
    assert "Gone: left out, there is no table no-such-table" in said
    assert "Gone" not in read_snapshot_header(file).tables
    one = SnapshotTables(tables.client, {"ItemsTable": tables.names["ItemsTable"]}, makes_tables=True, say=said.append)
    load(one, file, replace=False)
    assert "OtherTable: left out, the project has no such table" in said


def test_where_tables_are_deployed_none_is_made(tables: SnapshotTables, file: Path) -> None:
    keep(tables, file)
    deployed = SnapshotTables(tables.client, {"ItemsTable": "no-such-table"}, makes_tables=False, say=tables.say)
    with pytest.raises(SnapshotError, match="there is no table for ItemsTable"):
        load(deployed, file, replace=False)


def test_a_damaged_file_changes_nothing(tables: SnapshotTables, file: Path) -> None:
    put(tables, *({"itemId": {"S": f"{number}"}, "text": {"S": "x" * 200}} for number in range(50)))
    keep(tables, file)
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(SnapshotError, match="is damaged"):
        load(tables, file, replace=True)
    assert len(items(tables)) == 50


def test_a_load_that_stops_halfway_says_so(tables: SnapshotTables, file: Path) -> None:
    put(tables, {"itemId": {"S": "1"}})
    keep(tables, file)

    def interrupt(line: str) -> None:
        if "removed" in line:
            raise KeyboardInterrupt

    stopped = SnapshotTables(tables.client, tables.names, makes_tables=True, say=interrupt)
    with pytest.raises(SnapshotError) as error:
        load(stopped, file, replace=True)
    assert str(error.value) == "the tables are half loaded: interrupted (load before again with --replace)"


def test_long_work_tells_how_far_it_is(tables: SnapshotTables, file: Path) -> None:
    said: list[str] = []
    ticks = iter(range(0, 1000, 3))
    put(tables, {"itemId": {"S": "1"}}, {"itemId": {"S": "2"}})
    slow = SnapshotTables(
        tables.client, tables.names, makes_tables=True, say=said.append, clock=lambda: float(next(ticks))
    )
    keep(slow, file)
    assert said[:3] == [
        "ItemsTable: read 1 items so far",
        "ItemsTable: read 2 items so far",
        "ItemsTable: read 2 items",
    ]


def test_a_dynamodb_that_is_gone_is_reported(file: Path) -> None:
    client = dynamodb_client("http://127.0.0.1:1", "us-east-1", fail_fast=True)
    with pytest.raises(EngineError, match="DynamoDB failed: Could not connect"):
        keep(SnapshotTables(client, {"ItemsTable": "items"}, makes_tables=True, say=print), file)
    assert not file.exists()
