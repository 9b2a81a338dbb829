"""The embedded engine as a process: it serves, it ends, and it says why it does not start."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from homeport.dynamodb.engine import LOCK
from homeport.errors import EngineError
from homeport.package_cache import package_set
from tests.support.dynamodb import Stand, create_items_table, make_stand, running_engine
from tests.support.waiting import LAST_RESORT, SlownessMeter, eventually

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def memory_engine() -> Iterator[Stand]:
    with running_engine() as stand:
        create_items_table(stand.client())
        yield stand


def post(stand: Stand, target: str | None, body: bytes) -> tuple[int, str]:
    headers = {"X-Amz-Target": target} if target is not None else {}
    request = urllib.request.Request(stand.endpoint, body, headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_an_item_is_made_read_changed_and_removed(memory_engine: Stand) -> None:
    client = memory_engine.client()
    key: Any = {"itemId": {"S": "1"}}
    client.put_item(TableName="items", Item={**key, "price": {"N": "12.50"}})
    assert client.get_item(TableName="items", Key=key)["Item"] == {**key, "price": {"N": "12.5"}}
    client.update_item(
        TableName="items", Key=key, UpdateExpression="ADD price :one", ExpressionAttributeValues={":one": {"N": "1"}}
    )
    assert client.get_item(TableName="items", Key=key)["Item"]["price"] == {"N": "13.5"}
    client.delete_item(TableName="items", Key=key)
    assert "Item" not in client.get_item(TableName="items", Key=key)


def test_batch_read_has_its_items_in_no_order(memory_engine: Stand) -> None:
    client = memory_engine.client()
    keys: Any = [{"itemId": {"S": f"batch-{number}"}} for number in range(8)]
    for key in keys:
        client.put_item(TableName="items", Item=key)
    found = client.batch_get_item(RequestItems={"items": {"Keys": keys}})["Responses"]["items"]
    assert found != keys
    assert sorted(found, key=str) == keys


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the libraries of another process are in /proc only")
def test_the_engine_loads_no_library_for_tls(memory_engine: Stand) -> None:
    loaded = Path(f"/proc/{memory_engine.process_id}/maps").read_text()
    assert "_socket" in loaded
    assert "_ssl" not in loaded


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="descriptors of another process are counted in /proc only")
def test_connections_that_clients_close_are_given_back(memory_engine: Stand) -> None:
    def descriptors() -> int:
        return len(list(Path(f"/proc/{memory_engine.process_id}/fd").iterdir()))

    host, port = memory_engine.listener.getsockname()
    clients = [socket.create_connection((host, port)) for _ in range(20)]
    for client in clients:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
    with_clients = descriptors()
    for client in clients:
        client.close()
    assert eventually(lambda: descriptors() <= with_clients - 20)


@pytest.mark.parametrize("access_key", ["test", "AKIAIOSFODNN7EXAMPLE", "123456789012"])
@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_every_client_sees_the_same_tables(memory_engine: Stand, access_key: str, region: str) -> None:
    session = boto3.Session(access_key, "secret", region_name=region)
    client = session.client("dynamodb", endpoint_url=memory_engine.endpoint)
    assert client.list_tables()["TableNames"] == ["items"]
    arn = client.describe_table(TableName="items")["Table"]["TableArn"]
    assert arn == "arn:aws:dynamodb:us-east-1:000000000000:table/items"


def test_the_region_of_arns_is_that_of_the_store(tmp_path: Path) -> None:
    with running_engine(tmp_path, region="eu-central-1") as stand:
        create_items_table(stand.client())
    with running_engine(tmp_path, region="us-west-2") as stand:
        arn = stand.client("us-west-2").describe_table(TableName="items")["Table"]["TableArn"]
    assert arn == "arn:aws:dynamodb:eu-central-1:000000000000:table/items"


@pytest.mark.parametrize(
    ("target", "body", "status", "part"),
    [
        (None, b"{}", 400, "UnknownOperationException"),
        ("DynamoDB_20120810.Nonsense", b"{}", 400, "UnknownOperationException"),
        ("Kinesis_20131202.PutRecord", b"{}", 400, "UnknownOperationException"),
        ("DynamoDB_20120810.ImportTable", b"{}", 400, "ImportTable works on S3, which the embedded DynamoDB does not"),
        ("DynamoDB_20120810.EnableKinesisStreamingDestination", b"{}", 400, "works on Kinesis"),
        ("DynamoDB_20120810.PutItem", b"{", 400, "SerializationException"),
        ("DynamoDB_20120810.PutItem", b"[1]", 400, "SerializationException"),
        ("DynamoDB_20120810.GetItem", b"\xff\xfe", 400, "SerializationException"),
        ("DynamoDB_20120810.GetItem", b"", 400, "ValidationException"),
        ("DynamoDB_20120810.PutItem", b"[" * 100_000, 400, "SerializationException"),
    ],
)
def test_a_request_of_no_dynamodb_action_is_rejected_as_dynamodb_does(
    memory_engine: Stand, target: str | None, body: bytes, status: int, part: str
) -> None:
    answered, text = post(memory_engine, target, body)
    assert answered == status
    assert part in text


def test_a_request_over_16_mb_is_rejected(memory_engine: Stand) -> None:
    status, text = post(memory_engine, "DynamoDB_20120810.PutItem", b" " * (16 * 1024 * 1024 + 1))
    assert (status, "over 16 MB" in text) == (413, True)


def test_the_port_has_nothing_but_dynamodb(memory_engine: Stand) -> None:
    assert post(memory_engine, None, b"")[0] == 400
    request = urllib.request.Request(f"{memory_engine.endpoint}/_ministack/reset", b"", method="POST")
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(request)
    with raised.value:
        assert raised.value.code == 400
    assert memory_engine.client().list_tables()["TableNames"] == ["items"]


def test_a_browser_gets_a_word_and_a_web_page_gets_no_leave(memory_engine: Stand) -> None:
    with urllib.request.urlopen(memory_engine.endpoint) as answer:
        assert answer.read() == b"healthy: homeport's embedded DynamoDB\n"
        assert "access-control-allow-origin" not in answer.headers


def test_streams_can_be_read(memory_engine: Stand) -> None:
    client = memory_engine.client()
    created = client.create_table(
        TableName="streamed",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    client.put_item(TableName="streamed", Item={"id": {"S": "1"}})
    session = boto3.Session("test", "test", region_name="us-east-1")
    streams = session.client("dynamodbstreams", endpoint_url=memory_engine.endpoint)
    arn = created["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    assert [record["dynamodb"]["NewImage"] for record in records] == [{"id": {"S": "1"}}]
    client.delete_table(TableName="streamed")


def test_without_data_nothing_is_written_and_nothing_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with running_engine() as stand:
        create_items_table(stand.client())
        stand.kill_and_restart()
        assert stand.client().list_tables()["TableNames"] == []
    assert list(tmp_path.iterdir()) == []


def test_the_engine_ends_within_a_second_of_a_quiet_machine_on_sigterm(tmp_path: Path) -> None:
    with running_engine(tmp_path) as stand:
        stand.client().list_tables()  # leaves an idle connection
        slow = socket.create_connection(stand.listener.getsockname())
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        started = time.monotonic()
        os.kill(stand.process_id, signal.SIGTERM)
        assert stand.engine is not None
        with SlownessMeter() as meter:
            assert stand.engine.process.wait(LAST_RESORT) == 0
            seconds = time.monotonic() - started
        assert seconds < meter.worst
        slow.close()


def test_ctrl_c_leaves_it_to_the_supervisor(tmp_path: Path) -> None:
    with running_engine(tmp_path / "data", log=tmp_path / "log") as stand:
        os.kill(stand.process_id, signal.SIGINT)
        assert stand.client().list_tables()["TableNames"] == []
    assert (tmp_path / "log").read_bytes() == b""


def test_the_engine_dies_with_its_supervisor(tmp_path: Path) -> None:
    with running_engine(tmp_path) as stand:
        assert stand.engine is not None
        os.close(stand.lifeline[1])
        assert stand.engine.process.wait(LAST_RESORT) == 0


def test_clients_that_come_while_it_is_away_are_served_by_the_next_one(tmp_path: Path) -> None:
    with running_engine(tmp_path) as stand:
        create_items_table(stand.client())
        stand.kill()
        names: list[list[str]] = []
        waiting = threading.Thread(target=lambda: names.append(stand.client().list_tables()["TableNames"]))
        waiting.start()
        time.sleep(0.1)
        stand.start()
        waiting.join(10)
        assert names == [["items"]]


def test_data_in_use_is_reported_with_the_process_that_has_it(tmp_path: Path) -> None:
    with running_engine(tmp_path) as first:
        second = make_stand(tmp_path)
        with pytest.raises(EngineError) as raised:
            second.start()
        second.close()
        assert raised.value.message == f"the data in {tmp_path} is in use by process {first.process_id}"
        assert raised.value.hint == "end that process first, or use other data: --data DIR or --no-data"


def test_a_cut_off_write_is_reported_and_the_rest_is_served(tmp_path: Path) -> None:
    with running_engine(tmp_path) as stand:
        create_items_table(stand.client())
        stand.client().put_item(TableName="items", Item={"itemId": {"S": "1"}})
        stand.kill()
        journal = tmp_path / "journal-0000000000000000.log"
        journal.write_bytes(journal.read_bytes()[:-10])
        stand.start()
        assert len(stand.warnings) == 1
        assert stand.warnings[0].startswith(f"warning: {journal} ended in a write that was cut short")
        assert stand.client().scan(TableName="items")["Items"] == []


def test_a_damaged_journal_stops_the_start_with_file_place_and_hint(tmp_path: Path) -> None:
    with running_engine(tmp_path) as stand:
        create_items_table(stand.client())
        stand.client().put_item(TableName="items", Item={"itemId": {"S": "1"}})
    journal = tmp_path / "journal-0000000000000000.log"
    journal.write_bytes(journal.read_bytes().replace(b"PAY_PER_REQUEST", b"PAY_PER_REQUESX"))
    stand = make_stand(tmp_path)
    with pytest.raises(EngineError, match=f"{journal} is damaged at byte [0-9]+: record 1 .*make clean-data"):
        stand.start()
    stand.close()


def test_an_engine_that_fails_at_start_shows_its_last_words(tmp_path: Path) -> None:
    stand = make_stand(log=tmp_path / "log")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    whole = package_set(stand.cache, "dynamodb-engine", [LOCK], python=sys.executable, version=version, say=print)
    (tmp_path / whole.name).mkdir()
    stand.cache = tmp_path
    with pytest.raises(EngineError, match="exit status 1"):
        stand.start()
    stand.close()
    assert (tmp_path / "log").read_text().splitlines()[-1] == "ModuleNotFoundError: No module named 'ministack'"


def test_a_failed_request_is_not_retried_forever(memory_engine: Stand) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        memory_engine.client().get_item(TableName="nowhere", Key={"itemId": {"S": "1"}})
