"""The server over real sockets: what reaches the application, and what it answers by itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from homeport.gateway.http.message import Reply
from homeport.gateway.http.parser import BODY_LIMIT
from tests.support.echo import Echo, echo_server
from tests.support.logged import Logged


@pytest.fixture
def echo() -> Iterator[Echo]:
    with echo_server() as echo:
        yield echo


def status_of(received: bytes) -> int:
    return int(received.split(b" ", 2)[1])


def test_target_header_case_order_and_duplicates_arrive_as_sent(echo: Echo) -> None:
    echo.send(b"GET //a%2Fb/?x=1&x=%20#f HTTP/1.1\r\nhost: h\r\nX-A: 1\r\nx_under: u\r\nx-a:  2 \r\n\r\n")
    (request,) = echo.seen
    assert (request.method, request.target, request.protocol, request.body) == (
        "GET",
        "//a%2Fb/?x=1&x=%20#f",
        "HTTP/1.1",
        b"",
    )
    assert request.headers == (("host", "h"), ("X-A", "1"), ("x_under", "u"), ("x-a", "2"))
    assert request.source_ip == "127.0.0.1"


def test_reply_headers_leave_in_order_with_their_case_and_duplicates(echo: Echo) -> None:
    echo.reply = Reply(299, (("x-LOWER", "1"), ("Set-Cookie", "a=1"), ("set-cookie", "b=2")), b"body")
    head, _, body = echo.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 299 "
    assert lines[1].startswith("Date: ")
    assert lines[2:] == [
        "x-LOWER: 1",
        "Set-Cookie: a=1",
        "set-cookie: b=2",
        "Content-Length: 4",
        "Connection: keep-alive",
    ]
    assert body == b"body"


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "OPTIONS", "PROPFIND", "X-CUSTOM"])
def test_any_method_reaches_the_application(echo: Echo, method: str) -> None:
    assert status_of(echo.send(f"{method} / HTTP/1.1\r\nHost: h\r\n\r\n".encode())) == 200
    assert echo.seen[0].method == method


def test_head_has_the_length_of_the_body_and_no_body(echo: Echo) -> None:
    head, _, body = echo.send(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").partition(b"\r\n\r\n")
    assert b"Content-Length: 2" in head
    assert body == b""


def test_no_content_has_no_length(echo: Echo) -> None:
    echo.reply = Reply(204, ())
    assert b"Content-Length" not in echo.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")


def test_a_chunked_body_arrives_whole(echo: Echo) -> None:
    echo.send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert echo.seen[0].body == b"abcde"


def test_requests_on_one_connection_are_answered_in_turn(echo: Echo) -> None:
    received = echo.send(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert [request.target for request in echo.seen] == ["/1", "/2"]


def test_http_1_0_closes_unless_asked_to_stay(echo: Echo) -> None:
    assert b"Connection: close" in echo.send(b"GET / HTTP/1.0\r\n\r\n")
    assert b"Connection: keep-alive" in echo.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")


def test_a_body_of_the_limit_arrives(echo: Echo) -> None:
    raw = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % BODY_LIMIT + bytes(BODY_LIMIT)
    assert status_of(echo.send(raw)) == 200
    assert len(echo.seen[0].body) == BODY_LIMIT


@pytest.mark.parametrize(
    "raw",
    [
        b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT + 1) + bytes(BODY_LIMIT + 1),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        + (b"100000\r\n" + bytes(0x100000) + b"\r\n") * 11
        + b"0\r\n\r\n",
        b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n",
    ],
    ids=["declared", "chunked", "expects-continue"],
)
def test_a_body_over_the_limit_is_rejected_with_a_reply(echo: Echo, raw: bytes) -> None:
    assert status_of(echo.send(raw)) == 413
    assert echo.seen == []


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET /\r\n no-name\r\n\r\n",
        b"get / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad name: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    ],
)
def test_malformed_requests_are_rejected_and_the_connection_is_closed(echo: Echo, raw: bytes) -> None:
    received = echo.send(raw)
    assert status_of(received) == 400
    assert b"Connection: close" in received
    assert echo.seen == []


def test_an_endless_head_is_rejected(echo: Echo) -> None:
    assert status_of(echo.send(b"GET / HTTP/1.1\r\nX: " + b"a" * 300_000 + b"\r\n\r\n")) == 431


ENDLESS = [b"5;a=" + b"a" * 300_000, b"0" * 300_000, b"0\r\nX: " + b"a" * 300_000]


@pytest.mark.parametrize("raw", ENDLESS, ids=["extension", "size", "trailer"])
def test_an_endless_chunk_line_or_trailer_is_rejected(echo: Echo, raw: bytes) -> None:
    assert status_of(echo.send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + raw)) == 400
    assert echo.seen == []


def test_a_connection_reset_between_requests_is_no_error(echo: Echo, logged: Logged) -> None:
    for _ in range(300):
        with socket.create_connection(echo.address) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            # What is not read makes the end of the connection a reset.
            connection.recv(20)
    assert status_of(echo.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")) == 200
    assert logged.errors == []


def test_a_hundred_idle_connections_do_not_stop_another(echo: Echo) -> None:
    idle = [socket.create_connection(echo.address) for _ in range(100)]
    for connection in idle:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
    assert status_of(echo.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")) == 200
    for connection in idle:
        connection.close()
