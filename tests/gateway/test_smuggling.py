"""Requests that two parsers could read differently: none of them, and nothing behind them, reaches the application."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.echo import Echo, echo_server, statuses_of

SECOND = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKS = b"0\r\n\r\n"


def post(head: bytes, body: bytes = b"") -> bytes:
    return b"POST /x HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n" + body


AMBIGUOUS = {
    "length before chunks": post(b"Content-Length: 5\r\nTransfer-Encoding: chunked", CHUNKS),
    "chunks before length": post(b"Transfer-Encoding: chunked\r\nContent-Length: 5", CHUNKS),
    "two lengths": post(b"Content-Length: 5\r\nContent-Length: 6", b"hello"),
    "one length twice": post(b"Content-Length: 5\r\nContent-Length: 5", b"hello"),
    "a list of lengths": post(b"Content-Length: 5, 5", b"hello"),
    "a signed length": post(b"Content-Length: +5", b"hello"),
    "a hexadecimal length": post(b"Content-Length: 0x5", b"hello"),
    "a length with an underscore": post(b"Content-Length: 1_0", b"hellohello"),
    "an empty length": post(b"Content-Length: ", b"hello"),
    "a length behind a wide space": post(b"Content-Length: \xa05", b"hello"),
    "a length behind a vertical tab": post(b"Content-Length: \x0b5", b"hello"),
    "a space before the length's colon": post(b"Content-Length : 5", b"hello"),
    "a space before the encoding's colon": post(b"Transfer-Encoding : chunked", CHUNKS),
    "a tab before the encoding's colon": post(b"Transfer-Encoding\t: chunked", CHUNKS),
    "an encoding behind a vertical tab": post(b"Transfer-Encoding: \x0bchunked", CHUNKS),
    "an unknown encoding": post(b"Transfer-Encoding: xchunked", CHUNKS),
    "a quoted encoding": post(b'Transfer-Encoding: "chunked"', CHUNKS),
    "chunked twice": post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", CHUNKS),
    "identity, then chunked": post(b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", CHUNKS),
    "chunked, then identity": post(b"Transfer-Encoding: chunked, identity", CHUNKS),
    "an empty encoding": post(b"Transfer-Encoding: "),
    "a folded header": post(b"X: a\r\n b: c"),
    "a header folded by a tab": post(b"X: a\r\n\tTransfer-Encoding: chunked", CHUNKS),
    "a folded encoding": post(b"Transfer-Encoding:\r\n chunked", CHUNKS),
    "a folded first header": b"POST /x HTTP/1.1\r\n Host: a\r\n\r\n",
    "lines that end in LF": b"POST /x HTTP/1.1\nHost: a\n\n",
    "a header line that ends in LF": post(b"X: a\nTransfer-Encoding: chunked", CHUNKS),
    "a carriage return in a header": post(b"X: a\rTransfer-Encoding: chunked", CHUNKS),
    "NUL in a value": post(b"X: a\x00b"),
    "NUL in a name": post(b"X\x00: a"),
    "a header without a name": post(b": x"),
    "a chunk's line that ends in LF": post(b"Transfer-Encoding: chunked", b"5\nhello\r\n" + CHUNKS),
    "a negative chunk": post(b"Transfer-Encoding: chunked", b"-1\r\nhello\r\n" + CHUNKS),
    "a chunk's size with 0x": post(b"Transfer-Encoding: chunked", b"0x5\r\nhello\r\n" + CHUNKS),
    "a chunk's size before a space": post(b"Transfer-Encoding: chunked", b"5 \r\nhello\r\n" + CHUNKS),
    "LF in a chunk's extension": post(b"Transfer-Encoding: chunked", b"5;a\nb\r\nhello\r\n" + CHUNKS),
    "a chunk that is longer than it says": post(b"Transfer-Encoding: chunked", b"5\r\nhelloXX\r\n" + CHUNKS),
    "a target with a space": b"GET /x y HTTP/1.1\r\nHost: a\r\n\r\n",
    "tabs in the request line": b"GET\t/x\tHTTP/1.1\r\nHost: a\r\n\r\n",
    "a version of two digits": b"GET /x HTTP/1.10\r\nHost: a\r\n\r\n",
    "no version": b"GET /x\r\n\r\n",
}


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    with echo_server() as running:
        yield running


@pytest.mark.parametrize("raw", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_an_ambiguous_request_is_rejected_with_all_that_follows(echo: Echo, raw: bytes) -> None:
    assert statuses_of(echo.send(raw + SECOND)) == [400]
    assert echo.seen == []


HARMLESS = {
    "a body that looks like a request": (
        post(b"Content-Length: %d" % len(SECOND), SECOND),
        [("/x", SECOND)],
    ),
    "a body of GET that looks like a request": (
        b"GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(SECOND) + SECOND,
        [("/x", SECOND)],
    ),
    "a trailer that names a length": (
        post(b"Transfer-Encoding: chunked", b"0\r\nContent-Length: 40\r\n\r\n") + SECOND,
        [("/x", b""), ("/smuggled", b"")],
    ),
    "an underscore is no dash": (
        post(b"Content_Length: 40\r\nTransfer_Encoding: chunked") + SECOND,
        [("/x", b""), ("/smuggled", b"")],
    ),
}


@pytest.mark.parametrize(("raw", "seen"), HARMLESS.values(), ids=HARMLESS)
def test_an_unambiguous_request_is_framed_by_its_headers_alone(raw: bytes, seen: list[tuple[str, bytes]]) -> None:
    with echo_server() as echo:
        assert set(statuses_of(echo.send(raw))) == {200}
        assert [(request.target, request.body) for request in echo.seen] == seen


def test_the_echo_of_these_tests_answers_what_is_sent_twice() -> None:
    with echo_server() as echo:
        assert statuses_of(echo.send(post(b"Content-Length: 5", b"hello") + SECOND)) == [200, 200]
