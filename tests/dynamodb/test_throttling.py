"""With ``throttle`` a table refuses what it has no provisioned capacity for, and nothing of it is ever written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from homeport.dynamodb.embedded.service import DynamoDBResponse
from homeport.dynamodb.embedded.table_access import TableAccesses
from homeport.dynamodb.embedded.throttling import ProvisionedThroughput, UnitBucket
from tests.support.dynamodb import Stand, define, make_index, running_engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE: Any = {
    "TableName": "items",
    "TableId": "1",
    "TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/items",
    "BillingModeSummary": {"BillingMode": "PROVISIONED"},
    "ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 1},
}


def test_unused_capacity_is_kept_for_300_seconds() -> None:
    bucket = UnitBucket(2.0, 1000.0)
    assert bucket.fill(2.0, 1010.0) == 22.0
    assert bucket.fill(2.0, 9999.0) == 600.0
    bucket.units = -3.0
    assert bucket.fill(2.0, 10000.0) == -1.0
    # A clock that jumps back takes nothing away.
    assert bucket.fill(2.0, 5.0) == -1.0


def throttled(clock: Callable[[], float], units: float) -> ProvisionedThroughput:
    body = b'{"ConsumedCapacity": {"TableName": "items", "CapacityUnits": %f, "Table": {"CapacityUnits": %f}}}'
    answer = DynamoDBResponse(200, {}, body % (units, units))
    find = {"items": TABLE}.get
    return ProvisionedThroughput(lambda action, body: answer, find, TableAccesses(lambda statement: None), clock)


def test_requests_are_let_through_while_there_are_units_and_again_when_some_have_come() -> None:
    now = [1000.0]
    throttle = throttled(lambda: now[0], 1.5)
    answers = [throttle.call("GetItem", b'{"TableName": "items"}') for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 400]
    assert answers[2].error == "ProvisionedThroughputExceededException"
    assert b'"reason": "TableReadProvisionedThroughputExceeded"' in answers[2].body
    assert b"ConsumedCapacity" not in answers[0].body
    # Writes have a capacity of their own.
    assert throttle.call("PutItem", b'{"TableName": "items"}').status == 200
    now[0] += 1.0
    assert throttle.call("GetItem", b'{"TableName": "items"}').status == 200


def test_a_transaction_is_cancelled_with_a_reason_for_what_lacks_capacity() -> None:
    throttle = throttled(lambda: 1000.0, 5.0)
    assert throttle.call("PutItem", b'{"TableName": "items"}').status == 200
    members = b'{"TransactItems": [{"Put": {"TableName": "other"}}, {"ConditionCheck": {"TableName": "items"}}]}'
    answer = throttle.call("TransactWriteItems", members)
    assert (answer.status, answer.error) == (400, "TransactionCanceledException")
    body = json.loads(answer.body)
    assert body["message"].endswith("[None, ProvisionedThroughputExceeded]")
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    assert body["CancellationReasons"] == [
        {"Code": "None"},
        {
            "Code": "ProvisionedThroughputExceeded",
            "Message": "The level of configured provisioned throughput for the table was exceeded. "
            "Consider increasing your provisioning level with the UpdateTable API.",
        },
    ]
    # Reads have a capacity of their own.
    assert throttle.call("TransactGetItems", b'{"TransactItems": [{"Get": {"TableName": "items"}}]}').status == 200


def test_other_requests_and_tables_go_through() -> None:
    throttle = throttled(lambda: 1000.0, 100.0)
    for _ in range(3):
        assert throttle.call("DescribeTable", b'{"TableName": "items"}').status == 200
        assert throttle.call("GetItem", b'{"TableName": "other"}').status == 200
        assert throttle.call("GetItem", b"no JSON").status == 200


def client_of(stand: Stand) -> DynamoDBClient:
    config = Config(retries={"total_max_attempts": 1})
    session = boto3.Session("test", "test", region_name="us-east-1")
    return session.client("dynamodb", endpoint_url=stand.endpoint, config=config)


def create(client: DynamoDBClient, name: str, units: int) -> None:
    throughput: Any = {"ReadCapacityUnits": units, "WriteCapacityUnits": units}
    index: Any = {**make_index("byState", "state"), "ProvisionedThroughput": throughput}
    client.create_table(
        TableName=name,
        ProvisionedThroughput=throughput,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=define(id="S", state="S"),
        GlobalSecondaryIndexes=[index],
    )


@pytest.mark.stack
def test_a_refused_write_is_not_there_after_a_kill_either(tmp_path: Path) -> None:
    with running_engine(tmp_path, throttle=True) as stand:
        client = client_of(stand)
        create(client, "small", 1)
        create(client, "large", 10_000)
        padding = {"S": "x" * 300_000}
        client.put_item(TableName="small", Item={"id": {"S": "1"}, "padding": padding})
        with pytest.raises(ClientError, match="ProvisionedThroughputExceeded") as refused:
            client.put_item(TableName="small", Item={"id": {"S": "2"}})
        reason: Any = refused.value.response
        assert [each["reason"] for each in reason["ThrottlingReasons"]] == ["TableWriteProvisionedThroughputExceeded"]
        writes: Any = {name: [{"PutRequest": {"Item": {"id": {"S": "3"}}}}] for name in ("small", "large")}
        batch = client.batch_write_item(RequestItems=writes, ReturnConsumedCapacity="TOTAL")
        assert list(batch["UnprocessedItems"]) == ["small"]
        assert batch["ConsumedCapacity"] == [{"TableName": "large", "CapacityUnits": 1.0}]
        stand.kill_and_restart()
        found = {name: client.scan(TableName=name)["Items"] for name in ("small", "large")}
        assert {name: [item["id"]["S"] for item in items] for name, items in found.items()} == {
            "small": ["1"],
            "large": ["3"],
        }


@pytest.mark.stack
def test_statements_and_transactions_are_refused_for_the_tables_without_capacity() -> None:
    with running_engine(throttle=True) as stand:
        client = client_of(stand)
        create(client, "small", 1)
        create(client, "large", 10_000)
        put = "INSERT INTO {} VALUE {{'id': '{}', 'state': 'on'}}"
        both: Any = [{"Statement": put.format(name, 1)} for name in ("small", "large")]
        answer = client.batch_execute_statement(Statements=both, ReturnConsumedCapacity="INDEXES")
        assert answer["Responses"] == [{"TableName": "small"}, {"TableName": "large"}]
        entry = {"CapacityUnits": 1.0}
        assert answer["ConsumedCapacity"] == [
            {"TableName": name, "CapacityUnits": 2.0, "Table": entry, "GlobalSecondaryIndexes": {"byState": entry}}
            for name in ("small", "large")
        ]
        client.put_item(TableName="small", Item={"id": {"S": "2"}, "text": {"S": "x" * 300_000}})
        both = [{"Statement": put.format(name, 3)} for name in ("small", "large")]
        refused, carried_out = client.batch_execute_statement(Statements=both)["Responses"]
        assert refused["Error"]["Code"] == "ProvisionedThroughputExceeded"
        assert carried_out == {"TableName": "large"}
        with pytest.raises(ClientError, match="ProvisionedThroughputExceededException"):
            client.execute_statement(Statement=put.format("small", 3))
        with pytest.raises(ClientError) as cancelled:
            client.execute_transaction(TransactStatements=both)
        reasons: Any = cancelled.value.response
        assert [each["Code"] for each in reasons["CancellationReasons"]] == ["ProvisionedThroughputExceeded", "None"]
        found = client.execute_statement(Statement="SELECT id FROM small", ReturnConsumedCapacity="TOTAL")
        assert {item["id"]["S"] for item in found["Items"]} == {"1", "2"}
        with pytest.raises(ClientError, match="ProvisionedThroughputExceededException"):
            client.execute_statement(Statement="SELECT id FROM small")
        index: Any = {"Statement": 'SELECT id FROM "small"."byState" WHERE state = \'on\''}
        assert client.execute_statement(**index)["Items"] == [{"id": {"S": "1"}}]


@pytest.mark.stack
def test_an_index_without_capacity_holds_up_the_writes_of_its_table() -> None:
    with running_engine(throttle=True) as stand:
        client = client_of(stand)
        create(client, "items", 1)
        client.update_table(
            TableName="items", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 10_000}
        )
        client.put_item(TableName="items", Item={"id": {"S": "1"}, "state": {"S": "on"}, "text": {"S": "x" * 300_000}})
        with pytest.raises(ClientError) as refused:
            client.put_item(TableName="items", Item={"id": {"S": "2"}})
        (reason,) = refused.value.response["ThrottlingReasons"]  # type: ignore[typeddict-item]
        assert reason["reason"] == "IndexWriteProvisionedThroughputExceeded"
        assert reason["resource"].endswith(":table/items/index/byState")
