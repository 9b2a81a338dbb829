"""Tables are made and kept as the template says, on every engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from homeport.dynamodb.client import dynamodb_client
from homeport.dynamodb.tables import TableWait, ensure_tables
from homeport.errors import EngineError, ProjectError
from homeport.project.model import Table
from tests.support.dynamodb import define, make_index, make_table, name_tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.stack

Namer = Callable[[str], str]
TYPES = define(itemId="S", status="S")
BY_STATUS = make_index("byStatus", "status")


def as_mapping(*tables: Table) -> dict[str, Table]:
    return {table.logical_id: table for table in tables}


def ensure(client: DynamoDBClient, name_of: Namer, **properties: Any) -> tuple[str, ...]:
    return ensure_tables(client, name_tables(as_mapping(make_table(**properties)), name_of))


def index_names(client: DynamoDBClient, name: str) -> list[str]:
    described = client.describe_table(TableName=name)["Table"]
    return sorted(index["IndexName"] for index in described.get("GlobalSecondaryIndexes", []))


def calls_of(client: DynamoDBClient, act: Callable[[], object]) -> list[str]:
    """The names of the requests that are made meanwhile."""
    made: list[str] = []

    def note(model: Any, **_: Any) -> None:
        made.append(model.name)

    client.meta.events.register("before-call.dynamodb", note)
    try:
        act()
    finally:
        client.meta.events.unregister("before-call.dynamodb", note)
    return made


def test_a_missing_table_is_made_and_can_be_used(dynamodb: DynamoDBClient, name_of: Namer) -> None:
    name = name_of("ItemsTable")
    assert ensure(dynamodb, name_of) == (f"made table {name}",)
    dynamodb.put_item(TableName=name, Item={"itemId": {"S": "1"}})
    assert dynamodb.scan(TableName=name)["Items"] == [{"itemId": {"S": "1"}}]


def test_a_table_with_everything_is_made_once(dynamodb: DynamoDBClient, name_of: Namer) -> None:
    properties: Any = {
        "KeySchema": [{"AttributeName": "itemId", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        "AttributeDefinitions": define(itemId="S", at="N", status="S", total="N"),
        "GlobalSecondaryIndexes": [
            BY_STATUS,
            {
                **make_index("byTotal", "status", "total"),
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name", "colour"]},
            },
        ],
        "LocalSecondaryIndexes": [make_index("local", "itemId", "total", projection="KEYS_ONLY")],
        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        "Tags": [{"Key": "team", "Value": "shop"}],
        "TableClass": "STANDARD",
        "DeletionProtectionEnabled": True,
    }
    name = name_of("ItemsTable")
    assert ensure(dynamodb, name_of, **properties) == (f"made table {name}",)
    assert ensure(dynamodb, name_of, **properties) == ()
    described = dynamodb.describe_table(TableName=name)["Table"]
    assert described["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert index_names(dynamodb, name) == ["byStatus", "byTotal"]
    assert not described.get("DeletionProtectionEnabled")


def test_a_table_that_needs_nothing_costs_two_calls(dynamodb: DynamoDBClient, name_of: Namer) -> None:
    ensure(dynamodb, name_of)
    assert calls_of(dynamodb, lambda: ensure(dynamodb, name_of)) == ["DescribeTable", "DescribeTimeToLive"]


def test_several_tables_and_none(dynamodb: DynamoDBClient, name_of: Namer) -> None:
    tables = name_tables(as_mapping(make_table("OneTable"), make_table("OtherTable")), name_of)
    assert len(ensure_tables(dynamodb, tables)) == 2
    assert ensure_tables(dynamodb, {}) == ()


def test_indexes_come_and_go_and_the_items_stay(dynamodb: DynamoDBClient, name_of: Namer) -> None:
    name = name_of("ItemsTable")
    ensure(dynamodb, name_of)
    dynamodb.put_item(TableName=name, Item={"itemId": {"S": "1"}, "status": {"S": "open"}, "at": {"N": "3"}})
    both: Any = {
        "AttributeDefinitions": define(itemId="S", status="S", at="N"),
        "GlobalSecondaryIndexes": [BY_STATUS, make_index("byAt", "status", "at")],
    }
    assert ensure(dynamodb, name_of, **both) == (
        f"changed table {name}: create index byStatus",
        f"changed table {name}: create index byAt",
    )
    query = dynamodb.query(
        TableName=name,
        IndexName="byAt",
        KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "open"}},
    )
    assert query["Count"] == 1
    keys_only: Any = {
        "AttributeDefinitions": TYPES,
        "GlobalSecondaryIndexes": [make_index("byStatus", "status", projection="KEYS_ONLY")],
    }
    assert ensure(dynamodb, name_of, **keys_only) == (
        f"changed table {name}: delete index byAt",
        f"changed table {name}: delete index byStatus",
        f"changed table {name}: create index byStatus",
    )
    assert ensure(dynamodb, name_of, **keys_only) == ()
    assert dynamodb.scan(TableName=name, IndexName="byStatus")["Items"] == [
        {"itemId": {"S": "1"}, "status": {"S": "open"}}
    ]


def test_the_type_of_an_indexed_attribute_can_change(dynamodb: DynamoDBClient, name_of: Namer) -> None:
    ensure(dynamodb, name_of, AttributeDefinitions=TYPES, GlobalSecondaryIndexes=[BY_STATUS])
    number: Any = {"AttributeDefinitions": define(itemId="S", status="N"), "GlobalSecondaryIndexes": [BY_STATUS]}
    assert len(ensure(dynamodb, name_of, **number)) == 2
    assert ensure(dynamodb, name_of, **number) == ()


def test_billing_changes_to_and_fro(dynamodb: DynamoDBClient, name_of: Namer) -> None:
    units = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}
    name = name_of("ItemsTable")
    indexed: Any = {"AttributeDefinitions": TYPES, "GlobalSecondaryIndexes": [BY_STATUS]}
    provisioned: Any = {
        "AttributeDefinitions": TYPES,
        "GlobalSecondaryIndexes": [{**BY_STATUS, "ProvisionedThroughput": units}],
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": units,
    }
    ensure(dynamodb, name_of, **indexed)
    assert ensure(dynamodb, name_of, **provisioned) == (f"changed table {name}: update index byStatus, billing",)
    assert ensure(dynamodb, name_of, **provisioned) == ()
    assert ensure(dynamodb, name_of, **indexed) == (f"changed table {name}: billing",)
    assert ensure(dynamodb, name_of, **indexed) == ()


def test_streams_and_time_to_live_change(dynamodb: DynamoDBClient, name_of: Namer) -> None:
    name = name_of("ItemsTable")
    ensure(dynamodb, name_of)
    on: Any = {
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
    }
    assert ensure(dynamodb, name_of, **on) == (
        f"changed table {name}: stream on",
        f"changed table {name}: time to live by expires",
    )
    assert ensure(dynamodb, name_of, **on) == ()
    assert ensure(dynamodb, name_of) == (
        f"changed table {name}: stream off",
        f"changed table {name}: time to live by nothing",
    )
    assert ensure(dynamodb, name_of) == ()


def test_point_in_time_recovery_is_asked_for_where_there_is_one(dynamodb: DynamoDBClient, name_of: Namer) -> None:
    recovery: Any = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
    name = name_of("ItemsTable")
    done = ensure(dynamodb, name_of, **recovery)
    without = f"table {name}: this DynamoDB has no point-in-time recovery"
    assert done[1:] in ((), (without,))
    assert ensure(dynamodb, name_of, **recovery) in ((), (without,))


def test_a_changed_primary_key_is_rejected_with_the_hint_and_nothing_changes(
    dynamodb: DynamoDBClient, name_of: Namer
) -> None:
    ensure(dynamodb, name_of)
    with pytest.raises(ProjectError) as raised:
        ensure(dynamodb, name_of, AttributeDefinitions=define(itemId="N"))
    assert str(raised.value) == (
        "deploy/resources.yaml:7: error: ItemsTable can't be changed in place: its primary key was (itemId S) and is "
        "(itemId N) now (`make clean-data` empties the local data; the next start makes the table anew)"
    )
    assert ensure(dynamodb, name_of) == ()


@pytest.mark.parametrize(
    "properties",
    [
        {"AttributeDefinitions": define(itemId="S", unused="S")},
        {"AttributeDefinitions": define(other="S")},
        {"KeySchema": []},
        {"AttributeDefinitions": define(itemId="X")},
        {"GlobalSecondaryIndexes": [{**BY_STATUS, "IndexName": "x"}]},
    ],
)
def test_a_table_that_dynamodb_refuses_is_reported_with_its_place(
    dynamodb: DynamoDBClient, name_of: Namer, properties: dict[str, Any]
) -> None:
    with pytest.raises(ProjectError) as raised:
        ensure(dynamodb, name_of, **properties)
    (problem,) = raised.value.problems
    assert (problem.file, problem.line) == ("deploy/resources.yaml", 7)
    assert "ItemsTable" in problem.message


def test_a_dynamodb_that_is_not_there_is_reported() -> None:
    client = dynamodb_client("http://127.0.0.1:1", "us-east-1", fail_fast=True)
    with pytest.raises(EngineError, match=r"DynamoDB does not answer: .*127\.0\.0\.1:1"):
        ensure_tables(client, as_mapping(make_table()))


def test_a_table_that_never_gets_ready_is_given_up() -> None:
    now = iter(range(0, 1000, 30))
    naps: list[float] = []
    wait = TableWait(clock=lambda: float(next(now)), sleep=naps.append)
    with pytest.raises(EngineError, match="table ItemsTable is still CREATING after 60 seconds"):
        ensure_tables(SlowClient(), as_mapping(make_table()), wait)  # type: ignore[arg-type]
    assert naps == [0.02, 0.04]


class SlowClient:
    """A DynamoDB that never finishes a table."""

    class exceptions:
        class ResourceNotFoundException(Exception):
            pass

    def describe_table(self, TableName: str) -> Any:
        return {"Table": {"TableStatus": "CREATING"}}
