"""Indexes with keys of several attributes, pages of their scans, parallel scans, and item collections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.dynamodb import define, make_index, running_engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.stack

COUNT = 24


@pytest.fixture(scope="module")
def client() -> Iterator[DynamoDBClient]:
    with running_engine() as stand:
        client = stand.client()
        client.create_table(
            TableName="games",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
            AttributeDefinitions=define(id="S", at="N", place="S", level="N", team="S", points="N"),
            GlobalSecondaryIndexes=[several_keys("byPlaceAndLevel", ("place", "level"), ("team", "points"))],
            LocalSecondaryIndexes=[make_index("byPoints", "id", "points")],
        )
        for number in range(COUNT):
            client.put_item(TableName="games", Item=make_game(number))
        client.put_item(TableName="games", Item={"id": {"S": "sparse"}, "at": {"N": "1"}})
        yield client


def several_keys(name: str, hashes: tuple[str, ...], ranges: tuple[str, ...]) -> Any:
    index = make_index(name)
    kinds = [*((key, "HASH") for key in hashes), *((key, "RANGE") for key in ranges)]
    return {**index, "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in kinds]}


def make_game(number: int) -> Any:
    return {
        "id": {"S": f"g{number % 5}"},
        "at": {"N": str(number - 10)},
        "place": {"S": ["here", "there"][number % 2]},
        "level": {"N": str(number % 3)},
        "team": {"S": f"t{number % 4}"},
        "points": {"N": str(100 - number * 7)},
    }


def numbers(items: Any) -> list[int]:
    return [int(item["at"]["N"]) + 10 for item in items]


def query(client: DynamoDBClient, condition: str, values: dict[str, Any], **more: Any) -> list[int]:
    """All pages of a Query of the index with several keys."""
    pages = client.get_paginator("query").paginate(
        TableName="games",
        IndexName="byPlaceAndLevel",
        KeyConditionExpression=condition,
        ExpressionAttributeNames={"#p": "place", "#l": "level"},
        ExpressionAttributeValues=values,
        **more,
    )
    return [number for page in pages for number in numbers(page["Items"])]


HERE: Any = {":p": {"S": "here"}, ":l": {"N": "0"}}


@pytest.mark.parametrize("size", [1, 2, 100])
def test_an_index_by_several_attributes_is_read_in_the_order_of_all(client: DynamoDBClient, size: int) -> None:
    expected = sorted((n for n in range(COUNT) if n % 6 == 0), key=lambda n: (n % 4, 100 - n * 7))
    limit = {"PaginationConfig": {"PageSize": size}}
    assert query(client, "#p = :p AND #l = :l", HERE, **limit) == expected
    assert query(client, "#p = :p AND #l = :l", HERE, ScanIndexForward=False, **limit) == expected[::-1]


def test_conditions_on_the_sort_key_go_from_its_first_attribute_on(client: DynamoDBClient) -> None:
    team = {**HERE, ":t": {"S": "t2"}}
    assert query(client, "#p = :p AND #l = :l AND team = :t", team) == [18, 6]
    fewer = {**team, ":n": {"N": "0"}}
    assert query(client, "#p = :p AND #l = :l AND team = :t AND points < :n", fewer) == [18]
    assert query(client, "#p = :p AND #l = :l AND team = :t AND points >= :n", fewer) == [6]


@pytest.mark.parametrize("index", ["", "byPlaceAndLevel", "byPoints"])
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_pages_of_a_scan_have_each_item_once(client: DynamoDBClient, index: str, limit: int) -> None:
    of_index: Any = {"IndexName": index} if index else {}
    expected = list(range(COUNT)) if index else sorted([*range(COUNT), 11])
    assert sorted(scan(client, Limit=limit, **of_index)) == expected
    parts = [scan(client, Limit=limit, Segment=segment, TotalSegments=3, **of_index) for segment in range(3)]
    assert sorted(number for part in parts for number in part) == expected


def scan(client: DynamoDBClient, **request: Any) -> list[int]:
    found: list[int] = []
    start: dict[str, Any] = {}
    while True:
        page: Any = client.scan(TableName="games", **request, **start)
        found += numbers(page["Items"])
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def test_a_page_ends_before_the_item_that_passes_1_mb(client: DynamoDBClient) -> None:
    client.create_table(
        TableName="large",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        AttributeDefinitions=define(id="S", at="N", state="S"),
        GlobalSecondaryIndexes=[make_index("keys", "state", projection="KEYS_ONLY")],
    )
    for number in range(4):
        item: Any = {"id": {"S": "a"}, "at": {"N": str(number)}, "state": {"S": "on"}, "text": {"S": "x" * 300_000}}
        client.put_item(TableName="large", Item=item)
    values: Any = {":a": {"S": "a"}}
    page = client.query(TableName="large", KeyConditionExpression="id = :a", ExpressionAttributeValues=values)
    assert [item["at"]["N"] for item in page["Items"]] == ["0", "1", "2"]
    assert page["LastEvaluatedKey"] == {"id": {"S": "a"}, "at": {"N": "2"}}
    assert client.scan(TableName="large")["Count"] == 3
    # An entry of the index has the keys alone.
    assert client.scan(TableName="large", IndexName="keys")["Count"] == 4


def test_each_kind_of_write_tells_of_the_item_collection(client: DynamoDBClient) -> None:
    size: Any = {"ReturnItemCollectionMetrics": "SIZE"}
    key: Any = {"id": {"S": "c"}, "at": {"N": "1"}}
    metrics = {"ItemCollectionKey": {"id": {"S": "c"}}, "SizeEstimateRangeGB": [0.0, 1.0]}
    put: Any = {"PutRequest": {"Item": key}}
    assert client.put_item(TableName="games", Item=key, **size)["ItemCollectionMetrics"] == metrics
    batch = client.batch_write_item(RequestItems={"games": [put]}, **size)
    assert batch["ItemCollectionMetrics"] == {"games": [metrics]}
    delete: Any = {"Delete": {"TableName": "games", "Key": key}}
    transaction = client.transact_write_items(TransactItems=[delete], **size)
    assert transaction["ItemCollectionMetrics"] == {"games": [metrics]}
    assert "ItemCollectionMetrics" not in client.put_item(TableName="large", Item={**key, "at": {"N": "9"}}, **size)


def sizes(client: DynamoDBClient, name: str) -> dict[str, tuple[int, int]]:
    """The number and the bytes of the items of a table (""), and of the entries of its indexes."""
    table = client.describe_table(TableName=name)["Table"]
    found = {"": (table["ItemCount"], table["TableSizeBytes"])}
    for index in (*table["GlobalSecondaryIndexes"], *table["LocalSecondaryIndexes"]):
        found[index["IndexName"]] = (index["ItemCount"], index["IndexSizeBytes"])
    return found


def test_tables_and_indexes_tell_their_size(tmp_path: Path) -> None:
    few = make_index("few", "state", projection="INCLUDE")
    few["Projection"]["NonKeyAttributes"] = ["word"]
    with running_engine(tmp_path) as stand:
        client = stand.client()
        client.create_table(
            TableName="sized",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
            AttributeDefinitions=define(id="S", at="N", state="S"),
            GlobalSecondaryIndexes=[few],
            LocalSecondaryIndexes=[make_index("byState", "id", "state")],
        )
        # id: 3 bytes, at: 4 (a number of up to two digits takes 2), state: 7, word: 6, text: 104
        whole: Any = {"id": {"S": "a"}, "at": {"N": "7"}, "state": {"S": "on"}, "word": {"S": "hi"}}
        client.put_item(TableName="sized", Item={**whole, "text": {"S": "x" * 100}})
        client.put_item(TableName="sized", Item={"id": {"S": "a"}, "at": {"N": "8"}})
        expected = {"": (2, 131), "few": (1, 20), "byState": (1, 124)}
        assert sizes(client, "sized") == expected
        with pytest.raises(client.exceptions.TransactionCanceledException):
            key = {"id": {"S": "a"}, "at": {"N": "8"}}
            check: Any = {"TableName": "sized", "Key": key, "ConditionExpression": "attribute_not_exists(id)"}
            put: Any = {"TableName": "sized", "Item": {**whole, "at": {"N": "9"}}}
            client.transact_write_items(TransactItems=[{"Put": put}, {"ConditionCheck": check}])
        changes: Any = [{"Create": make_index("all", "word")}]
        client.update_table(
            TableName="sized", AttributeDefinitions=define(word="S"), GlobalSecondaryIndexUpdates=changes
        )
        assert sizes(client, "sized") == {**expected, "all": (1, 124)}
        stand.kill_and_restart()
        assert sizes(client, "sized") == {**expected, "all": (1, 124)}
        update = "REMOVE #s, #t SET word = :w"
        client.update_item(
            TableName="sized",
            Key={"id": {"S": "a"}, "at": {"N": "7"}},
            UpdateExpression=update,
            ExpressionAttributeNames={"#s": "state", "#t": "text"},
            ExpressionAttributeValues={":w": {"S": "hello"}},
        )
        assert sizes(client, "sized") == {"": (2, 23), "few": (0, 0), "byState": (0, 0), "all": (1, 16)}
        client.delete_item(TableName="sized", Key={"id": {"S": "a"}, "at": {"N": "7"}})
        assert sizes(client, "sized") == {"": (1, 7), "few": (0, 0), "byState": (0, 0), "all": (0, 0)}
