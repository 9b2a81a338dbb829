"""Reading an HTTP response off a socket, whatever pieces it comes in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from homeport.runtime.worker.http_answer import Answer, Broken, read_answer


def in_pieces(data: bytes, size: int) -> Callable[[int], bytes]:
    pieces = iter([data[start : start + size] for start in range(0, len(data), size)])
    return lambda _most: next(pieces, b"")


WHOLE = {
    "a body of a known length": (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
        Answer(200, {"Content-Type": "text/plain", "Content-Length": "5"}, b"hello", True),
    ),
    "a body in chunks, with an extension and a trailer": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
        Answer(200, {"transfer-encoding": "chunked"}, b"hello0123456789", True),
    ),
    "a body that ends with the connection": (
        b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nto the end",
        Answer(200, {"Server": "x"}, b"to the end", False),
    ),
    "no body by its status": (b"HTTP/1.1 204 No Content\r\n\r\n", Answer(204, {}, b"", True)),
    "an empty reason and an empty body": (
        b"HTTP/1.1 400\r\nContent-Length: 0\r\n\r\n",
        Answer(400, {"Content-Length": "0"}, b"", True),
    ),
    "an interim response first": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        Answer(200, {"Content-Length": "2"}, b"ok", True),
    ),
    "a server that hangs up": (
        b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok",
        Answer(200, {"Connection": "Close", "Content-Length": "2"}, b"ok", False),
    ),
    "HTTP/1.0": (
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        Answer(200, {"Content-Length": "2"}, b"ok", False),
    ),
    "a header twice": (
        b"HTTP/1.1 200 OK\r\nA: 1\r\nA: 2\r\nContent-Length: 0\r\n\r\n",
        Answer(200, {"A": "1, 2", "Content-Length": "0"}, b"", True),
    ),
}


@pytest.mark.parametrize("size", [1, 7, 65536])
@pytest.mark.parametrize("case", WHOLE)
def test_a_response_is_read_whole(case: str, size: int) -> None:
    data, expected = WHOLE[case]
    assert read_answer(in_pieces(data, size), "POST") == expected


def test_the_answer_to_head_has_no_body() -> None:
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    assert read_answer(in_pieces(data, 100), "HEAD") == Answer(200, {"Content-Length": "5"}, b"", True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"x" * 70_000,
    ],
)
def test_what_is_no_whole_response_is_told(data: bytes) -> None:
    with pytest.raises(Broken):
        read_answer(in_pieces(data, 65536), "POST")
