"""Replies whose body is sent as it comes, over real sockets."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from homeport.gateway.http.message import BodyStream, Reply, StreamBroken
from tests.support.echo import Echo, echo_server
from tests.support.wire import Wire

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.fixture
def echo() -> Iterator[Echo]:
    with echo_server() as echo:
        yield echo


class Stream:
    """A body of two parts, the second of which waits to be released."""

    def __init__(self, *, broken: bool = False) -> None:
        self.released, self.ended = threading.Event(), threading.Event()
        self._broken = broken

    def reply(self, status: int = 200) -> Reply:
        """A reply with this body."""
        return Reply(status, (("X-Own", "1"),), stream=BodyStream(self._chunks(), self.ended.set))

    def _chunks(self) -> Iterator[bytes]:
        yield b"first"
        yield b""
        assert self.released.wait(60)
        if self._broken:
            raise StreamBroken("on purpose")
        yield b"last"


def test_a_part_is_sent_when_it_comes_and_the_connection_stays(echo: Echo) -> None:
    stream = Stream()
    echo.reply = stream.reply()
    with Wire(f"http://{echo.address[0]}:{echo.address[1]}") as wire:
        wire.send(GET)
        head = wire.reads_bytes(len(b"HTTP/1.1 200 OK\r\n"))
        while not head.endswith(b"\r\n\r\n"):
            head += wire.reads_bytes(1)
        assert b"\r\nX-Own: 1\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n" in head
        assert b"content-length" not in head.lower()
        assert wire.reads_bytes(10) == b"5\r\nfirst\r\n"
        stream.released.set()
        assert wire.reads_bytes(14) == b"4\r\nlast\r\n0\r\n\r\n"
        assert stream.ended.wait(60)
        echo.reply = Reply(200, (), b"again")
        assert wire.ask("GET", "/").body == b"again"


def test_a_client_of_http_1_0_reads_to_the_end_of_the_connection(echo: Echo) -> None:
    stream = Stream()
    stream.released.set()
    echo.reply = stream.reply()
    received = echo.send(b"GET / HTTP/1.0\r\n\r\n")
    assert b"transfer-encoding" not in received.lower()
    assert received.endswith(b"\r\n\r\nfirstlast")


@pytest.mark.parametrize(("line", "status"), [(b"HEAD / HTTP/1.1", 200), (b"GET / HTTP/1.1", 204)])
def test_no_body_is_sent_where_there_is_none(echo: Echo, line: bytes, status: int) -> None:
    stream = Stream()
    echo.reply = stream.reply(status)
    received = echo.send(line + b"\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert received.endswith(b"\r\n\r\n") and b"first" not in received
    assert stream.ended.wait(60)


def test_a_body_that_breaks_off_has_no_end(echo: Echo) -> None:
    stream = Stream(broken=True)
    stream.released.set()
    echo.reply = stream.reply()
    assert echo.send(GET).endswith(b"\r\n\r\n5\r\nfirst\r\n")
    assert stream.ended.wait(60)


def test_the_stream_ends_when_the_client_is_gone(echo: Echo) -> None:
    ended, part = threading.Event(), b"x" * (1 << 20)

    def endless() -> Iterator[bytes]:
        while True:
            yield part

    stream = BodyStream(endless(), ended.set)
    echo.reply = Reply(200, (), stream=stream)
    with Wire(f"http://{echo.address[0]}:{echo.address[1]}") as wire:
        wire.send(GET)
        wire.reads_bytes(1 << 20)
    assert ended.wait(60)
    assert len(stream.sent) == BodyStream.KEPT
