"""Pages of a limited size: together they are the whole, whatever was written meanwhile, and they stay quick."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from homeport.dynamodb.table_requests import create_table_request
from tests.support.dynamodb import define, make_index, make_table, running_engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.stack

Request = dict[str, Any]
NAME = "things"
TABLE = make_table(
    KeySchema=[{"AttributeName": "holder", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
    AttributeDefinitions=define(holder="S", number="N", state="S", made="S"),
    GlobalSecondaryIndexes=[make_index("byState", "state", "made"), make_index("onlyState", "state")],
    LocalSecondaryIndexes=[make_index("byMade", "holder", "made")],
)


def equals(name: str, value: str, **more: Any) -> Request:
    return {
        "KeyConditionExpression": "#n = :v",
        "ExpressionAttributeNames": {"#n": name},
        "ExpressionAttributeValues": {":v": {"S": value}},
        **more,
    }


QUERIES = {
    "table": equals("holder", "o1"),
    "table backwards": equals("holder", "o1", ScanIndexForward=False),
    "index": equals("state", "on", IndexName="byState"),
    "index backwards": equals("state", "on", IndexName="byState", ScanIndexForward=False),
    "index without a sort key": equals("state", "off", IndexName="onlyState"),
    "local index": equals("holder", "o2", IndexName="byMade"),
    "nothing": equals("holder", "nobody"),
    "index of nothing": equals("state", "lost", IndexName="byState"),
    "name as it is": {
        "KeyConditionExpression": "holder = :v",
        "ExpressionAttributeValues": {":v": {"S": "o0"}},
    },
    "part of a partition": {
        "KeyConditionExpression": "holder = :v AND #n > :n",
        "ExpressionAttributeNames": {"#n": "number"},
        "ExpressionAttributeValues": {":v": {"S": "o1"}, ":n": {"N": "3"}},
    },
    "filtered": equals("holder", "o1", FilterExpression="attribute_exists(made)"),
}


@pytest.fixture
def table(dynamodb: DynamoDBClient, name_of: Callable[[str], str]) -> str:
    name = name_of(NAME)
    dynamodb.create_table(**create_table_request(TABLE, name))
    return name


def write(client: DynamoDBClient, table: str, chance: random.Random) -> None:
    """Put, change or delete an item somewhere."""
    key: Any = {"holder": {"S": f"o{chance.randrange(3)}"}, "number": {"N": str(chance.randrange(-5, 15))}}
    state: Any = {"state": {"S": chance.choice(["on", "off"])}} if chance.random() < 0.8 else {}
    made: Any = {"made": {"S": f"m{chance.randrange(4)}"}} if chance.random() < 0.8 else {}
    kind = chance.random()
    if kind < 0.6:
        client.put_item(TableName=table, Item={**key, **state, **made})
    elif kind < 0.8:
        client.delete_item(TableName=table, Key=key)
    else:
        client.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="SET #s = :s",
            ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues={":s": {"S": "on"}},
        )


def pages(call: Callable[..., Any], limit: int, **request: Any) -> Iterator[list[Any]]:
    """Yield the items of each page of a call that takes a Limit."""
    start: Request = {}
    while True:
        reply = call(Limit=limit, **request, **start)
        yield reply["Items"]
        if "LastEvaluatedKey" not in reply:
            return
        start = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 5))])
def test_pages_together_are_the_whole(dynamodb: DynamoDBClient, table: str, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(4):
        for _ in range(20):
            write(dynamodb, table, chance)
        limit = chance.choice([1, 2, 5, 20, 100])
        scanned = list(pages(dynamodb.scan, limit, TableName=table))
        assert [item for page in scanned for item in page] == dynamodb.scan(TableName=table)["Items"]
        assert all(len(page) == limit for page in scanned[:-1])
        for query in QUERIES.values():
            whole = dynamodb.query(TableName=table, **query)["Items"]
            paged = pages(dynamodb.query, limit, TableName=table, **query)
            assert [item for page in paged for item in page] == whole


def test_a_page_goes_on_from_a_place_whose_item_is_gone(dynamodb: DynamoDBClient, table: str) -> None:
    chance = random.Random(0)
    for _ in range(60):
        write(dynamodb, table, chance)
    query = QUERIES["index"]
    first = dynamodb.query(TableName=table, Limit=3, **query)
    place = first["LastEvaluatedKey"]
    dynamodb.delete_item(TableName=table, Key={name: place[name] for name in ("holder", "number")})
    rest = dynamodb.query(TableName=table, Limit=100, ExclusiveStartKey=place, **query)["Items"]
    assert [*first["Items"][:2], *rest] == dynamodb.query(TableName=table, **query)["Items"]


def test_a_table_that_was_made_anew_is_read_anew(dynamodb: DynamoDBClient, table: str) -> None:
    key: Any = {"holder": {"S": "o1"}, "number": {"N": "1"}}
    for made in ("first", "second"):
        dynamodb.put_item(TableName=table, Item={**key, "state": {"S": "on"}, "made": {"S": made}})
        for reply in (
            dynamodb.scan(TableName=table, Limit=5),
            dynamodb.query(TableName=table, Limit=5, **QUERIES["index"]),
        ):
            assert [item["made"] for item in reply["Items"]] == [{"S": made}]
        dynamodb.delete_table(TableName=table)
        dynamodb.create_table(**create_table_request(TABLE, table))


@pytest.mark.parametrize(
    "request_",
    [{"Limit": 5, "ExclusiveStartKey": {"holder": {"S": "o1"}}}, {"Limit": 5, "IndexName": "none"}],
    ids=str,
)
def test_a_bad_request_is_rejected_as_without_a_limit(dynamodb: DynamoDBClient, table: str, request_: Request) -> None:
    with pytest.raises(dynamodb.exceptions.ClientError, match="ValidationException"):
        dynamodb.scan(TableName=table, **request_)
    with pytest.raises(dynamodb.exceptions.ClientError, match="ValidationException"):
        dynamodb.query(TableName=table, **QUERIES["table"], **request_)


def test_a_page_of_a_large_table_takes_as_long_as_one_of_a_small_table() -> None:
    with running_engine() as stand:
        client = stand.client()
        client.create_table(**create_table_request(TABLE, NAME))
        fill(client, 0, 100)
        small = page_times(client)
        fill(client, 100, 5_000)
        page_times(client)
        large = page_times(client)
    # Without care it is 75 times as long.
    assert all(after < 10 * before for before, after in zip(small, large, strict=True))


def fill(client: DynamoDBClient, first: int, end: int) -> None:
    for start in range(first, end, 25):
        items: list[Any] = [
            {"holder": {"S": f"o{n % 7}"}, "number": {"N": str(n)}, "state": {"S": "on"}, "made": {"S": f"{n:06}"}}
            for n in range(start, start + 25)
        ]
        client.batch_write_item(RequestItems={NAME: [{"PutRequest": {"Item": item}} for item in items]})


def page_times(client: DynamoDBClient) -> list[float]:
    """The medians of what a page of an index and one of a partition take, in seconds."""
    return [median_time(client, QUERIES[name]) for name in ("index backwards", "table")]


def median_time(client: DynamoDBClient, query: Request) -> float:
    times = []
    for _ in range(7):
        start = time.perf_counter()
        client.query(TableName=NAME, Limit=20, **query)
        times.append(time.perf_counter() - start)
    return statistics.median(times)
