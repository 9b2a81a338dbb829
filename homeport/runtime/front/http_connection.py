"""HTTP/1.1 on a blocking socket, for both ends: the requests of SDKs, and the responses of DynamoDB.

The standard library reads headers as those of a mail: 60 µs for each message, where this takes 7.

https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import select
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

MAX_HEAD = 64 * 1024
_MAX_LINE = 4096
_PIECE = 256 * 1024


class MalformedMessage(Exception):
    """The message is not HTTP/1.1, or its head is over the limit."""


class ConnectionEnded(Exception):
    """The other end closed the connection within a message."""


@dataclass(frozen=True, slots=True)
class MessageHead:
    """The head of a message: its first line, and its headers by their names in lower case."""

    first_line: str
    headers: Mapping[str, str]

    @property
    def is_last(self) -> bool:
        """Return whether the connection ends after this message."""
        connection = self.headers.get("connection", "").lower()
        return "close" in connection or ("HTTP/1.0" in self.first_line and "keep-alive" not in connection)


class HttpConnection:
    """A connection and what has been received on it, but not read yet. Every method may raise OSError."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._received = bytearray()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read_head(self) -> MessageHead | None:
        """Return the head of the next message, None if the connection ends before it.

        Raises MalformedMessage and ConnectionEnded.
        """
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            if len(self._received) > MAX_HEAD:
                raise MalformedMessage(f"a head is over {MAX_HEAD} bytes")
            if not (data := self._sock.recv(_PIECE)):
                if self._received:
                    raise ConnectionEnded
                return None
            self._received += data
        return _parse_head(self._take(end + 4)[:-4])

    def read_body(self, head: MessageHead, limit: int, *, to_end: bool = False) -> bytes | None:
        """Return the body of a message, read and dropped (None) if it is over the limit.

        A body without a length is empty, or with ``to_end`` what comes until the connection ends. Raises
        MalformedMessage and ConnectionEnded.
        """
        body = _Body(limit)
        length = head.headers.get("content-length")
        if "chunked" in head.headers.get("transfer-encoding", "").lower():
            self._read_chunks(body)
        elif length is not None:
            self._read_into(body, _size(length, 10))
        elif to_end:
            while data := self._sock.recv(_PIECE):
                self._received += data
            body.add(self._take(len(self._received)))
        return body.content()

    def send(self, first_line: str, headers: Mapping[str, str], body: bytes = b"") -> None:
        """Send a message."""
        lines = [first_line, *(f"{name}: {value}" for name, value in headers.items()), "\r\n"]
        self._sock.sendall("\r\n".join(lines).encode("latin-1") + body)

    def send_continue(self) -> None:
        """Have a client continue that waits before it sends the body."""
        self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def is_open(self) -> bool:
        """Return whether the other end has not closed the connection."""
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        try:
            return not poll.poll(0) or bool(self._sock.recv(1, socket.MSG_PEEK))
        except (OSError, ValueError):
            # Within TLS nothing can be looked at without being taken: then the connection counts as closed.
            return False

    def wait_until_closed(self) -> None:
        """Wait until the other end closes the connection."""
        with suppress(OSError):
            while self._sock.recv(_PIECE):
                continue

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()

    def _read_chunks(self, body: _Body) -> None:
        while size := _size(self._read_line().partition(";")[0], 16):
            self._read_into(body, size)
            self._take_exactly(2)
        while self._read_line():
            continue

    def _read_line(self) -> str:
        while (end := self._received.find(b"\r\n")) < 0:
            if len(self._received) > _MAX_LINE:
                raise MalformedMessage("the size of a chunk does not end")
            self._receive()
        return self._take(end + 2)[:-2].decode("latin-1")

    def _read_into(self, body: _Body, size: int) -> None:
        while size:
            if not self._received:
                self._receive()
            part = self._take(min(size, len(self._received)))
            body.add(part)
            size -= len(part)

    def _take_exactly(self, size: int) -> bytes:
        while len(self._received) < size:
            self._receive()
        return self._take(size)

    def _receive(self) -> None:
        if not (data := self._sock.recv(_PIECE)):
            raise ConnectionEnded
        self._received += data

    def _take(self, size: int) -> bytes:
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken


class _Body:
    """The parts of a body, which are dropped when they are too long together."""

    def __init__(self, limit: int) -> None:
        self._parts: list[bytes] = []
        self._left = limit

    def add(self, part: bytes) -> None:
        self._left -= len(part)
        if self._left < 0:
            self._parts.clear()
        else:
            self._parts.append(part)

    def content(self) -> bytes | None:
        return b"".join(self._parts) if self._left >= 0 else None


def _parse_head(head: bytes) -> MessageHead:
    first, *lines = head.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise MalformedMessage("a header line is not one")
        key, value = name.lower(), value.strip()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return MessageHead(first, headers)


def _size(text: str, base: int) -> int:
    try:
        size = int(text, base)
    except ValueError:
        size = -1
    if size < 0:
        raise MalformedMessage("the length of a body is not a number")
    return size
