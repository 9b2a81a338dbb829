"""The recording port passes on what is for the other end, as it is, and nothing that is not."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from homeport.contract.http_exchange import HttpExchange
from homeport.contract.recording_proxy import RecordingProxy, end_to_end


class Upstream:
    """Answers each connection with ``answer`` and keeps what it was sent."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.received = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection:
                    data = connection.recv(65536)
                    head = data.partition(b"\r\n\r\n")[0].lower()
                    while data and b"content-length" in head and not data.endswith(b"END"):
                        data += connection.recv(65536)
                    self.received = data
                    connection.sendall(self.answer)

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


@contextlib.contextmanager
def passing(answer: bytes, base: str = "") -> Iterator[tuple[RecordingProxy, Upstream, list[HttpExchange]]]:
    seen: list[HttpExchange] = []
    upstream = Upstream(answer)
    server = RecordingProxy(0, upstream.url + base, seen.append)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server, upstream, seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        upstream.close()


def ask(server: RecordingProxy, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.server_address[1]), 10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while data := connection.recv(65536):
            answer += data
        return answer


OK = b"HTTP/1.1 200 Fine\r\nX-Odd: a\r\nX-odd: b\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nhi"


def test_a_request_is_forwarded_as_it_is_without_hop_by_hop_headers() -> None:
    with passing(OK, "/prod") as (server, upstream, seen):
        request = (
            b"POST //odd%2Fpath/..?a=b&a=%20 HTTP/1.1\r\nHost: here\r\nX-CASE: 1\r\nx-case: 2\r\n"
            b"Connection: close, X-Mine\r\nX-Mine: gone\r\nTE: trailers\r\nUpgrade: h2c\r\n"
            b"Proxy-Authorization: Basic eA==\r\nContent-Length: 7\r\n\r\nbodyEND"
        )
        answer = ask(server, request)
        host = upstream.url.removeprefix("http://").encode()
        assert upstream.received == (
            b"POST /prod//odd%2Fpath/..?a=b&a=%20 HTTP/1.1\r\nHost: " + host + b"\r\nX-CASE: 1\r\nx-case: 2\r\n"
            b"Content-Length: 7\r\n\r\nbodyEND"
        )
        assert answer == b"HTTP/1.1 200 Fine\r\nX-Odd: a\r\nX-odd: b\r\nContent-Length: 2\r\n\r\nhi"
        (call,) = seen
    assert (call.method, call.url) == ("POST", f"{server.url}//odd%2Fpath/..?a=b&a=%20")
    assert (call.body, call.status, call.reply_body) == (b"bodyEND", 200, b"hi")
    assert call.base == server.url


def test_chunked_bodies_are_joined_in_both_directions() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with passing(chunked) as (server, upstream, seen):
        head = b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        answer = ask(server, head + b"3;x=y\r\nabc\r\n3\r\nEND\r\n0\r\n\r\n")
        assert b"\r\nContent-Length: 6\r\n\r\nabcEND" in upstream.received
        assert answer.endswith(b"Content-Length: 5\r\n\r\nabcde")
        assert seen[0].body == b"abcEND"


@pytest.mark.parametrize(
    ("method", "answer", "passed"),
    [
        (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
        (b"GET", b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"),
        (b"ODD", b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"),
    ],
)
def test_a_response_without_a_body_is_forwarded_without_one(method: bytes, answer: bytes, passed: bytes) -> None:
    with passing(answer) as (server, _, seen):
        assert ask(server, method + b" / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") == passed
        assert seen[0].reply_body == b""


def test_an_unreachable_upstream_is_a_502_and_is_not_recorded() -> None:
    with passing(b"") as (server, _, seen):
        answer = ask(server, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 502")
        assert b"gave no answer" in answer
        assert seen == []


@pytest.mark.parametrize(
    "request_",
    [
        b"GET http://elsewhere/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["proxy", "length", "chunks"],
)
def test_a_request_that_can_not_be_forwarded_is_a_400(request_: bytes) -> None:
    with passing(OK) as (server, upstream, seen):
        assert ask(server, request_).startswith(b"HTTP/1.1 400")
        assert (upstream.received, seen) == (b"", [])


def test_headers_named_in_connection_are_not_forwarded() -> None:
    headers = (("Connection", "keep-alive, X-A"), ("x-a", "1"), ("X-B", "2"), ("Trailer", "X-C"))
    assert end_to_end(headers) == (("X-B", "2"),)
