"""PartiQL: writes like any other, with stream records and their checks, and reads in pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from homeport.dynamodb.client import ACCESS_KEY, SECRET_KEY
from tests.support.dynamodb import define, make_index, running_engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.stack

NAME = "albums"


@pytest.fixture(scope="module")
def client() -> Iterator[DynamoDBClient]:
    with running_engine() as stand:
        client = stand.client()
        client.create_table(
            TableName=NAME,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "nr", "KeyType": "RANGE"}],
            AttributeDefinitions=define(artist="S", nr="N", genre="S"),
            GlobalSecondaryIndexes=[make_index("byGenre", "genre")],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        yield client


def run(client: DynamoDBClient, statement: str, **more: Any) -> list[Any]:
    return client.execute_statement(Statement=statement, **more)["Items"]


def message(client: DynamoDBClient, statement: str) -> str:
    with pytest.raises(ClientError) as raised:
        client.execute_statement(Statement=statement)
    return str(raised.value.response["Error"].get("Message"))


def test_writes_have_stream_records(client: DynamoDBClient) -> None:
    run(client, "INSERT INTO albums VALUE {'artist': 'streamed', 'nr': 1.50, 'sold': 1}")
    run(client, "UPDATE albums SET sold = sold + 1 WHERE artist = 'streamed' AND nr = 1.5")
    run(client, "DELETE FROM albums WHERE artist = 'streamed' AND nr = 1.50")
    kept = "INSERT INTO albums VALUE {'artist': 'kept', 'nr': 1}"
    client.execute_transaction(TransactStatements=[{"Statement": kept}])
    rolled_back = [{"Statement": "INSERT INTO albums VALUE {'artist': 'lost', 'nr': 1}"}, {"Statement": kept}]
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        client.execute_transaction(TransactStatements=rolled_back)  # type: ignore[arg-type]
    found = [
        (record["eventName"], record["dynamodb"]["Keys"], record["dynamodb"].get("NewImage", {}).get("sold"))
        for record in stream_records(client)
    ]
    streamed: Any = {"artist": {"S": "streamed"}, "nr": {"N": "1.5"}}
    assert found == [
        ("INSERT", streamed, {"N": "1"}),
        ("MODIFY", streamed, {"N": "2"}),
        ("REMOVE", streamed, None),
        ("INSERT", {"artist": {"S": "kept"}, "nr": {"N": "1"}}, None),
    ]


def stream_records(client: DynamoDBClient) -> list[Any]:
    streams = boto3.client(
        "dynamodbstreams",
        endpoint_url=client.meta.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    arn = client.describe_table(TableName=NAME)["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records: list[Any] = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    return records


INVALID = "One or more parameter values were invalid"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("INSERT INTO albums VALUE {'artist': 'a'}", f"{INVALID}: Missing the key nr in the item"),
        ("INSERT INTO albums VALUE {'artist': 'a', 'nr': '1'}", "Type mismatch for key nr expected: N actual: S"),
        ("INSERT INTO albums VALUE {'artist': 'a', 'nr': 2, 'genre': 1}", "Type mismatch for Index Key genre"),
        ("UPDATE albums SET artist = 'b' WHERE artist = 'a' AND nr = 1", "Cannot update attribute artist."),
        ("UPDATE albums REMOVE nr WHERE artist = 'a' AND nr = 1", "Cannot update attribute nr."),
        ("UPDATE albums SET genre = 5 WHERE artist = 'a' AND nr = 1", "Type mismatch for Index Key genre"),
        ("SELECT COUNT(*) FROM albums", "Unexpected path component at 1:8:5"),
        ("SELECT nr FROM albums WHERE artist = 'a' ORDER BY sold", "Variable reference sold in ORDER BY clause"),
    ],
)
def test_a_statement_that_breaks_a_rule_changes_nothing(client: DynamoDBClient, statement: str, expected: str) -> None:
    key: Any = {"artist": {"S": "a"}, "nr": {"N": "1"}}
    client.put_item(TableName=NAME, Item={**key, "genre": {"S": "jazz"}})
    assert expected in message(client, statement)
    assert run(client, "SELECT * FROM albums WHERE artist = 'a'") == [{**key, "genre": {"S": "jazz"}}]


def test_lists_and_sets_grow(client: DynamoDBClient) -> None:
    run(client, "INSERT INTO albums VALUE {'artist': 'lists', 'nr': 1, 'songs': ['x']}")
    changed = "UPDATE albums SET songs = list_append(songs, ['y']) WHERE artist = 'lists' AND nr = 1"
    assert run(client, f"{changed} RETURNING MODIFIED NEW *") == [{"songs": {"L": [{"S": "x"}, {"S": "y"}]}}]


@pytest.mark.parametrize("where", ["artist = 'paged'", "artist = 'paged' AND nr > 2", "begins_with(artist, 'page')"])
def test_pages_together_are_the_whole(client: DynamoDBClient, where: str) -> None:
    for number in (1, 2, 3, 10, 20):
        client.put_item(TableName=NAME, Item={"artist": {"S": "paged"}, "nr": {"N": str(number)}})
    statement = f"SELECT nr FROM albums WHERE {where}"
    whole = run(client, statement)
    pages: list[list[Any]] = []
    token: dict[str, Any] = {}
    while not pages or token:
        reply = client.execute_statement(Statement=statement, Limit=2, **token)
        pages.append(reply["Items"])
        token = {"NextToken": reply["NextToken"]} if "NextToken" in reply else {}
    assert [item for page in pages for item in page] == whole
    assert whole[-1] == {"nr": {"N": "20"}}
    assert all(len(page) <= 2 for page in pages)


def test_a_token_is_that_of_its_statement(client: DynamoDBClient) -> None:
    for number in (1, 2):
        client.put_item(TableName=NAME, Item={"artist": {"S": "token"}, "nr": {"N": str(number)}})
    statement = "SELECT * FROM albums WHERE artist = 'token'"
    token = client.execute_statement(Statement=statement, Limit=1)["NextToken"]
    for other, given in ((f"{statement} AND nr > 0", token), (statement, "nonsense")):
        with pytest.raises(ClientError, match="NextToken is invalid"):
            client.execute_statement(Statement=other, NextToken=given)


def test_a_read_costs_what_it_evaluates(client: DynamoDBClient) -> None:
    client.put_item(TableName=NAME, Item={"artist": {"S": "big"}, "nr": {"N": "1"}, "text": {"S": "x" * 9000}})
    for statement, consistent, units in (
        ("SELECT nr FROM albums WHERE artist = 'big' AND sold = 5", False, 1.5),
        ("SELECT nr FROM albums WHERE artist = 'big'", True, 3.0),
        ("SELECT nr FROM albums WHERE artist = 'nobody'", True, 1.0),
        ("UPDATE albums SET sold = 1 WHERE artist = 'big' AND nr = 1", False, 9.0),
    ):
        reply = client.execute_statement(Statement=statement, ConsistentRead=consistent, ReturnConsumedCapacity="TOTAL")
        assert reply["ConsumedCapacity"]["CapacityUnits"] == units, statement
