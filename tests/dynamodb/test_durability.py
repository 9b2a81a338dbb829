"""No answered write is lost, and a restarted engine is the engine that it was."""

from __future__ import annotations

import contextlib
import random
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.support.dynamodb import Stand, create_items_table, define, make_index, running_engine
from tests.support.waiting import LAST_RESORT, eventually, wait_until

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.stack


class Writer(threading.Thread):
    """Writes rising versions of its items until told to stop; ``ledger`` has what was answered."""

    def __init__(self, endpoint: str, name: str) -> None:
        super().__init__(daemon=True)
        self.ledger: dict[str, int] = {}
        self.stop = threading.Event()
        self._name = name
        self._client = client_without_retries(endpoint)
        self._random = random.Random(name)

    def run(self) -> None:
        while not self.stop.is_set():
            # A request that the engine's death cut off: it may be saved or not.
            with contextlib.suppress(BotoCoreError):
                self._write_one()

    def _write_one(self) -> None:
        item_id = f"{self._name}-{self._random.randrange(20)}"
        version = self.ledger.get(item_id, 0) + 1
        padding = "x" * self._random.randrange(2000)
        item = {"version": {"N": str(version)}, "padding": {"S": padding}}
        twin: Any = {"Put": {"TableName": "items", "Item": {"itemId": {"S": f"{item_id}-twin"}, **item}}}
        one: Any = {"Put": {"TableName": "items", "Item": {"itemId": {"S": item_id}, **item}}}
        if version % 3:
            self._client.put_item(TableName="items", Item=one["Put"]["Item"])
        else:
            self._client.transact_write_items(TransactItems=[one, twin])
            self.ledger[f"{item_id}-twin"] = version
        self.ledger[item_id] = version


def client_without_retries(endpoint: str) -> DynamoDBClient:
    config = Config(retries={"total_max_attempts": 1}, read_timeout=10)
    session = boto3.Session("test", "test", region_name="us-east-1")
    return session.client("dynamodb", endpoint_url=endpoint, config=config)


def has_written(writers: Sequence[Writer], items: int) -> bool:
    return sum(len(writer.ledger) for writer in writers) > items


def versions(client: DynamoDBClient) -> Mapping[str, int]:
    pages = client.get_paginator("scan").paginate(TableName="items")
    return {item["itemId"]["S"]: int(item["version"]["N"]) for page in pages for item in page["Items"]}


def test_no_answered_write_is_lost_to_kill_9(tmp_path: Path) -> None:
    moments = random.Random(7)
    with running_engine(tmp_path, checkpoint_after=25) as stand:
        create_items_table(stand.client())
        for number in range(4):
            writers = [Writer(stand.endpoint, f"{number}-{letter}") for letter in "abc"]
            for writer in writers:
                writer.start()
            wait_until(partial(has_written, writers, 20))
            time.sleep(moments.uniform(0.0, 0.3))
            for _ in range(2):
                stand.kill_and_restart()
                time.sleep(moments.uniform(0.0, 0.3))
            stand.kill()
            for writer in writers:
                writer.stop.set()
            stand.start()
            for writer in writers:
                writer.join(LAST_RESORT)
            found = versions(stand.client())
            ledger = {key: version for writer in writers for key, version in writer.ledger.items()}
            for key, version in ledger.items():
                # The next one may have been saved and not answered; twins are written with every third.
                step = 3 if key.endswith("-twin") else 1
                assert found.get(key, 0) in (version, version + step)
                if found[key] % 3 == 0 and step == 1:
                    assert found[f"{key}-twin"] == found[key]
        assert [word for word in stand.warnings if "cut short" not in word] == []
    assert not (tmp_path / "journal-0000000000000000.log").exists()


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Stand]:
    """An engine after about every kind of write, rejected ones among them."""
    with running_engine(tmp_path, region="eu-central-1", log=tmp_path / "log") as stand:
        make_history(stand.client("eu-central-1"))
        yield stand


def make_history(client: DynamoDBClient) -> None:
    make_tables(client)
    for number in range(40):
        client.put_item(
            TableName="orders",
            Item={
                "customer": {"S": f"c{number % 5}"},
                "at": {"N": str(number)},
                "status": {"S": ["open", "paid"][number % 2]},
                "tags": {"SS": ["a", f"t{number}"]},
                "raw": {"B": bytes([number])},
                "lines": {"L": [{"M": {"sku": {"S": "ü🧺"}, "n": {"N": "1.50"}}}]},
                "none": {"NULL": True},
            },
        )
    change_items(client)
    refuse(client, "PutItem", TableName="orders", Item={"customer": {"S": "c0"}})
    # The engine changes the class before it finds that there is no such index.
    half = {"TableClass": "STANDARD_INFREQUENT_ACCESS", "GlobalSecondaryIndexUpdates": [NO_INDEX]}
    refuse(client, "UpdateTable", TableName="orders", **half)
    change_tables(client)


NO_INDEX = {"Delete": {"IndexName": "nowhere"}}


def make_tables(client: DynamoDBClient) -> None:
    index = make_index("byStatus", "status", "at")
    local = make_index("byTotal", "customer", "total", projection="KEYS_ONLY")
    client.create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        AttributeDefinitions=define(customer="S", at="N", status="S", total="N"),
        GlobalSecondaryIndexes=[index],
        LocalSecondaryIndexes=[local],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        Tags=[{"Key": "team", "Value": "shop"}],
    )
    client.update_time_to_live(
        TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    create_items_table(client)
    create_items_table(client, "gone")


def change_items(client: DynamoDBClient) -> None:
    key: Any = {"customer": {"S": "c1"}, "at": {"N": "1"}}
    client.update_item(
        TableName="orders",
        Key=key,
        UpdateExpression="SET #l = list_append(#l, :l), #s = if_not_exists(#s, :n) REMOVE #r ADD visits :n, tags :t",
        ExpressionAttributeNames={"#l": "lines", "#r": "raw", "#s": "total"},
        ExpressionAttributeValues={":l": {"L": [{"BOOL": True}]}, ":n": {"N": "7"}, ":t": {"SS": ["z"]}},
    )
    refuse(client, "PutItem", TableName="orders", Item=key, ConditionExpression="attribute_not_exists(customer)")
    refuse(client, "UpdateItem", TableName="orders", Key=key, UpdateExpression="SET #l.a = :n ADD tags :n", **NUMBER)
    client.delete_item(TableName="orders", Key={"customer": {"S": "c2"}, "at": {"N": "2"}})
    put: Any = {"Put": {"TableName": "items", "Item": {"itemId": {"S": "t"}, "n": {"N": "1"}}}}
    check: Any = {"ConditionCheck": {"TableName": "orders", "Key": key, "ConditionExpression": "visits = :n"}}
    check["ConditionCheck"]["ExpressionAttributeValues"] = {":n": {"N": "7"}}
    client.transact_write_items(TransactItems=[put, check], ClientRequestToken="once")
    never: Any = {"Put": {**put["Put"], "ConditionExpression": "attribute_not_exists(itemId)"}}
    refuse(client, "TransactWriteItems", TransactItems=[never])
    requests: Any = {"items": [{"PutRequest": {"Item": {"itemId": {"S": f"b{n}"}}}} for n in range(25)]}
    client.batch_write_item(RequestItems=requests)
    client.execute_statement(Statement="INSERT INTO \"items\" VALUE {'itemId': 'p', 'n': 1}")
    client.execute_statement(Statement="UPDATE \"items\" SET n=2 WHERE itemId='p'")
    refuse(client, "ExecuteStatement", Statement="INSERT INTO \"items\" VALUE {'itemId': 'p'}")
    insert, again = "INSERT INTO \"items\" VALUE {'itemId': 'q'}", "INSERT INTO \"items\" VALUE {'itemId': 'p'}"
    refuse(client, "ExecuteTransaction", TransactStatements=[{"Statement": insert}, {"Statement": again}])
    client.batch_execute_statement(Statements=[{"Statement": insert}, {"Statement": again}])


NUMBER: Any = {
    "ExpressionAttributeNames": {"#l": "lines"},
    "ExpressionAttributeValues": {":n": {"N": "7"}},
}


def change_tables(client: DynamoDBClient) -> None:
    client.update_table(
        TableName="items",
        AttributeDefinitions=define(itemId="S", n="N"),
        GlobalSecondaryIndexUpdates=[{"Create": make_index("byN", "n")}],
    )
    client.delete_table(TableName="gone")
    arn = client.describe_table(TableName="items")["Table"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    client.update_continuous_backups(
        TableName="items", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    client.create_backup(TableName="items", BackupName="first")
    client.put_item(TableName="items", Item={"itemId": {"S": "last"}})


def refuse(client: DynamoDBClient, action: str, **request: Any) -> None:
    name = "".join(f"_{c.lower()}" if c.isupper() else c for c in action).lstrip("_")
    with pytest.raises(ClientError):
        getattr(client, name)(**request)


def everything(stand: Stand) -> Mapping[str, Any]:
    """All that a client can see, in the order in which it sees it."""
    client = stand.client("eu-central-1")
    seen: dict[str, Any] = {"backups": client.list_backups()["BackupSummaries"]}
    for name in client.list_tables()["TableNames"]:
        table = client.describe_table(TableName=name)["Table"]
        seen[name] = {
            "table": table,
            "ttl": client.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
            "tags": client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"],
            "items": client.scan(TableName=name)["Items"],
            "indexes": {
                index["IndexName"]: client.scan(TableName=name, IndexName=index["IndexName"])["Items"]
                for index in table.get("GlobalSecondaryIndexes", [])
            },
            "stream": read_stream(stand.endpoint, table.get("LatestStreamArn")),
        }
    return seen


def read_stream(endpoint: str, arn: str | None) -> list[Any]:
    if arn is None:
        return []
    streams = boto3.Session("t", "t", region_name="eu-central-1").client("dynamodbstreams", endpoint_url=endpoint)
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    return list(streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"])


def test_the_journal_gives_the_same_state_to_the_last_id_and_time(busy: Stand) -> None:
    before = everything(busy)
    assert len(before["orders"]["stream"]) == 42
    assert list(before) == ["backups", "items", "orders"]
    busy.kill_and_restart()
    assert everything(busy) == before
    assert busy.warnings == []


def test_a_checkpoint_gives_the_same_state(busy: Stand, tmp_path: Path) -> None:
    before = everything(busy)
    busy.kill()
    busy.options = replace(busy.options, checkpoint_after=1)
    busy.start()
    assert eventually(lambda: not (tmp_path / "journal-0000000000000000.log").exists())
    assert everything(busy) == before
    busy.kill_and_restart()
    assert everything(busy) == before
    assert busy.warnings == []


def test_a_transaction_is_still_made_only_once_after_a_restart(busy: Stand) -> None:
    busy.kill_and_restart()
    client = busy.client()
    client.put_item(TableName="items", Item={"itemId": {"S": "t"}, "n": {"N": "5"}})
    put: Any = {"Put": {"TableName": "items", "Item": {"itemId": {"S": "t"}, "n": {"N": "1"}}}}
    key = {"customer": {"S": "c1"}, "at": {"N": "1"}}
    check: Any = {"ConditionCheck": {"TableName": "orders", "Key": key, "ConditionExpression": "visits = :n"}}
    check["ConditionCheck"]["ExpressionAttributeValues"] = {":n": {"N": "7"}}
    client.transact_write_items(TransactItems=[put, check], ClientRequestToken="once")
    assert client.get_item(TableName="items", Key={"itemId": {"S": "t"}})["Item"]["n"] == {"N": "5"}


def test_checkpoints_are_made_while_it_serves(tmp_path: Path) -> None:
    with running_engine(tmp_path, checkpoint_after=50) as stand:
        client = stand.client()
        create_items_table(client)
        for number in range(400):
            client.put_item(TableName="items", Item={"itemId": {"S": str(number % 60)}, "n": {"N": str(number)}})
        kinds = sorted(file.name.partition("-0")[0] for file in tmp_path.iterdir())
        assert kinds == ["journal", "lock", "tables.sqlite", "tables.sqlite-wal"]
        stand.kill_and_restart()
        items = client.scan(TableName="items")["Items"]
        assert {item["itemId"]["S"]: item["n"]["N"] for item in items} == {
            str(number % 60): str(number) for number in range(400)
        }


def test_expired_items_go_and_stay_gone(tmp_path: Path) -> None:
    now = int(time.time())
    ages = {"past": now - 10, "future": now + 3600, "long past": now - 6 * 365 * 86400}
    with running_engine(tmp_path, expiry_interval=0.1) as stand:
        client = stand.client()
        create_items_table(client)
        client.update_time_to_live(TableName="items", TimeToLiveSpecification={"Enabled": True, "AttributeName": "end"})
        for name, end in ages.items():
            client.put_item(TableName="items", Item={"itemId": {"S": name}, "end": {"N": str(end)}})
        client.put_item(TableName="items", Item={"itemId": {"S": "text"}, "end": {"S": str(now - 10)}})
        assert eventually(lambda: "Item" not in client.get_item(TableName="items", Key={"itemId": {"S": "past"}}))
        # Made anew where it had expired: refused if a restart brought the expired one back first.
        key: Any = {"itemId": {"S": "past"}}
        client.put_item(TableName="items", Item=key, ConditionExpression="attribute_not_exists(itemId)")
        client.put_item(TableName="items", Item={"itemId": {"S": "last"}})
        stand.options = replace(stand.options, expiry_interval=60)
        stand.kill_and_restart()
        assert client.get_item(TableName="items", Key=key)["Item"] == key
        left = sorted(item["itemId"]["S"] for item in client.scan(TableName="items")["Items"])
        assert left == ["future", "last", "long past", "past", "text"]
        assert stand.warnings == []


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of a running process can be set on Linux only (prlimit)")
def test_a_full_disk_refuses_writes_and_nothing_else(tmp_path: Path) -> None:
    import resource

    with running_engine(tmp_path) as stand:
        client = client_without_retries(stand.endpoint)
        create_items_table(client)
        client.put_item(TableName="items", Item={"itemId": {"S": "before"}})
        # A record of 400 bytes starts in the file and does not end in it.
        size = (tmp_path / "journal-0000000000000000.log").stat().st_size + 100
        limits = resource.prlimit(stand.process_id, resource.RLIMIT_FSIZE)
        resource.prlimit(stand.process_id, resource.RLIMIT_FSIZE, (size, limits[1]))
        for _ in range(3):
            with pytest.raises(ClientError, match=r"\(InternalServerError\).* it can't be saved .*File too large"):
                client.put_item(TableName="items", Item={"itemId": {"S": "full"}, "padding": {"S": "x" * 300}})
        assert [item["itemId"]["S"] for item in client.scan(TableName="items")["Items"]] == ["before"]
        resource.prlimit(stand.process_id, resource.RLIMIT_FSIZE, limits)
        client.put_item(TableName="items", Item={"itemId": {"S": "after"}})
        stand.kill_and_restart()
        assert sorted(item["itemId"]["S"] for item in client.scan(TableName="items")["Items"]) == ["after", "before"]
        assert stand.warnings == []
