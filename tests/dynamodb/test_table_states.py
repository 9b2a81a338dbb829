"""With a delay, tables and indexes are on their way for a while, and requests that come too early are refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from homeport.dynamodb.embedded.service import DynamoDBResponse, error_response
from homeport.dynamodb.embedded.table_access import TableAccesses
from homeport.dynamodb.embedded.table_states import TableStates
from tests.support.dynamodb import define, make_index, running_engine
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INDEX = {"IndexName": "byState", "IndexStatus": "ACTIVE"}


class FakeTables:
    """Tables that are there or gone in the request itself, as the engine's are."""

    def __init__(self) -> None:
        self.tables: dict[str, Any] = {}

    def call(self, action: str, body: bytes) -> DynamoDBResponse:
        data = json.loads(body)
        name = data.get("TableName")
        if action == "ListTables":
            names = sorted(each for each in self.tables if each > data.get("ExclusiveStartTableName", ""))
            page = names[: data["Limit"]]
            more = {"LastEvaluatedTableName": page[-1]} if len(page) < len(names) else {}
            return self.answer({"TableNames": page, **more})
        if action == "CreateTable":
            self.tables[name] = {"TableName": name, "TableStatus": "ACTIVE"}
        if name not in self.tables:
            return error_response(400, "ResourceNotFoundException", name)
        if action == "UpdateTable":
            deletes = "Delete" in data["GlobalSecondaryIndexUpdates"][0]
            self.tables[name]["GlobalSecondaryIndexes"] = [] if deletes else [dict(INDEX)]
        description = self.tables.pop(name) if action == "DeleteTable" else self.tables[name]
        return self.answer({"Table" if action == "DescribeTable" else "TableDescription": description})

    def answer(self, result: Any) -> DynamoDBResponse:
        return DynamoDBResponse(200, {"content-type": "application/json"}, json.dumps(result).encode())


class Stage:
    """Table states over fake tables, at a time that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.states = TableStates(FakeTables().call, TableAccesses(lambda statement: None), 5.0, lambda: self.now)

    def ask(self, action: str, name: str = "items", **more: Any) -> Any:
        """Return the answer to a request, or the error's name and message."""
        answer = self.states.call(action, json.dumps({"TableName": name, **more}).encode())
        body = json.loads(answer.body)
        return body if answer.status == 200 else (answer.error, body["message"])

    def status(self, name: str = "items") -> str:
        return str(self.ask("DescribeTable", name)["Table"]["TableStatus"])


def in_use(word: str) -> tuple[str, str]:
    text = f"Attempt to change a resource which is still in use: Table is being {word}: items"
    return "ResourceInUseException", text


def test_a_table_is_created_changed_and_deleted_for_a_while() -> None:
    stage = Stage()
    assert stage.ask("CreateTable")["TableDescription"]["TableStatus"] == stage.status() == "CREATING"
    assert stage.ask("GetItem")[0] == "ResourceNotFoundException"
    assert stage.ask("DeleteTable") == stage.ask("UpdateTimeToLive") == in_use("created")
    stage.now += 5.0
    assert stage.status() == "ACTIVE"
    assert "TableDescription" in stage.ask("GetItem")
    update: Any = {"GlobalSecondaryIndexUpdates": [{"Create": INDEX}]}
    (index,) = stage.ask("UpdateTable", **update)["TableDescription"]["GlobalSecondaryIndexes"]
    assert (stage.status(), index["IndexStatus"], index["Backfilling"]) == ("UPDATING", "CREATING", True)
    assert stage.ask("UpdateTable", **update) == stage.ask("DeleteTable") == in_use("updated")
    assert "Cannot read from backfilling" in stage.ask("Query", IndexName="byState")[1]
    # The table itself is read and written meanwhile.
    assert "TableDescription" in stage.ask("Query")
    stage.now += 5.0
    assert "TableDescription" in stage.ask("Query", IndexName="byState")
    stage.ask("UpdateTable", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "byState"}}])
    (index,) = stage.ask("DescribeTable")["Table"]["GlobalSecondaryIndexes"]
    assert index == {**INDEX, "IndexStatus": "DELETING"}
    assert "does not have the specified index" in stage.ask("Query", IndexName="byState")[1]
    stage.now += 5.0
    stage.ask("DeleteTable")
    assert stage.status() == "DELETING"
    assert stage.ask("CreateTable") == stage.ask("DeleteTable") == in_use("deleted")
    assert stage.ask("PutItem")[0] == "ResourceNotFoundException"
    stage.now += 5.0
    assert stage.ask("DescribeTable")[0] == "ResourceNotFoundException"
    assert stage.ask("CreateTable")["TableDescription"]["TableStatus"] == "CREATING"


def test_tables_on_their_way_out_are_listed_page_by_page() -> None:
    stage = Stage()
    for name in "abcd":
        stage.ask("CreateTable", name)
    stage.now += 5.0
    stage.ask("DeleteTable", "b")
    found: list[str] = []
    start: dict[str, Any] = {}
    while True:
        page = stage.ask("ListTables", Limit=2, **start)
        found += page["TableNames"]
        assert len(page["TableNames"]) <= 2
        if "LastEvaluatedTableName" not in page:
            break
        start = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}
    assert found == list("abcd")


@pytest.fixture(scope="module")
def client() -> Iterator[DynamoDBClient]:
    with running_engine(table_delay=1.0) as stand:
        session = boto3.Session("test", "test", region_name="us-east-1")
        once = Config(retries={"total_max_attempts": 1})
        yield session.client("dynamodb", endpoint_url=stand.endpoint, config=once)


@pytest.mark.stack
def test_a_program_that_does_not_wait_is_refused_and_one_that_waits_is_not(client: DynamoDBClient) -> None:
    made = client.create_table(
        TableName="items",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=define(id="S", state="S"),
        GlobalSecondaryIndexes=[make_index("byState", "state")],
    )["TableDescription"]
    assert (made["TableStatus"], made["GlobalSecondaryIndexes"][0]["IndexStatus"]) == ("CREATING", "CREATING")
    item: Any = {"id": {"S": "1"}, "state": {"S": "on"}}
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.put_item(TableName="items", Item=item)
    statement = "SELECT * FROM items"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.execute_statement(Statement=statement)
    wait_until(lambda: client.describe_table(TableName="items")["Table"]["TableStatus"] == "ACTIVE")
    client.put_item(TableName="items", Item=item)
    assert client.execute_statement(Statement=statement)["Items"] == [item]
    client.delete_table(TableName="items")
    with pytest.raises(ClientError, match="Table is being deleted: items"):
        client.delete_table(TableName="items")
    assert client.list_tables()["TableNames"] == ["items"]
    wait_until(lambda: client.list_tables()["TableNames"] == [])
