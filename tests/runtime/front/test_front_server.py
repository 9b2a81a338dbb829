"""The front as any client meets it: who it knows, what it passes on, and HTTP/1.1 with all its cases."""

from __future__ import annotations

import http.client
import json
import re
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from botocore.exceptions import ClientError

from homeport.runtime.api import PermissionCheck
from homeport.runtime.faults import hold_fault
from homeport.runtime.front.environment_calls import FrontCalls
from homeport.runtime.front.server import AwsFront
from homeport.runtime.holds import CallHolds, _listening
from tests.runtime.front.conftest import front_caller, function_at
from tests.support.endpoint import Endpoint
from tests.support.waiting import wait_until

TABLE = "items-local-ItemsTable"
ITEMS = f"arn:aws:dynamodb:eu-west-1:000000000000:table/{TABLE}"
BODY = json.dumps({"TableName": TABLE, "Key": {"id": {"S": "1"}}}).encode()
ALL = {"*": ("*",)}


@pytest.fixture
def calls(front: AwsFront, dynamodb: Endpoint) -> FrontCalls:
    return front.open(function_at(dynamodb.url, permissions=ALL))


def address_of(calls: FrontCalls) -> tuple[str, int]:
    host, _, port = calls.variables["AWS_ENDPOINT_URL"].removeprefix("http://").partition(":")
    return host, int(port)


def credential(calls: FrontCalls, service: str = "dynamodb") -> str:
    scope = f"{calls.access_key}/20260301/eu-west-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


def headers_of(calls: FrontCalls, target: str = "DynamoDB_20120810.GetItem") -> dict[str, str]:
    return {"X-Amz-Target": target, "Authorization": credential(calls), "Content-Type": "application/x-amz-json-1.0"}


def post(calls: FrontCalls, body: bytes = BODY, **headers: str) -> tuple[int, dict[str, Any]]:
    """Return the status and the content of the reply to a request."""
    connection = http.client.HTTPConnection(*address_of(calls), timeout=20)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", "/", body, {**headers_of(calls), **given})
    response = connection.getresponse()
    try:
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_variables_lead_every_service_to_the_front_with_credentials_of_the_environments_own(
    front: AwsFront, dynamodb: Endpoint
) -> None:
    first, second = (front.open(function_at(dynamodb.url)).variables for _ in range(2))
    assert first["AWS_ENDPOINT_URL"] == first["AWS_ENDPOINT_URL_DYNAMODB"] != dynamodb.url
    assert first["AWS_ACCESS_KEY_ID"] != second["AWS_ACCESS_KEY_ID"]
    assert first["AWS_ACCESS_KEY_ID"].startswith("ASIA") and len(first["AWS_ACCESS_KEY_ID"]) == 20


def test_endpoint_of_other_services_that_the_function_has_stays(front: AwsFront) -> None:
    config = function_at("http://127.0.0.1:1")
    own = {**config.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    calls = front.open(replace(config, environment=own))
    assert calls.variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert calls.variables["AWS_ENDPOINT_URL_DYNAMODB"].startswith("http://127.0.0.1:")


def test_request_is_passed_on_with_the_credentials_of_the_kit(front: AwsFront) -> None:
    with raw_engine(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (url, received):
        calls = front.open(function_at(url, permissions=ALL))
        assert post(calls) == (200, {})
    (message,) = received
    assert message.startswith(b"POST / HTTP/1.1\r\n") and message.endswith(b"\r\n\r\n" + BODY)
    assert b"Credential=test/20260301/eu-west-1/dynamodb/aws4_request" in message
    assert calls.access_key.encode() not in message


def test_environment_that_is_closed_is_not_known_any_more(calls: FrontCalls, dynamodb: Endpoint) -> None:
    assert post(calls)[0] == 200
    calls.close()
    status, content = post(calls)
    assert (status, content["__type"]) == (400, "com.amazon.coral.service#UnrecognizedClientException")
    assert calls.access_key in content["message"]
    assert dynamodb.operations == ["GetItem"]


def test_two_environments_are_told_apart_by_their_credentials(front: AwsFront, dynamodb: Endpoint) -> None:
    reader = front.open(function_at(dynamodb.url, permissions={ITEMS: ("GetItem",)}))
    other = front.open(function_at(dynamodb.url))
    assert [post(reader)[0], post(other)[0]] == [200, 400]
    assert reader.take_checks() == [PermissionCheck("dynamodb:GetItem", ITEMS, True)]
    assert other.take_checks() == [PermissionCheck("dynamodb:GetItem", ITEMS, False)]


@pytest.mark.parametrize(
    ("body", "headers", "error"),
    [
        (BODY, {"Authorization": "none"}, "MissingAuthenticationTokenException"),
        (BODY, {"X-Amz-Target": "DynamoDB_20120810.Get/Item"}, "UnknownOperationException"),
        (BODY, {"X-Amz-Target": "DynamoDB_20111205.GetItem"}, "UnknownOperationException"),
        (b"[]", {}, "SerializationException"),
        (b"{", {}, "SerializationException"),
        (b'{"TableName": 1}', {}, "SerializationException"),
        (b'{"Key": ' * 100_000, {}, "SerializationException"),
        (b'{"RequestItems": []}', {"X-Amz-Target": "DynamoDB_20120810.BatchGetItem"}, "SerializationException"),
        (b'{"TransactItems": [1]}', {"X-Amz-Target": "DynamoDB_20120810.TransactGetItems"}, "SerializationException"),
    ],
)
def test_request_that_dynamodb_would_reject_is_never_passed_on(
    calls: FrontCalls, dynamodb: Endpoint, body: bytes, headers: dict[str, str], error: str
) -> None:
    status, content = post(calls, body, **headers)
    assert (status, content["__type"].partition("#")[2]) == (400, error)
    assert dynamodb.seen == []


@pytest.mark.parametrize(
    ("service", "call", "operation"),
    [
        ("s3", lambda client: client.list_buckets(), "GET /"),
        ("sqs", lambda client: client.list_queues(), "ListQueues"),
        ("sns", lambda client: client.list_topics(), "ListTopics"),
        ("ec2", lambda client: client.describe_regions(), "DescribeRegions"),
        ("lambda", lambda client: client.list_functions(), "GET /2015-03-31/functions"),
        ("cloudwatch", lambda client: client.list_metrics(), "ListMetrics"),
        ("route53", lambda client: client.list_hosted_zones(), "GET /2013-04-01/hostedzone"),
        ("secretsmanager", lambda client: client.list_secrets(), "ListSecrets"),
    ],
)
def test_other_service_is_named_in_its_own_protocol_and_not_asked_again(
    calls: FrontCalls, service: str, call: Callable[[Any], Any], operation: str
) -> None:
    function = front_caller(calls)
    with pytest.raises(ClientError) as failure:
        call(function.client(service, config={"retries": {"max_attempts": 2, "mode": "standard"}}))
    error, metadata = failure.value.response["Error"], failure.value.response["ResponseMetadata"]
    signed = "monitoring" if service == "cloudwatch" else service
    assert error.get("Code") == "NotEmulatedError"
    assert str(error.get("Message")).startswith(
        f"homeport has no {signed} and holds no AWS credentials: {operation} would go to AWS in eu-west-1. Give"
    )
    assert (metadata["HTTPStatusCode"], metadata["RetryAttempts"]) == (501, 0)


def test_service_that_is_not_there_has_no_body_in_the_reply_to_head(calls: FrontCalls) -> None:
    with pytest.raises(ClientError) as failure:
        front_caller(calls).client("s3").head_object(Bucket="bucket", Key="key")
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_dynamodb_that_was_left_out_is_not_there_either(front: AwsFront) -> None:
    config = function_at("")
    environment = {name: value for name, value in config.environment.items() if name != "AWS_ENDPOINT_URL_DYNAMODB"}
    status, content = post(front.open(replace(config, environment=environment)))
    assert (status, content["__type"]) == (501, "NotEmulatedError")
    assert content["message"].startswith("homeport has no dynamodb and holds no AWS credentials: GetItem would go to")


def test_engine_that_is_down_is_an_error_of_the_server_which_sdks_repeat(front: AwsFront) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    calls = front.open(function_at(url, permissions=ALL, traced=True))
    client = front_caller(calls).client(config={"retries": {"max_attempts": 1, "mode": "legacy"}})
    with pytest.raises(ClientError) as failure:
        client.get_item(TableName=TABLE, Key={"id": {"S": "1"}})
    assert failure.value.response["ResponseMetadata"]["RetryAttempts"] == 1
    assert f"DynamoDB at {url} does not answer (" in str(failure.value)
    assert [each.error for each in calls.take_requests()] == ["InternalServerError"] * 2


class Received(list[bytes]):
    """The requests that an engine has received. ``closed`` is released for each connection that the engine closes."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = threading.Semaphore(0)


def read_request(sock: socket.socket) -> bytes:
    """Return a whole request, which may come in several pieces; nothing where the connection ends."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0 or len(data) < end + 4 + content_length(data[:end]):
        piece = sock.recv(1 << 20)
        if not piece:
            return b""
        data += piece
    return data


def content_length(head: bytes) -> int:
    """Return the length of the body that a head announces."""
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return int(found[1]) if found else 0


@contextmanager
def raw_engine(*answers: bytes, closes: bool = False) -> Iterator[tuple[str, Received]]:
    """An engine that sends these bytes, one after each request, on connections that stay open unless it ``closes``."""
    received = Received()
    left = list(answers)

    def serve(sock: socket.socket) -> None:
        with sock:
            while data := read_request(sock):
                received.append(data)
                sock.sendall(left.pop(0))
                if closes:
                    break
        received.closed.release()

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(sock,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", received
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n{"a\r\n4\r\n":1}\r\n0\r\nTrailer: 1\r\n\r\n'


@pytest.mark.parametrize(
    ("answer", "closes"),
    [
        (b'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}', False),
        (CHUNKED, False),
        (b'HTTP/1.1 200 OK\r\n\r\n{"a":1}', True),
        (b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{"a":1}', False),
        (b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\n{"a":1}', True),
    ],
    ids=["length", "chunked", "to the end", "after 100", "closed"],
)
def test_response_of_the_engine_is_passed_on_in_whatever_form(front: AwsFront, answer: bytes, closes: bool) -> None:
    with raw_engine(answer, answer, closes=closes) as (url, _):
        calls = front.open(function_at(url, permissions=ALL))
        connection = http.client.HTTPConnection(*address_of(calls), timeout=20)
        for _ in range(2):
            connection.request("POST", "/", BODY, headers_of(calls))
            response = connection.getresponse()
            assert (response.status, response.read()) == (200, b'{"a":1}')
        connection.close()


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{"])
def test_engine_that_breaks_off_is_an_error_of_the_server(front: AwsFront, answer: bytes) -> None:
    with raw_engine(answer, closes=True) as (url, received):
        status, content = post(front.open(function_at(url, permissions=ALL)))
    assert (status, content["__type"].partition("#")[2]) == (500, "InternalServerError")
    # Whether it was processed is not to be known: the front does not send it again.
    assert len(received) == 1


def test_connection_to_the_engine_is_kept_and_made_anew_when_it_was_closed(front: AwsFront) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with raw_engine(answer, answer, answer, closes=True) as (url, received):
        calls = front.open(function_at(url, permissions=ALL))
        connection = http.client.HTTPConnection(*address_of(calls), timeout=20)
        for _ in range(3):
            connection.request("POST", "/", BODY, headers_of(calls))
            assert connection.getresponse().read() == b"{}"
            assert received.closed.acquire(timeout=20)
        connection.close()
    assert len(received) == 3


def test_checksum_holds_for_a_response_without_the_capacity(front: AwsFront) -> None:
    body = json.dumps({"Item": {}, "ConsumedCapacity": {"CapacityUnits": 0.5}}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nx-amz-crc32: {zlib.crc32(body)}\r\n\r\n"
    with raw_engine(head.encode() + body) as (url, _):
        calls = front.open(function_at(url, permissions=ALL, traced=True))
        # botocore compares the checksum.
        assert front_caller(calls).client().get_item(TableName=TABLE, Key={"id": {"S": "1"}})["Item"] == {}
    assert calls.take_requests()[0].capacity == 0.5


@contextmanager
def raw_client(calls: FrontCalls) -> Iterator[socket.socket]:
    with socket.create_connection(address_of(calls), timeout=20) as sock:
        yield sock


def message(calls: FrontCalls, *lines: str, body: bytes = b"") -> bytes:
    named = [f"{name}: {value}" for name, value in headers_of(calls).items()]
    return "\r\n".join(["POST / HTTP/1.1", *named, *lines, "\r\n"]).encode() + body


def read_response(sock: socket.socket) -> tuple[int, bytes]:
    response = http.client.HTTPResponse(sock)
    response.begin()
    with response:
        return response.status, response.read()


def test_client_that_expects_100_continue_gets_it_before_it_sends_the_body(
    calls: FrontCalls, dynamodb: Endpoint
) -> None:
    with raw_client(calls) as sock:
        sock.sendall(message(calls, f"Content-Length: {len(BODY)}", "Expect: 100-continue"))
        assert sock.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(BODY)
        assert read_response(sock) == (200, b"{}")
    assert dynamodb.seen == [("GetItem", json.loads(BODY))]


def test_chunked_request_and_two_at_once_are_read(calls: FrontCalls, dynamodb: Endpoint) -> None:
    chunked = b"%x\r\n%s\r\n%x;a=b\r\n%s\r\n0\r\n\r\n" % (9, BODY[:9], len(BODY) - 9, BODY[9:])
    with raw_client(calls) as sock:
        first = message(calls, "Transfer-Encoding: chunked", body=chunked)
        sock.sendall(first + message(calls, f"Content-Length: {len(BODY)}", "Connection: close", body=BODY))
        data = b"".join(iter(lambda: sock.recv(65536), b""))
    assert data.count(b"HTTP/1.1 200 OK\r\n") == data.count(b"\r\n\r\n{}") == 2
    assert [body for _, body in dynamodb.seen] == [json.loads(BODY)] * 2


def test_request_in_single_bytes_is_read(calls: FrontCalls) -> None:
    with raw_client(calls) as sock:
        for byte in message(calls, f"Content-Length: {len(BODY)}", body=BODY):
            sock.sendall(bytes([byte]))
        assert read_response(sock) == (200, b"{}")


def test_largest_request_passes_and_a_larger_one_is_rejected(calls: FrontCalls, dynamodb: Endpoint) -> None:
    filling = b" " * (16 * 1024 * 1024 - len(BODY))
    assert post(calls, BODY + filling) == (200, {})
    status, content = post(calls, BODY + filling + b" ")
    assert (status, content["__type"].partition("#")[2]) == (413, "RequestEntityTooLargeException")
    assert dynamodb.operations == ["GetItem"]


@pytest.mark.parametrize(
    "sent",
    [
        b"GET\r\n\r\n",
        b"POST / HTTP/1.1\r\nno header\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        b"POST / HTTP/1.1\r\nX: " + b"x" * (65 * 1024),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_malformed_request_ends_its_connection_alone(calls: FrontCalls, sent: bytes) -> None:
    with raw_client(calls) as sock:
        sock.sendall(sent)
        sock.shutdown(socket.SHUT_WR)
        data = b"".join(iter(lambda: sock.recv(65536), b""))
    assert data == b"" or data.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501"))
    assert post(calls)[0] == 200


def test_client_that_leaves_within_a_request_leaves_nothing_behind(calls: FrontCalls, dynamodb: Endpoint) -> None:
    before = threading.active_count()
    for length in (len(BODY), len(BODY) + 1):
        with raw_client(calls) as sock:
            # RST at close, not FIN.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.sendall(message(calls, f"Content-Length: {length}", body=BODY))
    wait_until(lambda: threading.active_count() <= before + 1)
    assert post(calls)[0] == 200


def test_held_call_of_a_function_that_has_ended_is_never_sent(calls: FrontCalls, dynamodb: Endpoint) -> None:
    caller = front_caller(calls)
    with _listening() as (listener, address):
        holds = CallHolds(listener, str, str)
        caller.meet(hold_fault("ItemsTable.GetItem", address))
        with raw_client(calls) as sock:
            sock.sendall(message(calls, f"Content-Length: {len(BODY)}", body=BODY))
            held = holds.wait(20)
            assert held is not None
        before = threading.active_count()
        held.release()
        wait_until(lambda: threading.active_count() < before)
        holds.close()
    assert dynamodb.seen == []


def test_front_that_is_closed_ends_its_connections(front: AwsFront, dynamodb: Endpoint) -> None:
    calls = front.open(function_at(dynamodb.url, permissions=ALL))
    with raw_client(calls) as sock:
        sock.sendall(message(calls, f"Content-Length: {len(BODY)}", body=BODY))
        assert read_response(sock)[0] == 200
        front.close()
        assert sock.recv(1) == b""
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(address_of(calls), timeout=20)


def test_many_calls_at_a_time_are_each_decided_and_traced(front: AwsFront, dynamodb: Endpoint) -> None:
    calls = front.open(function_at(dynamodb.url, permissions={ITEMS: ("GetItem",)}, traced=True))
    threads = [threading.Thread(target=post, args=(calls,)) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dynamodb.operations == ["GetItem"] * 24
    assert [each.error for each in calls.take_requests()] == [None] * 24
    assert calls.take_checks() == [PermissionCheck("dynamodb:GetItem", ITEMS, True)]


def test_presigned_url_names_its_service_too(calls: FrontCalls) -> None:
    client = front_caller(calls).client("s3", config={"signature_version": "s3v4"})
    url = client.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
    connection = http.client.HTTPConnection(*address_of(calls), timeout=20)
    connection.request("GET", urlunsplit(("", "", *urlsplit(url)[2:])))
    response = connection.getresponse()
    assert (response.status, b"homeport has no s3" in response.read()) == (501, True)
    connection.close()


def test_smithys_cbor_is_answered_in_cbor(calls: FrontCalls) -> None:
    connection = http.client.HTTPConnection(*address_of(calls), timeout=20)
    headers = {"smithy-protocol": "rpc-v2-cbor", "Authorization": credential(calls, "monitoring")}
    connection.request("POST", "/service/GraniteServiceVersion20100801/operation/PutMetricData", b"\xa0", headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    assert (response.status, response.getheader("smithy-protocol")) == (501, "rpc-v2-cbor")
    assert body.startswith(b"\xa2\x79\x00\x06__type\x79\x00\x10NotEmulatedError\x79\x00\x07message\x79")
    assert b"homeport has no monitoring and holds no AWS credentials: PutMetricData would go to AWS" in body
