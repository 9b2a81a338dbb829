"""HTTP/1.1 connections, as much of it as DynamoDB's API uses: a request with a body, its response, and the next one.

A request is answered in the call that its last byte came in. An answer takes less time than any general server needs
to hand a request on: https://docs.python.org/3/library/asyncio-protocol.html#streaming-protocols

https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Callable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import NamedTuple

from .service import DynamoDBResponse

_LARGEST_HEAD = 64 * 1024
_LARGEST_LINE = 128
_REQUEST_LINE = re.compile(rb"([A-Z]{1,20}) ([^ ]{1,8192}) HTTP/1\.([01])")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?")
_SINGLE = frozenset((b"content-length", b"transfer-encoding", b"host"))


class HttpRequest(NamedTuple):
    """A request: its method, its headers by names in lower case, and its body."""

    method: str
    headers: Mapping[bytes, bytes]
    body: bytes


class UnreadableRequest(Exception):
    """The bytes are no request that can be answered, so the connection ends with a status."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class _RequestHead(NamedTuple):
    """The head of a request; ``length`` is that of the body, None: it comes in chunks."""

    method: str
    headers: Mapping[bytes, bytes]
    length: int | None
    stays: bool


Respond = Callable[[HttpRequest], DynamoDBResponse]
"""The function that answers requests."""


class DynamoDBConnection(asyncio.Protocol):
    """A connection. ``respond`` answers, at once; a body over ``largest`` bytes is cut off one byte after that."""

    def __init__(self, respond: Respond, largest: int, connections: set[asyncio.Transport]) -> None:
        self._respond = respond
        self._largest = largest
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._data = bytearray()
        self._head: _RequestHead | None = None
        self._body = bytearray()
        # The bytes of the body that are still to come, or of the chunk; -1: a chunk's first line comes.
        self._left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a new connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection that ended."""
        if self._transport is not None:
            self._connections.discard(self._transport)
            self._transport = None

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole now."""
        self._data += data
        try:
            while self._transport is not None and self._step():
                pass
        except UnreadableRequest as error:
            answer = DynamoDBResponse(error.status, {"content-type": "text/plain"}, b"")
            self._send(answer, stays=False, with_body=True)

    def _step(self) -> bool:
        """Read a head or a part of a body; False if more bytes are needed."""
        if self._head is None:
            return self._read_head()
        if self._head.length is None:
            return self._read_chunk()
        taken = self._take(self._left)
        self._left -= taken
        if self._left:
            return False
        self._answer()
        return True

    def _read_head(self) -> bool:
        while self._data[:2] == b"\r\n":
            # Empty lines before a request are passed over: RFC 9112, 2.2.
            del self._data[:2]
        end = self._data.find(b"\r\n\r\n", 0, _LARGEST_HEAD)
        if end < 0:
            if len(self._data) >= _LARGEST_HEAD:
                raise UnreadableRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return False
        self._head = parse_head(bytes(self._data[:end]))
        del self._data[: end + 4]
        self._left = -1 if self._head.length is None else self._head.length
        if self._head.headers.get(b"expect", b"").lower() == b"100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _take(self, wanted: int) -> int:
        """Move bytes of the body that have come, up to ``wanted``, and return their number."""
        taken = min(wanted, len(self._data))
        room = self._largest + 1 - len(self._body)
        if room > 0:
            self._body += self._data[: min(taken, room)]
        del self._data[:taken]
        return taken

    def _read_chunk(self) -> bool:
        if self._left >= 0:
            self._left -= self._take(self._left)
            if self._left:
                return False
        line_end = self._data.find(b"\r\n")
        if line_end < 0:
            if len(self._data) > _LARGEST_LINE:
                raise UnreadableRequest(HTTPStatus.BAD_REQUEST)
            return False
        line = bytes(self._data[:line_end])
        if self._left == 0:
            # The end of a chunk.
            if line:
                raise UnreadableRequest(HTTPStatus.BAD_REQUEST)
            del self._data[:2]
            self._left = -1
            return True
        found = _CHUNK.fullmatch(line)
        if found is None:
            raise UnreadableRequest(HTTPStatus.BAD_REQUEST)
        size = int(found[1], 16)
        if size:
            del self._data[: line_end + 2]
            self._left = size
            return True
        return self._read_trailers(line_end + 2)

    def _read_trailers(self, start: int) -> bool:
        """Pass over what follows the last chunk."""
        end = start if self._data[start : start + 2] == b"\r\n" else self._data.find(b"\r\n\r\n", start) + 2
        if end < start + 2 and self._data[start : start + 2] != b"\r\n":
            if len(self._data) > _LARGEST_HEAD:
                raise UnreadableRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return False
        del self._data[: end + 2]
        self._answer()
        return True

    def _answer(self) -> None:
        head = self._head
        assert head is not None
        request = HttpRequest(head.method, head.headers, bytes(self._body))
        self._head, self._left = None, 0
        self._body.clear()
        self._send(self._respond(request), stays=head.stays, with_body=head.method != "HEAD")

    def _send(self, answer: DynamoDBResponse, *, stays: bool, with_body: bool) -> None:
        if self._transport is None:
            return
        status = HTTPStatus(answer.status)
        lines = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            *(f"{name}: {value}" for name, value in answer.headers.items()),
            f"content-length: {len(answer.body)}",
            f"x-amzn-requestid: {uuid.uuid4()}",
            f"date: {_date(int(time.time()))}",
            *(() if stays else ("connection: close",)),
        ]
        head = "\r\n".join((*lines, "\r\n")).encode("latin-1")
        self._transport.write(head + answer.body if with_body else head)
        if not stays:
            self._transport.close()
            self._transport = None


def parse_head(data: bytes) -> _RequestHead:
    """Return the head of a request. Raises UnreadableRequest for one that can be read in two ways, or in none."""
    first, *lines = data.split(b"\r\n")
    found = _REQUEST_LINE.fullmatch(first)
    if found is None:
        raise UnreadableRequest(HTTPStatus.BAD_REQUEST)
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        name = name.lower()
        if not colon or not name or name[-1:] in b" \t" or name[:1] in b" \t" or (name in headers and name in _SINGLE):
            raise UnreadableRequest(HTTPStatus.BAD_REQUEST)
        headers[name] = value.strip(b" \t")
    coding, length = headers.get(b"transfer-encoding"), headers.get(b"content-length")
    if coding is not None and (length is not None or coding.lower() != b"chunked"):
        raise UnreadableRequest(HTTPStatus.BAD_REQUEST if length is not None else HTTPStatus.NOT_IMPLEMENTED)
    if length is not None and not _LENGTH.fullmatch(length):
        raise UnreadableRequest(HTTPStatus.BAD_REQUEST)
    asked = headers.get(b"connection", b"").lower()
    stays = b"close" not in asked if found[3] == b"1" else b"keep-alive" in asked
    return _RequestHead(found[1].decode(), headers, None if coding is not None else int(length or 0), stays)


_shown_date = (0, "")


def _date(now: int) -> str:
    """Return a time as HTTP writes it; within a second it is worked out once."""
    global _shown_date
    if _shown_date[0] != now:
        _shown_date = (now, formatdate(now, usegmt=True))
    return _shown_date[1]
