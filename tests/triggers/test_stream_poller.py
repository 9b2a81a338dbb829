"""Streams invoke real functions: in order, from their position, with retries, bisecting and discarded batches."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from homeport.project.triggers.event_pattern import EventPattern
from homeport.project.triggers.trigger import StreamTrigger
from homeport.runtime.host.pool import PoolRuntime
from homeport.service_client import ServiceClient
from homeport.triggers.destinations import Destinations
from homeport.triggers.sources.checkpoints import Checkpoints
from homeport.triggers.sources.stream_poller import StreamPauses, StreamPoller
from homeport.triggers.sources.stream_reader import KinesisStreamReader, StreamReader, TableStreamReader
from tests.support.dynamodb import Stand, make_stand
from tests.support.runtime import RunningParent, make_config
from tests.support.services import REGION, running_services
from tests.support.triggers import SOURCE, PoolFunctions, arn_of
from tests.support.waiting import wait_until

pytestmark = pytest.mark.stack

WORK = """
def handler(event, context):
    failed = []
    for record in event["Records"]:
        image = record["dynamodb"].get("NewImage", {})
        if "break" in image:
            raise ValueError("broken")
        if "fail" in image:
            failed.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
    return {"batchItemFailures": failed}
"""
QUICK = StreamPauses(poll=0.05, first_retry=0.01, longest_retry=0.05, shards=0.2, grace=0.0)


class Tables:
    """Tables with streams in a running engine."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self._count = 0

    @property
    def client(self) -> ServiceClient:
        return ServiceClient(self.stand.endpoint, "us-east-1")

    def create(self) -> str:
        """Create a table and return its name."""
        self._count += 1
        name = f"notes-{self._count}"
        self.call(
            "CreateTable",
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        return name

    def put(self, name: str, id: str, **attributes: str) -> None:
        values = {key: {"S": value} for key, value in attributes.items()}
        self.call("PutItem", TableName=name, Item={"id": {"S": id}, **values})

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        return self.client.call("dynamodb", f"DynamoDB_20120810.{operation}", request)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    """Provide a running engine that keeps its data."""
    stand = make_stand(tmp_path_factory.mktemp("engine") / "data")
    try:
        stand.start()
        yield Tables(stand)
    finally:
        stand.close()


@pytest.fixture
def functions(parent: RunningParent) -> Iterator[PoolFunctions]:
    """Provide a pool with the function ``probe``."""
    config = make_config(parent.add_handler(WORK))
    runtime = PoolRuntime({"probe": config}, parent.setup.socket_path, parent.setup.scratch)
    yield PoolFunctions(runtime)
    runtime.close()


@contextmanager
def polling(
    reader: StreamReader,
    functions: PoolFunctions,
    folder: Path,
    *,
    submit: Callable[[str, bytes], None] = lambda arn, event: None,
    **settings: Any,
) -> Iterator[None]:
    given: dict[str, Any] = {"service": "dynamodb", "stream": "notes", "position": "TRIM_HORIZON", **settings}
    trigger = StreamTrigger(id="Mapping", function="probe", source=SOURCE, **given)
    checkpoints = Checkpoints(folder / "checkpoints.json")
    poller = StreamPoller(trigger, reader, functions, Destinations(None, submit), checkpoints, QUICK)
    poller.start()
    try:
        yield
    finally:
        poller.stop()


def batches(functions: PoolFunctions) -> list[str]:
    """Return the ids of the items of each batch, each a letter."""
    return [
        "".join(record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"])
        for _, event, _ in list(functions.invocations)
    ]


def has_handled(functions: PoolFunctions, letters: str) -> Callable[[], bool]:
    return lambda: set(letters) <= set("".join(batches(functions)))


def test_changes_of_a_table_reach_the_function_in_order(
    tables: Tables, functions: PoolFunctions, tmp_path: Path
) -> None:
    name = tables.create()
    for letter in "abcde":
        tables.put(name, letter, text=letter)
    tables.put(name, "a", text="changed")
    tables.call("DeleteItem", TableName=name, Key={"id": {"S": "b"}})
    with polling(TableStreamReader(tables.client, name), functions, tmp_path, batch_size=3):
        wait_until(lambda: len("".join(batches(functions))) == 7)
    assert batches(functions) == ["abc", "dea", "b"]
    origin, event, _ = functions.invocations[0]
    record = event["Records"][0]
    assert origin == "dynamodb notes"
    assert sorted(record) == sorted(
        ("eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb", "eventSourceARN")
    )
    assert sorted(record["dynamodb"]) == sorted(
        ("ApproximateCreationDateTime", "Keys", "NewImage", "SequenceNumber", "SizeBytes", "StreamViewType")
    )
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], int)
    assert f":table/{name}/stream/" in record["eventSourceARN"]
    changed, removed = functions.invocations[1][1]["Records"][2], functions.invocations[2][1]["Records"][0]
    assert (changed["eventName"], changed["dynamodb"]["OldImage"]["text"]["S"]) == ("MODIFY", "a")
    assert (removed["eventName"], "NewImage" in removed["dynamodb"]) == ("REMOVE", False)


def test_latest_begins_with_what_is_written_after_the_start(
    tables: Tables, functions: PoolFunctions, tmp_path: Path
) -> None:
    name = tables.create()
    tables.put(name, "a")
    with polling(TableStreamReader(tables.client, name), functions, tmp_path, position="LATEST"):
        # Each item is a try: the position is taken in the poller's thread.
        letters = iter("bcdefghijklmnopqrstuvwxyz")

        def has_arrived() -> bool:
            tables.put(name, next(letters, "z"))
            return bool(functions.invocations)

        wait_until(has_arrived)
    assert "a" not in "".join(batches(functions))


def test_reading_goes_on_where_it_ended_even_after_a_kill_of_the_engine(
    tables: Tables, functions: PoolFunctions, tmp_path: Path
) -> None:
    name = tables.create()
    tables.put(name, "a")
    with polling(TableStreamReader(tables.client, name), functions, tmp_path):
        wait_until(has_handled(functions, "a"))
        wait_until(lambda: (tmp_path / "checkpoints.json").exists())
    tables.put(name, "b")
    tables.stand.kill_and_restart()
    with polling(TableStreamReader(tables.client, name), functions, tmp_path):
        wait_until(has_handled(functions, "b"))
    assert batches(functions) == ["a", "b"]


def test_faulty_record_is_found_by_bisecting_and_recorded(
    tables: Tables, functions: PoolFunctions, tmp_path: Path
) -> None:
    name = tables.create()
    for letter in "abcd":
        tables.put(name, letter, **({"break": "x"} if letter == "c" else {}))
    tables.put(name, "e")
    records: list[tuple[str, Mapping[str, Any]]] = []
    settings = {"bisect": True, "max_retries": 1, "on_failure": arn_of("after"), "batch_size": 4}
    reader = TableStreamReader(tables.client, name)
    with polling(
        reader, functions, tmp_path, submit=lambda arn, event: records.append((arn, json.loads(event))), **settings
    ):
        wait_until(has_handled(functions, "e"))
    assert batches(functions) == ["abcd", "ab", "cd", "c", "c", "d", "e"]
    ((arn, record),) = records
    sequence = functions.invocations[3][1]["Records"][0]["dynamodb"]["SequenceNumber"]
    batch = record["DDBStreamBatchInfo"]
    assert arn == arn_of("after")
    assert (batch["startSequenceNumber"], batch["endSequenceNumber"], batch["batchSize"]) == (sequence, sequence, 1)
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responseContext"]["functionError"] == "Unhandled"


def test_partial_failure_is_tried_again_from_the_failed_record_on(
    tables: Tables, functions: PoolFunctions, tmp_path: Path
) -> None:
    name = tables.create()
    for letter in "abcd":
        tables.put(name, letter, **({"fail": "x"} if letter == "b" else {}))
    tables.put(name, "e")
    with polling(
        TableStreamReader(tables.client, name), functions, tmp_path, partial=True, max_retries=2, batch_size=4
    ):
        wait_until(has_handled(functions, "e"))
    assert batches(functions) == ["abcd", "bcd", "bcd", "e"]
    assert functions.warnings == [
        "probe failed for 3 records of dynamodb notes, which are discarded: RetryAttemptsExhausted"
    ]


def test_records_that_no_filter_takes_are_passed_over(tables: Tables, functions: PoolFunctions, tmp_path: Path) -> None:
    name = tables.create()
    for letter in "abc":
        tables.put(name, letter)
    tables.call("DeleteItem", TableName=name, Key={"id": {"S": "a"}})
    filters = (EventPattern.parse({"eventName": ["REMOVE"]}),)
    with polling(TableStreamReader(tables.client, name), functions, tmp_path, filters=filters):
        wait_until(lambda: bool(functions.invocations))
    assert batches(functions) == ["a"]
    assert functions.invocations[0][1]["Records"][0]["eventName"] == "REMOVE"


def test_lanes_keep_the_order_of_each_key(tables: Tables, functions: PoolFunctions, tmp_path: Path) -> None:
    name = tables.create()
    for round in range(4):
        for letter in "abcdef":
            tables.put(name, letter, round=str(round))
    with polling(TableStreamReader(tables.client, name), functions, tmp_path, parallelization=3, batch_size=8):
        wait_until(lambda: len("".join(batches(functions))) == 24)
    rounds: dict[str, list[str]] = {}
    for _, event, _ in functions.invocations:
        lanes = {zlib.crc32(json.dumps(it["dynamodb"]["Keys"]).encode()) % 3 for it in event["Records"]}
        assert len(lanes) == 1
        for record in event["Records"]:
            image = record["dynamodb"]["NewImage"]
            rounds.setdefault(image["id"]["S"], []).append(image["round"]["S"])
    assert rounds == {key: ["0", "1", "2", "3"] for key in "abcdef"}


def test_stream_that_is_not_there_is_named_once(tables: Tables, functions: PoolFunctions, tmp_path: Path) -> None:
    with polling(TableStreamReader(tables.client, "nowhere"), functions, tmp_path):
        wait_until(lambda: bool(functions.warnings))
    assert len(functions.warnings) == 1
    assert functions.warnings[0].startswith("Mapping can't read dynamodb notes: DynamoDB_20120810.DescribeTable")


KINESIS_WORK = """
def handler(event, context):
    return None
"""


def test_records_of_kinesis_reach_the_function(parent: RunningParent, tmp_path: Path) -> None:
    config = make_config(parent.add_handler(KINESIS_WORK))
    runtime = PoolRuntime({"probe": config}, parent.setup.socket_path, parent.setup.scratch)
    functions = PoolFunctions(runtime)
    with running_services() as services:
        client = ServiceClient(services.endpoint, REGION)

        def call(operation: str, **request: Any) -> dict[str, Any]:
            return client.call("kinesis", f"Kinesis_20131202.{operation}", request, version="1.1")

        call("CreateStream", StreamName="clicks", ShardCount=1)
        wait_until(
            lambda: (
                call("DescribeStreamSummary", StreamName="clicks")["StreamDescriptionSummary"]["StreamStatus"]
                == "ACTIVE"
            )
        )
        for letter in "abc":
            data = base64.b64encode(letter.encode()).decode()
            call("PutRecord", StreamName="clicks", PartitionKey=letter, Data=data)
        reader = KinesisStreamReader(client, "clicks", "arn:aws:iam::000000000000:role/probe")
        with polling(reader, functions, tmp_path, service="kinesis", stream="clicks", batch_size=2):
            wait_until(lambda: len(functions.invocations) == 2)
    runtime.close()
    records = [record for _, event, _ in functions.invocations for record in event["Records"]]
    assert [base64.b64decode(record["kinesis"]["data"]) for record in records] == [b"a", b"b", b"c"]
    assert records[0]["eventID"] == f"shardId-000000000000:{records[0]['kinesis']['sequenceNumber']}"
    assert records[0]["eventSourceARN"] == "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
    assert isinstance(records[0]["kinesis"]["approximateArrivalTimestamp"], float)
