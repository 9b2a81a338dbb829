"""Calls to other services than DynamoDB are traced, and meet faults, alike in Python's hook and in the front."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from homeport.runtime.api import PermissionCheck
from tests.runtime.front.conftest import Caller, MakeCaller
from tests.support.backend import Backend, running_backend
from tests.support.endpoint import Endpoint

HERE = "eu-west-1:000000000000"
QUEUE = f"arn:aws:sqs:{HERE}:orders"
QUEUE_URL = "http://sqs.eu-west-1.localhost/000000000000/orders"
JSON = (("Content-Type", "application/x-amz-json-1.0"),)
XML = (("Content-Type", "text/xml"),)
SECRET = "open sesame, 42"
Client = Callable[..., Any]


@pytest.fixture
def service() -> Iterator[Backend]:
    with running_backend() as backend:
        yield backend


@pytest.fixture
def function(caller: MakeCaller, service: Backend) -> Caller:
    allowed = {"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}
    return caller(policies=(allowed,), aws_url=service.url, functions_url=service.url, traced=True)


@pytest.fixture
def client(function: Caller, service: Backend, dynamodb: Endpoint) -> Iterator[Client]:
    """Make clients: with the hook they send to the service, else to the front."""
    hooked = function.options["endpoint_url"] == dynamodb.url
    with ExitStack() as opened:

        def make(name: str, **config: Any) -> Any:
            where = {"endpoint_url": service.url} if hooked else {}
            made = function.client(name, **where, config={"s3": {"addressing_style": "path"}, **config})
            opened.callback(made.close)
            return made

        yield make


def test_call_is_traced_with_its_permission_status_and_what_it_made(
    function: Caller, client: Client, service: Backend
) -> None:
    service.headers, service.body = JSON, json.dumps({"MessageId": "m-1"}).encode()
    before = time.time()
    client("sqs").send_message(QueueUrl=QUEUE_URL, MessageBody=SECRET)
    (call,) = function.calls.take_service_calls()
    assert (call.service, call.operation, call.status, call.error) == ("sqs", "SendMessage", 200, None)
    assert call.permissions == (PermissionCheck("sqs:SendMessage", QUEUE, True),)
    assert call.made == ("sqs:m-1",)
    assert 0 < call.duration_ms < 20_000 and call.at >= before
    assert SECRET not in repr(call)
    assert function.calls.take_service_calls() == []


@pytest.mark.parametrize(
    ("name", "operation", "parameters", "headers", "answer", "made"),
    [
        (
            *("sqs", "send_message_batch"),
            {"QueueUrl": QUEUE_URL, "Entries": [{"Id": "1", "MessageBody": "a"}, {"Id": "2", "MessageBody": "b"}]},
            *(JSON, '{"Successful": [{"Id": "1", "MessageId": "m-1"}, {"Id": "2", "MessageId": "m-2"}]}'),
            ("sqs:m-1", "sqs:m-2"),
        ),
        (
            *("sns", "publish", {"TopicArn": f"arn:aws:sns:{HERE}:news", "Message": "m"}, XML),
            "<PublishResponse><PublishResult><MessageId>n-1</MessageId></PublishResult></PublishResponse>",
            ("sns:n-1",),
        ),
        (
            *("events", "put_events", {"Entries": [{"Source": "s", "DetailType": "d", "Detail": "{}"}]}, JSON),
            '{"FailedEntryCount": 0, "Entries": [{"EventId": "e-1"}]}',
            ("events:e-1",),
        ),
        (
            *("kinesis", "put_record", {"StreamName": "clicks", "Data": b"d", "PartitionKey": "k"}, JSON),
            '{"ShardId": "shardId-0", "SequenceNumber": "49"}',
            ("kinesis:clicks:49",),
        ),
        (
            *("stepfunctions", "start_execution", {"stateMachineArn": f"arn:aws:states:{HERE}:stateMachine:m"}, JSON),
            '{"executionArn": "arn:x", "startDate": 1.0}',
            ("states:arn:x",),
        ),
        (
            *("lambda", "invoke", {"FunctionName": "other", "InvocationType": "Event"}),
            *((("x-amzn-RequestId", "r-1"),), "", ("lambda:r-1",)),
        ),
        ("s3", "put_object", {"Bucket": "files", "Key": "a/b c.png", "Body": b"x"}, (), "", ("s3:files/a/b c.png",)),
        ("s3", "get_object", {"Bucket": "files", "Key": "a.png"}, (), "content", ()),
    ],
)
def test_message_or_record_of_a_call_is_known_by_its_id(
    name: str,
    operation: str,
    parameters: dict[str, Any],
    headers: tuple[tuple[str, str], ...],
    answer: str,
    made: tuple[str, ...],
    function: Caller,
    client: Client,
    service: Backend,
) -> None:
    service.headers, service.body = headers, answer.encode()
    for part in getattr(client(name), operation)(**parameters).values():
        if hasattr(part, "read"):
            part.read()
    (call,) = function.calls.take_service_calls()
    assert call.made == made


def test_each_attempt_and_its_error_is_traced(function: Caller, client: Client, service: Backend) -> None:
    service.status, service.headers = 500, (*JSON, ("x-amzn-ErrorType", "InternalFailure"))
    service.body = b'{"__type": "InternalFailure", "message": "no"}'
    with pytest.raises(ClientError):
        client("events", retries={"total_max_attempts": 2, "mode": "standard"}).put_events(
            Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}]
        )
    calls = function.calls.take_service_calls()
    assert [(call.status, call.error, call.made) for call in calls] == [(500, "InternalFailure", ())] * 2


def test_denied_call_is_traced(caller: MakeCaller, service: Backend, dynamodb: Endpoint) -> None:
    function = caller(aws_url=service.url, traced=True)
    where = {"endpoint_url": service.url} if function.options["endpoint_url"] == dynamodb.url else {}
    with closing(function.client("sqs", **where)) as sqs, pytest.raises(ClientError):
        sqs.send_message(QueueUrl=QUEUE_URL, MessageBody="m")
    (call,) = function.calls.take_service_calls()
    assert (call.status, call.error) == (400, "AccessDenied")
    assert call.permissions == (PermissionCheck("sqs:SendMessage", QUEUE, False),)


def test_untraced_call_is_not_kept(caller: MakeCaller, service: Backend, dynamodb: Endpoint) -> None:
    allowed = {"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}
    function = caller(policies=(allowed,), aws_url=service.url)
    service.headers, service.body = JSON, b'{"MessageId": "m-1"}'
    where = {"endpoint_url": service.url} if function.options["endpoint_url"] == dynamodb.url else {}
    with closing(function.client("sqs", **where)) as sqs:
        sqs.send_message(QueueUrl=QUEUE_URL, MessageBody="m")
    assert function.calls.take_service_calls() == []


# A service, an operation, the fault, and the error of the service.
ERRORS: list[tuple[str, str, dict[str, Any], str, str, int]] = [
    ("sqs", "send_message", {"QueueUrl": QUEUE_URL, "MessageBody": "m"}, "throttled", "RequestThrottled", 400),
    ("sqs", "send_message", {"QueueUrl": QUEUE_URL, "MessageBody": "m"}, "error", "InternalFailure", 500),
    ("sns", "publish", {"TopicArn": f"arn:aws:sns:{HERE}:t", "Message": "m"}, "throttled", "Throttled", 429),
    ("s3", "put_object", {"Bucket": "b", "Key": "k", "Body": b"x"}, "throttled", "SlowDown", 503),
    ("s3", "get_object", {"Bucket": "b", "Key": "k"}, "NoSuchKey", "NoSuchKey", 400),
    ("ssm", "get_parameter", {"Name": "/a"}, "ThrottlingException", "ThrottlingException", 400),
    ("lambda", "invoke", {"FunctionName": "f"}, "throttled", "TooManyRequestsException", 429),
    ("secretsmanager", "get_secret_value", {"SecretId": "db"}, "unavailable", "ServiceUnavailable", 503),
]


@pytest.mark.parametrize(("name", "operation", "parameters", "kind", "code", "status"), ERRORS)
def test_service_answers_with_its_own_error(
    name: str,
    operation: str,
    parameters: dict[str, Any],
    kind: str,
    code: str,
    status: int,
    function: Caller,
    client: Client,
    service: Backend,
) -> None:
    function.meet(f"{name}:*={kind}")
    with pytest.raises(ClientError) as raised:
        getattr(client(name), operation)(**parameters)
    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert service.seen == []
    (call,) = function.calls.take_service_calls()
    assert (call.error, call.status) == (code, status)
    assert f"fault {name}:*={kind} on " in function.log()[0]


def test_fault_of_one_action_leaves_the_others(function: Caller, client: Client, service: Backend) -> None:
    service.headers, service.body = JSON, b'{"MessageId": "m-1"}'
    # ListObjectsV2 needs the permission s3:ListBucket: either name is its own.
    function.meet("sqs:DeleteMessage=throttled", "s3:ListBucket=throttled")
    client("sqs").send_message(QueueUrl=QUEUE_URL, MessageBody="m")
    with pytest.raises(ClientError, match="SlowDown"):
        client("s3").list_objects_v2(Bucket="files")
    assert len(service.seen) == 1


def test_slow_call_takes_longer_and_succeeds(function: Caller, client: Client, service: Backend) -> None:
    service.headers, service.body = JSON, b'{"MessageId": "m-1"}'
    function.meet("sqs:SendMessage=latency:150ms")
    started = time.monotonic()
    client("sqs").send_message(QueueUrl=QUEUE_URL, MessageBody="m")
    assert time.monotonic() - started >= 0.15


@pytest.mark.parametrize(("kind", "limit", "sent"), [("lost", 0.5, 1), ("timeout", 0.1, 0)])
def test_lost_answer_is_one_of_a_call_that_was_carried_out(
    kind: str, limit: float, sent: int, function: Caller, client: Client, service: Backend
) -> None:
    service.headers, service.body = JSON, b'{"MessageId": "m-1"}'
    function.meet(f"sqs:SendMessage={kind}")
    with pytest.raises(ReadTimeoutError):
        client("sqs", read_timeout=limit).send_message(QueueUrl=QUEUE_URL, MessageBody="m")
    assert len(service.seen) == sent
    (call,) = function.calls.take_service_calls()
    assert (call.status, call.error) == (None, "ReadTimeoutError")
