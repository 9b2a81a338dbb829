"""A table that asks for it can be restored as it was at a moment."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from homeport.dynamodb.read_lag import ReadLag
from tests.support.dynamodb import Stand, define, make_index, running_engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with running_engine(tmp_path_factory.mktemp("data")) as stand:
        make_orders(stand.client())
        yield stand


def make_orders(client: DynamoDBClient, name: str = "orders") -> None:
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=define(id="S", state="S"),
        GlobalSecondaryIndexes=[make_index("byState", "state")],
    )
    recover(client, name)


def recover(client: DynamoDBClient, name: str, **more: Any) -> Any:
    specification: Any = {"PointInTimeRecoveryEnabled": True, **more}
    reply = client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=specification)
    return reply["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]


def put(client: DynamoDBClient, key: str, state: str) -> None:
    client.put_item(TableName="orders", Item={"id": {"S": key}, "state": {"S": state}})


def restore(stand: Stand, target: str, moment: float | None, source: str = "orders") -> tuple[int, Any]:
    """Restore by HTTP: an SDK sends whole seconds."""
    when: dict[str, Any] = {"UseLatestRestorableTime": True} if moment is None else {"RestoreDateTime": moment}
    body = {"SourceTableName": source, "TargetTableName": target, **when}
    headers = {"X-Amz-Target": "DynamoDB_20120810.RestoreTableToPointInTime"}
    try:
        with urlopen(Request(stand.endpoint, json.dumps(body).encode(), headers)) as reply:
            return reply.status, json.loads(reply.read())
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def states(client: DynamoDBClient, name: str) -> dict[str, str]:
    return {item["id"]["S"]: item["state"]["S"] for item in client.scan(TableName=name)["Items"]}


def moment() -> float:
    """A moment that lies between two writes: the engine's clock is this one."""
    time.sleep(0.02)
    now = time.time()
    time.sleep(0.02)
    return now


def test_a_table_is_restored_as_it_was_at_each_moment_also_after_a_kill(stand: Stand) -> None:
    client = stand.client()
    moments, expected = [], []
    put(client, "a", "new")
    put(client, "b", "new")
    moments.append(moment())
    expected.append({"a": "new", "b": "new"})
    put(client, "a", "paid")
    put(client, "c", "new")
    client.delete_item(TableName="orders", Key={"id": {"S": "b"}})
    moments.append(moment())
    expected.append({"a": "paid", "c": "new"})
    put(client, "a", "sent")
    put(client, "b", "again")
    stand.kill_and_restart()
    for number, when in enumerate(moments):
        status, reply = restore(stand, f"then-{number}", when)
        assert (status, reply["TableDescription"]["RestoreSummary"]["RestoreDateTime"]) == (200, when)
    restore(stand, "latest", None)
    expected.append({"a": "sent", "b": "again", "c": "new"})
    assert [states(client, name) for name in ("then-0", "then-1", "latest")] == expected
    paid = client.query(
        TableName="then-1",
        IndexName="byState",
        KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":s": {"S": "paid"}},
    )
    assert [item["id"]["S"] for item in paid["Items"]] == ["a"]
    assert client.describe_table(TableName="then-1")["Table"]["ItemCount"] == 2


def test_moments_outside_of_the_period_are_refused(stand: Stand) -> None:
    described = stand.client().describe_continuous_backups(TableName="orders")["ContinuousBackupsDescription"]
    period = described["PointInTimeRecoveryDescription"]
    assert period["EarliestRestorableDateTime"] <= period["LatestRestorableDateTime"]
    for when in (period["EarliestRestorableDateTime"].timestamp() - 60, time.time() + 60):
        status, reply = restore(stand, "never", when)
        assert (status, reply["__type"].partition("#")[2] or reply["__type"]) == (400, "InvalidRestoreTimeException")
    assert "never" not in stand.client().list_tables()["TableNames"]


def test_the_period_has_one_to_35_days(stand: Stand) -> None:
    client = stand.client()
    assert recover(client, "orders", RecoveryPeriodInDays=7)["RecoveryPeriodInDays"] == 7
    status, reply = restore(stand, "other", None, source="nowhere")
    assert (status, "TableNotFoundException" in reply["__type"]) == (400, True)
    with pytest.raises(client.exceptions.ClientError, match="less than or equal to 35"):
        recover(client, "orders", RecoveryPeriodInDays=36)


def test_lagging_reads_leave_no_trace_in_the_log(tmp_path: Path) -> None:
    with running_engine(tmp_path, lag=ReadLag(60.0)) as stand:
        client = stand.client()
        make_orders(client)
        put(client, "a", "new")
        first = moment()
        put(client, "a", "paid")
        assert client.get_item(TableName="orders", Key={"id": {"S": "a"}})["Item"]["state"] == {"S": "new"}
        second = moment()
        for name, when in (("first", first), ("second", second)):
            restore(stand, name, when)
        reads = [client.scan(TableName=name, ConsistentRead=True)["Items"] for name in ("first", "second")]
        assert [[item["state"]["S"] for item in items] for items in reads] == [["new"], ["paid"]]
