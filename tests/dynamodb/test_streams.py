"""Stream records: what they hold by the view of the table's stream, and who made the change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from homeport.dynamodb.client import ACCESS_KEY, SECRET_KEY
from tests.support.dynamodb import Stand, running_engine
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.stack

KEY: Any = {"itemId": {"S": "1"}}


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with running_engine(expiry_interval=0.1) as stand:
        yield stand


def make_table(client: DynamoDBClient, name: str, view: Any) -> str:
    """A table with a stream; the stream's ARN."""
    made = client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "itemId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "itemId", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
    )
    return made["TableDescription"]["LatestStreamArn"]


def streams_client(stand: Stand, **options: Any) -> Any:
    return boto3.client(
        "dynamodbstreams",
        endpoint_url=stand.endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        **options,
    )


def records_of(stand: Stand, arn: str) -> list[Any]:
    streams = streams_client(stand)
    found: list[Any] = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found.extend(streams.get_records(ShardIterator=iterator)["Records"])
    return found


def test_requests_are_held_to_the_api(stand: Stand) -> None:
    streams = streams_client(stand, config=Config(parameter_validation=False))
    with pytest.raises(ClientError, match="Value '9' at 'shardIteratorType' failed to satisfy constraint") as wrong:
        streams.get_shard_iterator(StreamArn="a" * 40, ShardId="s" * 30, ShardIteratorType="9")
    assert wrong.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError, match="at 'limit' failed to satisfy constraint: Member must have value greater"):
        streams.list_streams(Limit=0)
    with pytest.raises(ClientError, match="at 'shardIterator' failed to satisfy constraint: Member must not be null"):
        streams.get_records()


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", []),
        ("NEW_IMAGE", ["NewImage"]),
        ("OLD_IMAGE", ["OldImage"]),
        ("NEW_AND_OLD_IMAGES", ["NewImage", "OldImage"]),
    ],
)
def test_a_record_has_the_images_of_the_view(stand: Stand, view: str, images: list[str]) -> None:
    client = stand.client()
    arn = make_table(client, f"view-{view.lower().replace('_', '-')}", view)
    name = arn.split("/")[1]
    client.put_item(TableName=name, Item={**KEY, "n": {"N": "1"}})
    client.put_item(TableName=name, Item={**KEY, "n": {"N": "1.0"}})
    client.update_item(
        TableName=name, Key=KEY, UpdateExpression="ADD n :n", ExpressionAttributeValues={":n": {"N": "1"}}
    )
    client.delete_item(TableName=name, Key=KEY)
    records = records_of(stand, arn)
    # A write that changes nothing has no record.
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    assert sorted(name for name in records[1]["dynamodb"] if name.endswith("Image")) == images
    assert all(record["dynamodb"]["Keys"] == KEY and "userIdentity" not in record for record in records)
    # The key takes 7 bytes, an image of it and the number 10 or 11.
    assert records[1]["dynamodb"]["SizeBytes"] == 7 + 10 * len(images)
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
    assert numbers == sorted(numbers)


def test_an_item_that_expires_is_deleted_by_the_service(stand: Stand) -> None:
    client = stand.client()
    arn = make_table(client, "expiring", "OLD_IMAGE")
    client.update_time_to_live(TableName="expiring", TimeToLiveSpecification={"Enabled": True, "AttributeName": "end"})
    client.put_item(TableName="expiring", Item={**KEY, "end": {"N": str(1_800_000_000 - 400_000_000)}})
    client.put_item(TableName="expiring", Item={"itemId": {"S": "2"}})
    client.delete_item(TableName="expiring", Key={"itemId": {"S": "2"}})
    client.put_item(TableName="expiring", Item={**KEY, "end": {"N": "1700000000"}})
    wait_until(lambda: not client.scan(TableName="expiring")["Items"])
    identities = [
        (record["dynamodb"]["Keys"]["itemId"]["S"], record.get("userIdentity"))
        for record in records_of(stand, arn)
        if record["eventName"] == "REMOVE"
    ]
    service = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert identities == [("2", None), ("1", service)]
