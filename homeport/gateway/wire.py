"""What a client sent, as the server understands it: waitress's parser, keeping what WSGI loses.

The framing is waitress's, and stricter: what two parsers could read differently is refused.
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
from waitress.receiver import FixedStreamReceiver
from waitress.rfc7230 import HEADER_FIELD_RE

from homeport.gateway.chunks import BoundedChunks
from homeport.gateway.message import Header, Request

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
