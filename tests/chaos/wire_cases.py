"""Clients that are slow, large, rude, or half gone."""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from homeport.http_headers import Header
from tests.chaos.case import Case, Unable
from tests.chaos.ground import Ground
from tests.support.waiting import LAST_RESORT
from tests.support.wire import Answer, Wire, WireFault, request_bytes

_MB = 1 << 20
_GB = 1 << 30
# The gateway holds a body of 10 MB, the most that it takes, and copies of it while it looks at it.
_MOST_GROWTH = 96 * _MB
_SLOW = 500


def _slow_loris(ground: Ground) -> str:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _SLOW + 200:
        if hard != resource.RLIM_INFINITY and hard < _SLOW + 200:
            raise Unable(f"this user may have {hard} files open, too few for {_SLOW} connections")
        resource.setrlimit(resource.RLIMIT_NOFILE, (_SLOW + 200, hard))
    parts = urlsplit(ground.stack.url)
    slow = [socket.create_connection((parts.hostname, parts.port), LAST_RESORT) for _ in range(_SLOW)]
    begun = time.monotonic()
    for connection in slow:
        connection.sendall(b"GET /counters/x HTTP/1.1\r\nHost: a\r\nX-Slow: ")
    for _ in range(4):
        time.sleep(0.4)
        for connection in slow:
            connection.sendall(b"z")
    lasted = time.monotonic() - begun
    # One that gets to its end has its answer.
    slow[0].sendall(b"\r\n\r\n")
    assert slow[0].recv(12) == b"HTTP/1.1 404", "a slow client has no answer"
    for connection in slow:
        connection.close()
    longest = max((answer.ended - answer.asked for answer in ground.ledger.since(begun)), default=0)
    return f"{_SLOW} connections for {lasted:.1f} s; beside them {longest * 1000:.0f} ms at most"


def _half_closed(ground: Ground) -> str:
    for _ in range(50):
        with Wire(ground.stack.url) as wire:
            wire.send(request_bytes("GET", "/counters/none", [], None, host=wire.host))
            wire.end_sending()
            assert wire.read().status == 404
            assert wire.is_closed()
    for part in (b"GET /coun", b"GET / HTTP/1.1\r\nHos", b"PUT /counters/x HTTP/1.1\r\nContent-Length: 9\r\n\r\nab"):
        for _ in range(20):
            with Wire(ground.stack.url) as wire:
                wire.send(part)
                wire.end_sending()
                left = wire.drain()
                assert not left or left.startswith(b"HTTP/1.1 400"), left[:80]
    return "whole requests 404 as asked, half ones closed"


def _large_body(headers: list[Header], pieces: Callable[[], Iterator[bytes]], status: int) -> Callable[[Ground], str]:
    def inflict(ground: Ground) -> str:
        before = _peak(ground.child("gateway"))
        begun = time.monotonic()
        answer, sent = _pour(ground, headers, pieces())
        assert answer.status == status, f"{answer.status} instead of {status}"
        assert answer.json().keys() == {"message"}
        after = _peak(ground.child("gateway"))
        growth = after - before if before and after else 0
        assert growth < _MOST_GROWTH, f"the gateway grew by {growth >> 20} MB"
        return (
            f"{status} after {(time.monotonic() - begun) * 1000:.0f} ms, {sent >> 20} MB sent; {growth >> 20} MB more"
        )

    return inflict


def _pour(ground: Ground, headers: list[Header], pieces: Iterator[bytes]) -> tuple[Answer, int]:
    """Send until there is an answer; it, and how many bytes were sent."""
    sent = 0
    with Wire(ground.stack.url) as wire:
        wire.send(request_bytes("PUT", "/counters/large", headers, None, host=wire.host))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                wire.send(piece)
                sent += len(piece)
        try:
            return wire.read(), sent
        except ConnectionResetError as error:
            raise WireFault("the connection was reset before the answer") from error


def _plain(size: int) -> Iterator[bytes]:
    piece = bytes(1 << 16)
    yield from (piece for _ in range(size // len(piece)))


def _chunks(size: int) -> Iterator[bytes]:
    piece = b"10000\r\n" + bytes(1 << 16) + b"\r\n"
    yield from (piece for _ in range(size >> 16))


def _endless(start: bytes) -> Iterator[bytes]:
    yield start
    yield from (b"a" * (1 << 16) for _ in range(64))


def _header_flood(ground: Ground) -> str:
    flood = "".join(f"X-{number}: {'v' * 100}\r\n" for number in range(20_000))
    for _ in range(20):
        with Wire(ground.stack.url) as wire:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                wire.send(b"GET /counters/x HTTP/1.1\r\nHost: a\r\n" + flood.encode() + b"\r\n")
            answer = wire.read()
            assert answer.status == 431, answer.status
    return f"20 times {len(flood) >> 20} MB of headers: 431"


def _peak(pid: int) -> int:
    """The most memory that a process had so far, in bytes; 0 where that can't be seen."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


_CHUNKED: list[Header] = [("Transfer-Encoding", "chunked")]

WIRE = (
    Case("500 slow-loris connections", _slow_loris),
    Case("half-closed connections", _half_closed),
    Case("1 GB with Content-Length", _large_body([("Content-Length", str(_GB))], lambda: _plain(_GB), 413)),
    Case("1 GB in chunks", _large_body(_CHUNKED, lambda: _chunks(_GB), 413)),
    Case("a chunk's line without end", _large_body(_CHUNKED, lambda: _endless(b"5;a="), 400)),
    Case("a trailer without end", _large_body(_CHUNKED, lambda: _endless(b"0\r\nX: "), 400)),
    Case("header floods", _header_flood),
)
