"""HTTP at the engine's port, byte by byte: what is answered, and what ends the connection."""

from __future__ import annotations

import asyncio

import pytest

from homeport.dynamodb.embedded.http_connection import DynamoDBConnection, HttpRequest
from homeport.dynamodb.embedded.service import DynamoDBResponse

pytestmark = pytest.mark.unit

LARGEST = 40
BODY = b'{"a": 1}'
WHOLE = b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: T\r\nContent-Length: 8\r\n\r\n" + BODY
CHUNKED = (
    b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: T\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'3\r\n{"a\r\n5;extension\r\n": 1}\r\n0\r\nTrailer: x\r\n\r\n'
)


class Transport(asyncio.Transport):
    """The other end of a connection."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True


def send(*parts: bytes) -> tuple[list[HttpRequest], Transport]:
    """The requests that parts of a stream have, and what came back."""
    requests: list[HttpRequest] = []

    def respond(request: HttpRequest) -> DynamoDBResponse:
        requests.append(request)
        return DynamoDBResponse(200, {"content-type": "text/plain"}, b"fine")

    transport = Transport()
    connection = DynamoDBConnection(respond, LARGEST, set())
    connection.connection_made(transport)
    for part in parts:
        connection.data_received(part)
    return requests, transport


@pytest.mark.parametrize("stream", [WHOLE, CHUNKED], ids=["length", "chunks"])
def test_a_request_is_the_same_however_it_is_cut(stream: bytes) -> None:
    for cut in range(len(stream)):
        requests, transport = send(stream[:cut], stream[cut:])
        assert [(each.method, each.headers[b"x-amz-target"], each.body) for each in requests] == [("POST", b"T", BODY)]
        assert transport.written.startswith(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n")
        assert transport.written.endswith(b"\r\n\r\nfine")
        assert not transport.closed
    requests, _ = send(*(stream[place : place + 1] for place in range(len(stream))))
    assert [each.body for each in requests] == [BODY]


@pytest.mark.parametrize("first", [WHOLE, CHUNKED], ids=["length", "chunks"])
def test_requests_follow_each_other_on_a_connection(first: bytes) -> None:
    requests, transport = send(first + b"\r\n" + WHOLE + CHUNKED)
    assert [each.body for each in requests] == [BODY] * 3
    assert transport.written.count(b"HTTP/1.1 200 OK") == 3


def test_a_body_that_is_too_large_is_cut_off_and_the_next_request_is_read() -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n"
    requests, _ = send(head + b"x" * 60, b"x" * 40 + WHOLE)
    assert [len(each.body) for each in requests] == [LARGEST + 1, len(BODY)]


def test_head_has_no_body() -> None:
    _, transport = send(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"content-length: 4" in transport.written
    assert transport.written.endswith(b"\r\n\r\n")


def test_a_client_that_waits_is_told_to_go_on() -> None:
    head = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\n"
    requests, transport = send(head)
    assert (requests, transport.written) == ([], b"HTTP/1.1 100 Continue\r\n\r\n")
    assert len(send(head, BODY)[0]) == 1


@pytest.mark.parametrize(
    ("head", "closed"),
    [
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nConnection: Keep-Alive\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", False),
    ],
)
def test_a_connection_ends_where_its_client_says_so(head: bytes, closed: bool) -> None:
    requests, transport = send(head + WHOLE)
    assert transport.closed is closed
    assert len(requests) == (1 if closed else 2)
    assert (b"connection: close" in transport.written) is closed


@pytest.mark.parametrize(
    ("stream", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * 70_000, 431),
    ],
)
def test_bytes_that_are_no_request_end_the_connection(stream: bytes, status: int) -> None:
    requests, transport = send(stream + WHOLE)
    assert requests == []
    assert transport.written.startswith(b"HTTP/1.1 %d " % status)
    assert transport.closed
