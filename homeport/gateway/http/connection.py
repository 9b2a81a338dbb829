"""Chunked bodies, with a bound on what stands around the data.

What a client sent, as the server understands it: waitress's parser, keeping what WSGI loses.

The framing is waitress's, and stricter: what two parsers could read differently is refused.

A connection of the server: waitress's channel, with two changes.

It stays with the thread that served it for a moment, since a client that keeps its connection sends again soon: going
back to the main loop and to another thread costs more than many a request. And after a refusal it lingers.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from functools import lru_cache
from typing import Any

from waitress.buffers import OverflowableBuffer
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import (
    HTTPRequestParser,
    ParsingError,
    TransferEncodingNotImplemented,
    crack_first_line,
    get_header_lines,
)
from waitress.receiver import ChunkedReceiver, FixedStreamReceiver
from waitress.rfc7230 import HEADER_FIELD_RE
from waitress.utilities import BadRequest

from homeport.gateway.http.message import Request
from homeport.http_headers import Header

# What is kept of a line or a trailer that has not ended is looked through again with every read: without a bound a
# client that never ends one keeps the server's only reading thread busy.
LONGEST_LINE = 4096
LONGEST_TRAILER = 64 * 1024


class BoundedChunks(ChunkedReceiver):  # type: ignore[misc]
    """Refuses a chunk's size line, or a trailer, that does not end."""

    control_line: bytes
    trailer: bytes

    def received(self, data: bytes) -> int:
        """Take what came; gives how much of it belongs to this body."""
        taken = int(super().received(data))
        if len(self.control_line) > LONGEST_LINE or len(self.trailer) > LONGEST_TRAILER:
            self.error = BadRequest("a chunk's size line or the trailer does not end")
            self.completed = True
        return taken


# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html: a payload of 10 MB.
BODY_LIMIT = 10 * 1024 * 1024
# A client's header lines repeat from request to request.
_LINES_KEPT = 512
_LONGEST_KEPT = 512


class RawRequestParser(HTTPRequestParser):  # type: ignore[misc]
    """Keeps the header lines and the target as they came; refuses what two parsers could read differently.

    The framing is waitress's; only what frames a message is looked at, the rest is the gateway's to read.
    """

    raw_headers: tuple[Header, ...] = ()
    request_uri: str = "/"
    command: str = "GET"
    path = ""

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the head of a request. Raises ParsingError, TransferEncodingNotImplemented."""
        first, _, fields = header_plus.partition(b"\r\n")
        method, target, version = crack_first_line(first.rstrip())
        if not method or version not in (b"1.0", b"1.1") or b"\r" in first or b"\n" in first:
            raise ParsingError("the request line is not one")
        # RFC 9112 5.2: one parser joins a folded line to the one before, another takes it for a header of its own.
        if b"\r\n " in fields or b"\r\n\t" in fields:
            raise ParsingError("a header line is folded")
        self.command, self.request_uri = method.decode("latin-1"), target.decode("latin-1")
        self.version = version.decode("latin-1")
        self.raw_headers = tuple(_header(line) for line in get_header_lines(fields))
        self.headers = framing = _framing(self.raw_headers)
        asked = {option.strip(" \t") for option in framing.get("CONNECTION", "").lower().split(",")}
        self.connection_close = "close" in asked or (self.version == "1.0" and "keep-alive" not in asked)
        if "TRANSFER_ENCODING" in framing:
            self._expect_chunks(framing)
        else:
            self._expect_length(framing.get("CONTENT_LENGTH", "0"))
        expects = self.version == "1.1" and framing.get("EXPECT", "").lower() == "100-continue"
        # RFC 9110 10.1.1: no leave is given to send what is not coming.
        self.expect_continue = expects and (self.chunked or 0 < self.content_length <= BODY_LIMIT)

    def _expect_chunks(self, framing: dict[str, str]) -> None:
        # RFC 9112 6.1: Transfer-Encoding beside Content-Length, or in HTTP/1.0, is how requests are smuggled.
        if "CONTENT_LENGTH" in framing or self.version != "1.1":
            raise ParsingError("the message's length is ambiguous")
        if framing["TRANSFER_ENCODING"].strip(" \t").lower() != "chunked":
            raise TransferEncodingNotImplemented("only chunked is known")
        self.chunked = True
        self.body_rcv = BoundedChunks(OverflowableBuffer(self.adj.inbuf_overflow))

    def _expect_length(self, length: str) -> None:
        if not (length.isascii() and length.isdigit()) or len(length) > 18:
            raise ParsingError("Content-Length is not a number")
        self.content_length = int(length)
        if self.content_length:
            buffer = OverflowableBuffer(self.adj.inbuf_overflow)
            self.body_rcv = FixedStreamReceiver(self.content_length, buffer)

    def to_request(self, source_ip: str, received: float) -> Request:
        """The request as the client sent it."""
        return Request(
            method=self.command,
            target=self.request_uri,
            headers=self.raw_headers,
            body=b"" if self.body_rcv is None else self.get_body_stream().read(),
            source_ip=source_ip,
            protocol=f"HTTP/{self.version}",
            received=received,
        )


_FRAMING = {
    "connection": "CONNECTION",
    "content-length": "CONTENT_LENGTH",
    "expect": "EXPECT",
    "transfer-encoding": "TRANSFER_ENCODING",
}


def _framing(headers: tuple[Header, ...]) -> dict[str, str]:
    """The headers that waitress goes by, under its names; repeated ones joined, which no length survives."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = _FRAMING.get(name.lower())
        if key:
            found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _header(line: bytes) -> Header:
    return _kept_header(line) if len(line) <= _LONGEST_KEPT else _read_header(line)


def _read_header(line: bytes) -> Header:
    found = HEADER_FIELD_RE.match(line)
    if found is None:
        raise ParsingError("a header line is not one")
    name, value = found.group("name", "value")
    return name.decode("latin-1"), value.strip(b" \t").decode("latin-1")


_kept_header = lru_cache(maxsize=_LINES_KEPT)(_read_header)


# Seconds that a thread waits for the connection's next request, unless others wait for a thread.
STAY = 0.01
# What a refused client still sends is read, so that it sees the answer, but not for ever. Bytes.
DRAIN_LIMIT = 256 * 1024 * 1024


class LingeringChannel(HTTPChannel):  # type: ignore[misc]
    """``refused`` is set by a task that answered what is no request.

    Closed at once, a client that is still sending would see a reset instead of the answer (RFC 9112 9.6): the
    connection is closed for writing and what comes is dropped.
    """

    requests: list[Any]
    refused = False
    close_when_flushed = False
    will_close = False
    connected = False
    request = None
    total_outbufs_len = 0
    current_outbuf_count = 0
    _dropped = -1

    def readable(self) -> bool:
        return self._dropped >= 0 or bool(super().readable())

    def handle_read(self) -> None:
        if self._dropped < 0:
            super().handle_read()
            return
        self._dropped += len(self.recv(self.adj.recv_bytes))
        if self._dropped > DRAIN_LIMIT:
            self.handle_close()

    def handle_write(self) -> None:
        if not (self.refused and self.close_when_flushed):
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if not self.total_outbufs_len and not self.will_close:
            self.close_when_flushed = False
            self._dropped = 0
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                self.handle_close()

    def write_now(self, data: bytes) -> None:
        """Send what the connection takes at once; the rest is the main loop's to send."""
        connection: socket.socket | None = self.socket
        if connection is not None and self.connected and not self.total_outbufs_len:
            # What is wrong with the connection is wrong in write_soon as well, which deals with it.
            with contextlib.suppress(OSError):
                data = data[connection.send(data) :]
                self.last_activity = time.time()
        if data:
            self.write_soon(data)

    def service(self) -> None:
        """Serve the first of ``requests``, and those that follow soon; a thread of the server's calls this.

        As long as ``requests`` holds one, the main loop leaves the connection alone.
        """
        while self._serve_first():
            if len(self.requests) == 1 and not self._next_comes():
                with self.requests_lock:
                    self.requests.pop(0)
                break
            with self.requests_lock:
                self.requests.pop(0)
        if self.connected:
            self.server.pull_trigger()
        self.last_activity = time.time()

    def _serve_first(self) -> bool:
        """Whether the connection goes on."""
        request = self.requests[0]
        task = (self.error_task_class if request.error else self.task_class)(self, request)
        try:
            if self.connected:
                task.service()
        except ClientDisconnected:
            task.close_on_finish = True
        except Exception:
            self.logger.exception("a fault of the server, please report it")
            task.close_on_finish = True
        if task.close_on_finish or not self.connected:
            self._finish()
            return False
        if self.current_outbuf_count > 0:
            # The next reply gets a buffer of its own, so that this one's is given back.
            self.current_outbuf_count = self.adj.outbuf_high_watermark
        request.close()
        return True

    def _finish(self) -> None:
        with self.requests_lock:
            self.close_when_flushed = True
            for request in self.requests:
                request.close()
            self.requests = []

    def _next_comes(self) -> bool:
        """Wait a moment for another whole request; it is in ``requests`` then."""
        deadline = time.monotonic() + STAY
        connection: socket.socket | None = self.socket
        # A client that reset the connection meanwhile made the main loop close it.
        if connection is None or connection.fileno() < 0:
            return False
        waiting = select.poll()
        waiting.register(connection, select.POLLIN)
        while len(self.requests) == 1 and self._may_stay():
            left = deadline - time.monotonic()
            if left <= 0 or not waiting.poll(left * 1000):
                return False
            data = self._receive(connection)
            if not data:
                # The main loop, which owns the list of connections, closes it.
                self.will_close = True
                return False
            self.received(data)
        return len(self.requests) > 1

    def _may_stay(self) -> bool:
        unsent = self.total_outbufs_len or self.will_close or self.close_when_flushed
        # A request that is half there may need "100 Continue", which is the main loop's to send.
        return not (unsent or self.request is not None or self.server.task_dispatcher.queue)

    def _receive(self, connection: socket.socket) -> bytes:
        with contextlib.suppress(OSError):
            return connection.recv(self.adj.recv_bytes)
        return b""
