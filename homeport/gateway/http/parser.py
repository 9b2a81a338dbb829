"""The parser of requests: waitress's, which keeps the request as it came and rejects what two parsers could read in
different ways (request smuggling).

Waitress does the framing. Only the headers that frame a message are looked at here.
"""

from __future__ import annotations

from functools import lru_cache

from waitress.buffers import OverflowableBuffer
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

# Waitress searches an unfinished line or trailer again with every read. Without a bound, a client that never finishes
# one would keep the server's only reading thread busy.
MAX_CHUNK_LINE = 4096
MAX_TRAILER = 64 * 1024


class BoundedChunks(ChunkedReceiver):  # type: ignore[misc]
    """A receiver of chunked bodies that rejects a size line, or a trailer, over the bounds."""

    control_line: bytes
    trailer: bytes

    def received(self, data: bytes) -> int:
        """Take bytes from the socket; return the number of those that belong to this body."""
        taken = int(super().received(data))
        if len(self.control_line) > MAX_CHUNK_LINE or len(self.trailer) > MAX_TRAILER:
            self.error = BadRequest("a chunk's size line or the trailer does not end")
            self.completed = True
        return taken


# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html: a payload of 10 MB.
BODY_LIMIT = 10 * 1024 * 1024
# A client's header lines repeat from request to request: the parsed form of short ones is cached.
_CACHED_LINES = 512
_MAX_CACHED_LINE = 512


class RawRequestParser(HTTPRequestParser):  # type: ignore[misc]
    """A parser that keeps the header lines and the request target as they came."""

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
        self.raw_headers = tuple(_parse_header_line(line) for line in get_header_lines(fields))
        self.headers = framing = _framing(self.raw_headers)
        asked = {option.strip(" \t") for option in framing.get("CONNECTION", "").lower().split(",")}
        self.connection_close = "close" in asked or (self.version == "1.0" and "keep-alive" not in asked)
        if "TRANSFER_ENCODING" in framing:
            self._expect_chunks(framing)
        else:
            self._expect_length(framing.get("CONTENT_LENGTH", "0"))
        expects = self.version == "1.1" and framing.get("EXPECT", "").lower() == "100-continue"
        # RFC 9110 10.1.1: "100 Continue" is for a request whose body is to be read.
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
        """Return the request as the client sent it."""
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
    """Return the headers that frame a message, under waitress's names. Repeated ones are joined."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = _FRAMING.get(name.lower())
        if key:
            found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _parse_header_line(line: bytes) -> Header:
    return _parse_and_cache(line) if len(line) <= _MAX_CACHED_LINE else _parse_uncached(line)


def _parse_uncached(line: bytes) -> Header:
    found = HEADER_FIELD_RE.match(line)
    if found is None:
        raise ParsingError("a header line is not one")
    name, value = found.group("name", "value")
    return name.decode("latin-1"), value.strip(b" \t").decode("latin-1")


_parse_and_cache = lru_cache(maxsize=_CACHED_LINES)(_parse_uncached)
