"""Reads that lag behind the writes: eventually consistent ones see each item as it was before its latest write."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from homeport.contract.stack.engine_orders import EngineOrderError, scan, set_lag
from homeport.dynamodb.table_requests import create_table_request
from tests.support.dynamodb import Stand, define, make_index, make_table, running_engine
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.stack

NAME = "things"
TABLE = make_table(
    KeySchema=[{"AttributeName": "holder", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
    AttributeDefinitions=define(holder="S", number="N", state="S", made="S"),
    GlobalSecondaryIndexes=[make_index("byState", "state")],
    LocalSecondaryIndexes=[make_index("byMade", "holder", "made")],
)
Item = dict[str, Any]
BY_STATE: Item = {
    "TableName": NAME,
    "IndexName": "byState",
    "KeyConditionExpression": "#n = :v",
    "ExpressionAttributeNames": {"#n": "state"},
    "ExpressionAttributeValues": {":v": {"S": "on"}},
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Stand]:
    with running_engine() as stand:
        yield stand


@pytest.fixture
def client(engine: Stand) -> Iterator[DynamoDBClient]:
    """A client of an engine with an empty table, whose reads lag behind from its first item on."""
    client = engine.client()
    client.create_table(**create_table_request(TABLE, NAME))
    put(client, "1", "settled")
    set_lag(engine.endpoint, None)
    yield client
    set_lag(engine.endpoint, 0)
    client.delete_table(TableName=NAME)


def key(number: str) -> Item:
    return {"holder": {"S": "h"}, "number": {"N": number}}


def put(client: DynamoDBClient, number: str, text: str, **more: Any) -> None:
    client.put_item(TableName=NAME, Item={**key(number), "text": {"S": text}, "state": {"S": "on"}, **more})


def text_of(client: DynamoDBClient, number: str, **options: Any) -> str | None:
    item = client.get_item(TableName=NAME, Key=key(number), **options).get("Item")
    return item["text"]["S"] if item else None


def texts(page: Any) -> list[str]:
    return sorted(item["text"]["S"] for item in page["Items"])


def test_new_item_is_not_there_yet(client: DynamoDBClient) -> None:
    put(client, "2", "new")
    assert text_of(client, "2") is None
    assert text_of(client, "2", ConsistentRead=True) == "new"
    assert texts(client.scan(TableName=NAME)) == ["settled"]
    assert texts(client.scan(TableName=NAME, ConsistentRead=True)) == ["new", "settled"]


def test_deleted_item_is_still_there(client: DynamoDBClient) -> None:
    client.delete_item(TableName=NAME, Key=key("1"))
    assert text_of(client, "1") == "settled"
    assert text_of(client, "1", ConsistentRead=True) is None


def test_changed_item_is_as_before_its_latest_write(client: DynamoDBClient) -> None:
    put(client, "1", "second")
    assert text_of(client, "1") == "settled"
    put(client, "1", "third")
    assert text_of(client, "1") == "second"
    assert text_of(client, "1", ConsistentRead=True) == "third"


def test_global_index_lags_always_and_a_local_one_as_it_is_asked(client: DynamoDBClient) -> None:
    client.update_item(
        TableName=NAME,
        Key=key("1"),
        UpdateExpression="SET #s = :s, made = :m",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":s": {"S": "off"}, ":m": {"S": "today"}},
    )
    assert texts(client.query(**BY_STATE)) == ["settled"]
    by_made: Item = {
        "TableName": NAME,
        "IndexName": "byMade",
        "KeyConditionExpression": "holder = :h",
        "ExpressionAttributeValues": {":h": {"S": "h"}},
    }
    assert texts(client.query(**by_made)) == []
    assert texts(client.query(**by_made, ConsistentRead=True)) == ["settled"]


def test_batch_lags_by_its_tables_and_a_statement_as_it_is_asked(client: DynamoDBClient) -> None:
    put(client, "1", "second")
    for consistent, text in ((False, "settled"), (True, "second")):
        asked: Item = {NAME: {"Keys": [key("1")], "ConsistentRead": consistent}}
        (item,) = client.batch_get_item(RequestItems=asked)["Responses"][NAME]
        assert item["text"]["S"] == text
        statement = f"SELECT * FROM \"{NAME}\" WHERE holder = 'h'"
        assert texts(client.execute_statement(Statement=statement, ConsistentRead=consistent)) == [text]


def test_statements_of_a_batch_lag_one_by_one(client: DynamoDBClient) -> None:
    put(client, "1", "second")
    statement = f'SELECT * FROM "{NAME}" WHERE holder = \'h\' AND "number" = 1'
    asked: Any = [{"Statement": statement, "ConsistentRead": consistent} for consistent in (False, True, False)]
    found = client.batch_execute_statement(Statements=asked)["Responses"]
    assert [each["Item"]["text"]["S"] for each in found] == ["settled", "second", "settled"]
    by_state = f'SELECT * FROM "{NAME}"."byState" WHERE state = \'on\''
    assert texts(client.execute_statement(Statement=by_state)) == ["settled"]


def test_statements_that_write_see_and_keep_the_latest_state(client: DynamoDBClient) -> None:
    put(client, "1", "second", count={"N": "1"})
    where = "WHERE holder = 'h' AND \"number\" = 1"
    client.execute_statement(Statement=f'UPDATE "{NAME}" SET "count" = "count" + 1 {where}')
    changes: Any = [{"Statement": f'UPDATE "{NAME}" SET "count" = "count" + 1 {where}'}]
    assert client.batch_execute_statement(Statements=changes)["Responses"] == [{"TableName": NAME}]
    client.execute_transaction(TransactStatements=changes)
    item = client.get_item(TableName=NAME, Key=key("1"), ConsistentRead=True)["Item"]
    assert (item["text"]["S"], item["count"]["N"]) == ("second", "4")


def test_a_seed_draws_the_same_stale_reads_again(engine: Stand, client: DynamoDBClient) -> None:
    def drawn(seed: int) -> list[str]:
        """What the same reads give, one item after the other and both in turns."""
        set_lag(engine.endpoint, 0)
        for number in ("1", "2"):
            put(client, number, "old")
        set_lag(engine.endpoint, None, seed)
        for number in ("1", "2"):
            put(client, number, "new")
        found = [str(text_of(client, number)) for number in "1" * 20 + "2" * 20]
        # The latest state is not a matter of chance.
        assert {text_of(client, "1", ConsistentRead=True) for _ in range(5)} == {"new"}
        return found

    first = drawn(7)
    assert {*first} == {"old", "new"}
    assert drawn(7) == first
    assert drawn(8) != first
    # What is drawn for a read does not depend on others that come in between.
    set_lag(engine.endpoint, None, 7)
    for number in ("1", "2"):
        put(client, number, "newer")
    turns = [(text_of(client, "1"), text_of(client, "2")) for _ in range(20)]
    assert [one == "newer" for one, _ in turns] == [text == "new" for text in first[:20]]
    assert [two == "newer" for _, two in turns] == [text == "new" for text in first[20:]]


def test_conditions_and_transactions_see_the_latest_state(client: DynamoDBClient) -> None:
    put(client, "1", "second")
    got = client.transact_get_items(TransactItems=[{"Get": {"TableName": NAME, "Key": key("1")}}])
    assert got["Responses"][0]["Item"]["text"]["S"] == "second"
    old = client.delete_item(
        TableName=NAME,
        Key=key("1"),
        ConditionExpression="#t = :t",
        ExpressionAttributeNames={"#t": "text"},
        ExpressionAttributeValues={":t": {"S": "second"}},
        ReturnValues="ALL_OLD",
    )
    assert old["Attributes"]["text"]["S"] == "second"


def test_reads_are_consistent_again_afterwards(engine: Stand, client: DynamoDBClient) -> None:
    put(client, "1", "second")
    set_lag(engine.endpoint, 0)
    assert text_of(client, "1") == "second"
    set_lag(engine.endpoint, None)
    assert text_of(client, "1") == "second"


def test_lag_of_a_time_ends_by_itself(engine: Stand, client: DynamoDBClient) -> None:
    set_lag(engine.endpoint, 1.5)
    put(client, "1", "second")
    assert text_of(client, "1") == "settled"
    wait_until(lambda: text_of(client, "1") == "second")


def test_table_that_is_made_again_has_no_old_items(client: DynamoDBClient) -> None:
    put(client, "1", "second")
    client.delete_table(TableName=NAME)
    client.create_table(**create_table_request(TABLE, NAME))
    assert texts(client.scan(TableName=NAME)) == []


def test_pages_of_stale_reads_hold_each_item_once_as_it_was(client: DynamoDBClient) -> None:
    chance, latest, before = random.Random(5), {"1": "settled"}, {"1": "settled"}
    for count in range(60):
        number = str(chance.randrange(1, 12))
        if chance.random() < 0.3 and number in latest:
            before[number] = latest.pop(number)
            client.delete_item(TableName=NAME, Key=key(number))
        else:
            old = latest.get(number)
            before.pop(number, None)
            if old is not None:
                before[number] = old
            latest[number] = f"write {count}"
            put(client, number, latest[number])
        for request in ({"TableName": NAME}, BY_STATE):
            read = client.query if "IndexName" in request else client.scan
            found: list[str] = []
            start: Item = {}
            while True:
                page: Any = read(**request, Limit=2, **start)
                found += texts(page)
                if "LastEvaluatedKey" not in page:
                    break
                start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
            assert sorted(found) == sorted(before.values())
    assert texts(client.scan(TableName=NAME, ConsistentRead=True)) == sorted(latest.values())
    assert client.describe_table(TableName=NAME)["Table"]["ItemCount"] == len(latest)


@pytest.mark.parametrize("lag", [-1.0, "soon"])
def test_impossible_lag_is_refused(engine: Stand, lag: Any) -> None:
    with pytest.raises(EngineOrderError, match=r"Lag|float"):
        set_lag(engine.endpoint, lag)


def test_items_of_a_table_are_read_page_by_page(engine: Stand, client: DynamoDBClient) -> None:
    for number in range(8):
        put(client, str(number), "x" * 300_000)
    assert [item["number"]["N"] for item in scan(engine.endpoint, NAME)] == [str(number) for number in range(8)]


def test_missing_engine_is_told(engine: Stand) -> None:
    with pytest.raises(EngineOrderError, match="refused"):
        list(scan(engine.endpoint, "nothing"))
    with pytest.raises(EngineOrderError, match="does it still run"):
        set_lag("http://127.0.0.1:9", 0)
