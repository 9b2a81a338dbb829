"""HTTP/1.1 as the clients of Lambda's Runtime API speak it: requests out of bytes, replies into bytes.

A body comes whole, with its length or in chunks, and may have trailers.
https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

# A head, the line with a chunk's size, a trailer: Go's server, which Lambda's is, reads as much.
_MAX_HEAD = 1 << 20

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
"""The reply to ``Expect: 100-continue``, which curl sends before a large body."""


class MalformedRequest(Exception):
    """The bytes are no HTTP/1.1 request."""


@dataclass(frozen=True, slots=True)
class RuntimeRequest:
    """A request. The names of ``headers`` and ``trailers`` are in lower case.

    ``size`` is that of the whole body, ``body`` is cut off behind the reader's limit.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    size: int = 0
    trailers: Mapping[str, str] = field(default_factory=dict)
    keeps_open: bool = True


class RequestReader:
    """Joins the data of a connection to requests, of whose bodies it keeps ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._body, self._size = bytearray(), 0
        self._requests = self._read_requests()
        self.begun: RuntimeRequest | None = None
        """The request whose body is being read, without it; None between two requests."""
        self.expects_continue = False
        """Whether the client may wait for ``CONTINUE`` before it sends a body."""

    def feed(self, data: bytes) -> None:
        """Add data."""
        self._buffer += data

    def take(self) -> RuntimeRequest | None:
        """Return the next whole request, None until there is one. Raises MalformedRequest."""
        return next(self._requests)

    # A generator yields None whenever it needs more data.
    def _read_requests(self) -> Generator[RuntimeRequest | None]:
        while True:
            lines = (yield from self._read_until(b"\r\n\r\n")).lstrip("\r\n").split("\r\n")
            method, path, version = _request_line(lines[0])
            headers = _headers(lines[1:])
            self.expects_continue = headers.get("expect", "").lower() == "100-continue"
            self._body, self._size = bytearray(), 0
            self.begun = RuntimeRequest(method, path, headers)
            trailers: Mapping[str, str] = {}
            if headers.get("transfer-encoding", "identity").lower() == "chunked":
                trailers = yield from self._read_chunks()
            else:
                yield from self._read_body(_number(headers.get("content-length", "0"), 10))
            keeps = version != "HTTP/1.0" and headers.get("connection", "").lower() != "close"
            self.begun = None
            yield RuntimeRequest(method, path, headers, bytes(self._body), self._size, trailers, keeps)

    def take_part(self) -> bytes:
        """Return what has come of the body that is being read, which is not kept then."""
        part = bytes(self._body)
        self._body.clear()
        return part

    def _read_until(self, mark: bytes) -> Generator[None, None, str]:
        while (end := self._buffer.find(mark)) < 0:
            if len(self._buffer) > _MAX_HEAD:
                raise MalformedRequest("the head of the request is too long")
            yield None
        piece = self._buffer[:end].decode("latin-1")
        del self._buffer[: end + len(mark)]
        return piece

    def _read_body(self, length: int) -> Generator[None]:
        while length:
            count = min(length, len(self._buffer))
            if not count:
                yield None
                continue
            self._body += self._buffer[: max(0, min(count, self._limit - len(self._body)))]
            del self._buffer[:count]
            self._size += count
            length -= count

    def _read_chunks(self) -> Generator[None, None, Mapping[str, str]]:
        while size := _number((yield from self._read_until(b"\r\n")).partition(";")[0].strip(), 16):
            yield from self._read_body(size)
            yield from self._read_until(b"\r\n")
        lines = []
        while line := (yield from self._read_until(b"\r\n")):
            lines.append(line)
        return _headers(lines)


def _request_line(line: str) -> tuple[str, str, str]:
    parts = line.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise MalformedRequest(f"not the first line of an HTTP request: {line[:200]!r}")
    return parts[0], parts[1].partition("?")[0], parts[2]


def _headers(lines: Iterable[str]) -> dict[str, str]:
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _number(text: str, base: int) -> int:
    try:
        number = int(text, base)
    except ValueError:
        number = -1
    if number < 0:
        raise MalformedRequest(f"not a length: {text[:200]!r}")
    return number


def pack_reply(status: int, body: bytes, headers: Iterable[tuple[str, str]] = (), *, keeps_open: bool = True) -> bytes:
    """Return a reply whose body is JSON as bytes."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += [f"Content-Length: {len(body)}", *([] if keeps_open else ["Connection: close"])]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
