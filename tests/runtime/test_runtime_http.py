"""HTTP of the Runtime API's clients: any cut of the bytes gives the same requests."""

from __future__ import annotations

import http.client
import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.runtime.host.runtime_http import MalformedRequest, RequestReader, RuntimeRequest, pack_reply

POST = b"POST /a/b?c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX-Note:  two words \r\n\r\nhello"
GET = b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = (
    b"POST /r HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: Kind\r\n\r\n"
    b"3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\nKind: Error\r\n\r\n"
)


def read(data: bytes, size: int = 1 << 20, limit: int = 1 << 20) -> Iterator[RuntimeRequest]:
    reader = RequestReader(limit)
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
        while (request := reader.take()) is not None:
            yield request


def test_a_request_has_method_path_headers_and_body() -> None:
    [request] = read(POST)
    headers = {"host": "x", "content-length": "5", "x-note": "two words"}
    assert request == RuntimeRequest("POST", "/a/b", headers, b"hello", 5)


@given(st.integers(1, 40), st.permutations([POST, GET, CHUNKED]))
def test_requests_are_the_same_however_their_bytes_arrive(size: int, requests: list[bytes]) -> None:
    data = b"".join(requests)
    assert list(read(data, size)) == list(read(data))
    assert [request.path for request in read(data)] == [r.split()[1].partition(b"?")[0].decode() for r in requests]


def test_a_chunked_body_is_joined_and_its_trailers_are_kept() -> None:
    [request] = read(CHUNKED)
    assert (request.body, request.size, request.trailers) == (b"abc0123456789", 13, {"kind": "Error"})


@pytest.mark.parametrize("data", [POST, CHUNKED])
def test_a_body_over_the_limit_is_cut_off_but_counted(data: bytes) -> None:
    [request] = read(data, limit=4)
    [whole] = read(data)
    assert (request.body, request.size) == (whole.body[:4], whole.size)


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"GET / FTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"GET /" + b"a" * (1 << 21),
    ],
)
def test_other_bytes_are_malformed(data: bytes) -> None:
    with pytest.raises(MalformedRequest):
        list(read(data))


@pytest.mark.parametrize("head", [b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n"])
def test_a_client_can_ask_for_the_end_of_the_connection(head: bytes) -> None:
    [request] = read(head)
    assert not request.keeps_open


def test_a_client_that_waits_for_100_continue_is_noticed() -> None:
    reader = RequestReader(100)
    reader.feed(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert reader.take() is None
    assert reader.expects_continue


class Received(io.BytesIO):
    def makefile(self, mode: str) -> Received:
        return self


def test_a_reply_is_read_by_pythons_client() -> None:
    reply = http.client.HTTPResponse(Received(pack_reply(202, b'{"a":1}', [("X-Id", "7")], keeps_open=False)))  # type: ignore[arg-type]
    reply.begin()
    assert (reply.status, reply.reason, reply.read()) == (202, "Accepted", b'{"a":1}')
    expected = [("Content-Type", "application/json"), ("X-Id", "7"), ("Content-Length", "7"), ("Connection", "close")]
    assert reply.getheaders() == expected
