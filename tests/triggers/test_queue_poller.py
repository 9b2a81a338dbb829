"""Queues invoke real functions: in batches, with partial failures, filters, dead letters, and after a kill."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from homeport.project.triggers.event_pattern import EventPattern
from homeport.project.triggers.trigger import QueueTrigger
from homeport.runtime.host.pool import PoolRuntime
from homeport.service_client import ServiceClient
from homeport.triggers.sources.queue_poller import QueuePoller
from tests.support.runtime import RunningParent, make_config
from tests.support.services import REGION, running_services
from tests.support.triggers import ACCOUNT, SOURCE, PoolFunctions
from tests.support.waiting import wait_until

pytestmark = pytest.mark.stack

WORK = """
import json

def handler(event, context):
    failed = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        if body.get("break"):
            raise ValueError("broken")
        if body.get("fail"):
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
"""


class Queues:
    """The queues of a running service."""

    def __init__(self, client: ServiceClient) -> None:
        self.client = client
        self._count = 0

    def create(self, **attributes: str) -> str:
        """Create a queue and return its name."""
        self._count += 1
        name = f"queue-{self._count}" + (".fifo" if "FifoQueue" in attributes else "")
        self.client.call("sqs", "AmazonSQS.CreateQueue", {"QueueName": name, "Attributes": attributes})
        return name

    def url(self, name: str) -> str:
        return str(self.client.call("sqs", "AmazonSQS.GetQueueUrl", {"QueueName": name})["QueueUrl"])

    def send(self, name: str, *bodies: Any, **more: Any) -> None:
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            message = {"QueueUrl": self.url(name), "MessageBody": text, **more}
            self.client.call("sqs", "AmazonSQS.SendMessage", message)

    def count(self, name: str) -> int:
        """Return the number of messages that are in a queue, received or not."""
        request = {"QueueUrl": self.url(name), "AttributeNames": ["All"]}
        found = self.client.call("sqs", "AmazonSQS.GetQueueAttributes", request)["Attributes"]
        return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])

    def bodies(self, name: str) -> list[str]:
        """Receive what is in a queue."""
        request = {"QueueUrl": self.url(name), "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}
        found = self.client.call("sqs", "AmazonSQS.ReceiveMessage", request)
        return [message["Body"] for message in found.get("Messages") or ()]


def arn(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


@pytest.fixture(scope="module")
def queues() -> Iterator[Queues]:
    """Provide a running SQS."""
    with running_services() as services:
        yield Queues(ServiceClient(services.endpoint, REGION))


@pytest.fixture
def functions(parent: RunningParent) -> Iterator[PoolFunctions]:
    """Provide a pool with the function ``probe``."""
    config = make_config(parent.add_handler(WORK))
    runtime = PoolRuntime({"probe": config}, parent.setup.socket_path, parent.setup.scratch)
    yield PoolFunctions(runtime)
    runtime.close()


@contextmanager
def polling(queues: Queues, functions: PoolFunctions, name: str, **settings: Any) -> Iterator[None]:
    trigger = QueueTrigger(id="Mapping", function="probe", source=SOURCE, queue_arn=arn(name), **settings)
    poller = QueuePoller(trigger, queues.client, functions, grace=0.0)
    poller.start()
    try:
        yield
    finally:
        poller.stop()


def batches(functions: PoolFunctions) -> list[list[str]]:
    """Return the bodies of each batch that reached the function."""
    return [[record["body"] for record in event["Records"]] for _, event, _ in functions.invocations]


def test_messages_reach_the_function_in_batches_and_leave_the_queue(queues: Queues, functions: PoolFunctions) -> None:
    name = queues.create()
    queues.send(name, *({"n": n} for n in range(7)))
    with polling(queues, functions, name, batch_size=5):
        wait_until(lambda: queues.count(name) == 0)
    sent = [json.loads(body)["n"] for batch in batches(functions) for body in batch]
    assert sorted(sent) == list(range(7))
    assert max(len(batch) for batch in batches(functions)) == 5
    origin, event, _ = functions.invocations[0]
    assert origin == f"sqs {name}"
    record = event["Records"][0]
    assert sorted(record) == sorted(
        (
            *("messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody"),
            *("eventSource", "eventSourceARN", "awsRegion"),
        )
    )
    assert (record["eventSourceARN"], record["awsRegion"]) == (arn(name), "us-east-1")
    assert record["attributes"]["ApproximateReceiveCount"] == "1"


def test_failed_messages_come_again_and_end_in_the_dead_letter_queue(queues: Queues, functions: PoolFunctions) -> None:
    dead = queues.create()
    redrive = json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": 3})
    name = queues.create(VisibilityTimeout="3", RedrivePolicy=redrive)
    queues.send(name, {"n": 1}, {"n": 2, "fail": True}, {"n": 3})
    with polling(queues, functions, name, partial=True):
        wait_until(lambda: queues.count(dead) == 1)
    assert [json.loads(body) for body in queues.bodies(dead)] == [{"n": 2, "fail": True}]
    assert queues.count(name) == 0
    counts = [
        record["attributes"]["ApproximateReceiveCount"]
        for _, event, _ in functions.invocations
        for record in event["Records"]
        if json.loads(record["body"]).get("fail")
    ]
    assert counts == ["1", "2", "3"]
    done = [json.loads(body)["n"] for batch in batches(functions) for body in batch if "fail" not in body]
    assert sorted(done) == [1, 3]


def test_whole_batch_comes_again_after_an_error(queues: Queues, functions: PoolFunctions) -> None:
    dead = queues.create()
    redrive = json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": 1})
    name = queues.create(VisibilityTimeout="4", RedrivePolicy=redrive)
    queues.send(name, {"n": 1}, {"n": 2, "break": True})
    with polling(queues, functions, name, partial=True):
        wait_until(lambda: queues.count(dead) == 2)
    assert [invocation.error for _, _, invocation in functions.invocations] == ["Unhandled"]


def test_partial_failures_count_only_where_the_mapping_says_so(queues: Queues, functions: PoolFunctions) -> None:
    name = queues.create()
    queues.send(name, {"n": 1, "fail": True})
    with polling(queues, functions, name):
        wait_until(lambda: queues.count(name) == 0)
    assert len(functions.invocations) == 1


def test_messages_that_no_filter_takes_are_deleted_unseen(queues: Queues, functions: PoolFunctions) -> None:
    name = queues.create()
    queues.send(name, {"kind": "a"}, {"kind": "b"}, "plain")
    filters = (EventPattern.parse({"body": {"kind": ["b"]}}),)
    with polling(queues, functions, name, filters=filters):
        wait_until(lambda: queues.count(name) == 0)
    assert [json.loads(body) for batch in batches(functions) for body in batch] == [{"kind": "b"}]


def test_window_gathers_a_batch_of_more_than_ten(queues: Queues, functions: PoolFunctions) -> None:
    name = queues.create()
    queues.send(name, *({"n": n} for n in range(25)))
    with polling(queues, functions, name, batch_size=25, window=300):
        wait_until(lambda: queues.count(name) == 0)
    assert [len(batch) for batch in batches(functions)] == [25]


def test_attributes_of_messages_reach_the_function(queues: Queues, functions: PoolFunctions) -> None:
    name = queues.create()
    attributes = {
        "kind": {"DataType": "String", "StringValue": "a"},
        "raw": {"DataType": "Binary", "BinaryValue": "AAE="},
    }
    queues.send(name, {"n": 1}, MessageAttributes=attributes)
    with polling(queues, functions, name):
        wait_until(lambda: queues.count(name) == 0)
    (record,) = functions.invocations[0][1]["Records"]
    assert record["messageAttributes"] == {
        "kind": {"stringValue": "a", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
        "raw": {"binaryValue": "AAE=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
    }
    assert "md5OfMessageAttributes" in record


def test_groups_of_a_fifo_queue_keep_their_order(queues: Queues, functions: PoolFunctions) -> None:
    name = queues.create(FifoQueue="true", ContentBasedDeduplication="true")
    queues.send(name, *({"n": n} for n in range(6)), MessageGroupId="one")
    with polling(queues, functions, name, batch_size=2):
        wait_until(lambda: queues.count(name) == 0)
    assert [json.loads(body)["n"] for batch in batches(functions) for body in batch] == list(range(6))


def test_queue_that_is_not_there_is_named_once(queues: Queues, functions: PoolFunctions) -> None:
    with polling(queues, functions, "nowhere"):
        wait_until(lambda: bool(functions.warnings))
        name = queues.create()
        queues.send(name, {"n": 1})
    assert len(functions.warnings) == 1
    assert functions.warnings[0].startswith("Mapping can't read sqs nowhere: AmazonSQS.GetQueueUrl")


def test_message_of_a_poller_that_was_killed_comes_back(queues: Queues, functions: PoolFunctions) -> None:
    name = queues.create(VisibilityTimeout="1")
    queues.send(name, {"n": 1})
    request = {"QueueUrl": queues.url(name), "MaxNumberOfMessages": 1}
    # What a poller has received when it is killed: nothing deletes the message.
    assert queues.client.call("sqs", "AmazonSQS.ReceiveMessage", request)["Messages"]
    with polling(queues, functions, name):
        wait_until(lambda: queues.count(name) == 0)
    (record,) = functions.invocations[0][1]["Records"]
    assert record["attributes"]["ApproximateReceiveCount"] == "2"
