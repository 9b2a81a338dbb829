"""The parser of requests, which keeps a request as it came and rejects what two parsers could read in different ways.

https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from homeport.gateway.http.message import Request
from homeport.http_headers import Header, HttpHeaders

WireError = Literal["malformed", "body", "head"]

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html: a payload of 10 MB.
BODY_LIMIT = 10 * 1024 * 1024
# AWS's own limit of 10,240 bytes is the pipeline's to check; over this one the connection ends.
HEAD_LIMIT = 256 * 1024
MAX_CHUNK_LINE = 4096
MAX_TRAILER = 64 * 1024
# A client's header lines repeat from request to request: the parsed form of short ones is cached.
_CACHED_LINES = 512
_MAX_CACHED_LINE = 512

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
# A method has no lower case letter here: they are case-sensitive, and none that is in use has one.
_REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Z]+) ([^ \r\n]+) HTTP/1\.([01])")
_HEADER = re.compile(rb"(" + _TOKEN + rb"):[ \t]*([\x21-\x7e\x80-\xff]+(?:[ \t]+[\x21-\x7e\x80-\xff]+)*)?[ \t]*")
_CHUNK_LINE = re.compile(
    rb"([0-9a-fA-F]{1,8})(?:;" + _TOKEN + rb"(?:=(?:" + _TOKEN + rb'|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]'
    rb'|\\[\t \x21-\x7e\x80-\xff])*"))?)*'
)
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_FRAMING = frozenset(("connection", "content-length", "expect", "transfer-encoding"))
_END, _LINE = b"\r\n\r\n", b"\r\n"


class RejectedRequest(Exception):
    """A request that can't be answered: its kind, and as much of it as is known."""

    def __init__(self, kind: WireError, head: RequestHead | None = None) -> None:
        super().__init__(kind)
        self.kind: WireError = kind
        self.head = head or RequestHead("GET", "/", 0, (), 0, False, False)


class RequestHead(NamedTuple):
    """The head of a request. ``minor`` is HTTP's minor version, ``length`` that of the body (-1: it is chunked).

    ``closes`` says that the connection ends with the response, ``expects`` that the client waits for "100 Continue".
    """

    method: str
    target: str
    minor: int
    headers: HttpHeaders
    length: int
    closes: bool
    expects: bool

    def to_request(self, body: bytes, source_ip: str, received: float) -> Request:
        """Return the request as the client sent it."""
        protocol = "HTTP/1.1" if self.minor else "HTTP/1.0"
        return Request(self.method, self.target, self.headers, body, source_ip, protocol, received)


def parse_head(data: bytes) -> RequestHead:
    """Return the head of a request without the empty line at its end. Raises RejectedRequest."""
    first, *lines = data.split(_LINE)
    found = _REQUEST_LINE.fullmatch(first)
    if found is None:
        raise RejectedRequest("malformed")
    method, target, minor = found[1].decode("latin-1"), found[2].decode("latin-1"), found[3] == b"1"
    try:
        headers = tuple(map(_header_of, lines))
    except ValueError:
        raise RejectedRequest("malformed", RequestHead(method, target, minor, (), 0, True, False)) from None
    framing: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        if key in _FRAMING:
            framing[key] = f"{framing[key]}, {value}" if key in framing else value
    if not framing:
        return RequestHead(method, target, minor, headers, 0, not minor, False)
    asked = {option.strip(" \t") for option in framing.get("connection", "").lower().split(",")}
    closes = "close" in asked or (not minor and "keep-alive" not in asked)
    head = RequestHead(method, target, minor, headers, 0, closes, False)
    length = _body_length(framing, head)
    # RFC 9110 10.1.1: "100 Continue" is for a request whose body is to be read.
    expects = minor and length != 0 and framing.get("expect", "").lower() == "100-continue"
    return head._replace(length=length, expects=expects)


def _body_length(framing: dict[str, str], head: RequestHead) -> int:
    length, encoding = framing.get("content-length"), framing.get("transfer-encoding")
    if encoding is not None:
        # RFC 9112 6.1: Transfer-Encoding beside Content-Length, or in HTTP/1.0, is how requests are smuggled.
        if length is not None or not head.minor or encoding.lower() != "chunked":
            raise RejectedRequest("malformed", head)
        return -1
    if length is None:
        return 0
    if _LENGTH.fullmatch(length) is None:
        raise RejectedRequest("malformed", head)
    if int(length) > BODY_LIMIT:
        raise RejectedRequest("body", head)
    return int(length)


def _header_of(line: bytes) -> Header:
    return _parse_and_cache(line) if len(line) <= _MAX_CACHED_LINE else _parse_line(line)


def _parse_line(line: bytes) -> Header:
    found = _HEADER.fullmatch(line)
    if found is None:
        raise ValueError(line)
    return found[1].decode("latin-1"), (found[2] or b"").decode("latin-1")


_parse_and_cache = lru_cache(maxsize=_CACHED_LINES)(_parse_line)


class RequestStream:
    """Joins the data of a connection to requests."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._head: RequestHead | None = None
        # Bytes of ``_data`` in which the end of the head was looked for.
        self._searched = 0
        self._chunks: _Chunks | None = None

    def feed(self, data: bytes) -> None:
        """Add data."""
        self._data += data

    @property
    def awaited(self) -> RequestHead | None:
        """The head of a request whose body has not come as a whole."""
        return self._head

    def take(self) -> tuple[RequestHead, bytes] | None:
        """Return the next whole request and its body, None until there is one. Raises RejectedRequest."""
        if self._head is None and not self._read_head():
            return None
        head = self._head
        assert head is not None
        body = self._read_body(head)
        if body is None:
            return None
        self._head = None
        return head, body

    def _read_head(self) -> bool:
        data = self._data
        while data.startswith(_LINE):
            # RFC 9112 2.2: an empty line before a request is passed over.
            del data[:2]
            self._searched = 0
        end = data.find(_END, max(0, self._searched - 3), HEAD_LIMIT)
        if end < 0:
            self._searched = len(data)
            if len(data) >= HEAD_LIMIT:
                raise RejectedRequest("head")
            return False
        head = bytes(data[:end])
        del data[: end + 4]
        self._searched = 0
        self._head = parse_head(head)
        self._chunks = _Chunks() if self._head.length < 0 else None
        return True

    def _read_body(self, head: RequestHead) -> bytes | None:
        if self._chunks is not None:
            return self._chunks.read(self._data, head)
        if not head.length:
            return b""
        if len(self._data) < head.length:
            return None
        body = bytes(self._data[: head.length])
        del self._data[: head.length]
        return body


class _Chunks:
    """A chunked body. ``_left`` are the bytes of the chunk that are to come, -1: its first line, -2: the trailer."""

    def __init__(self) -> None:
        self._body = bytearray()
        self._left = -1

    def read(self, data: bytearray, head: RequestHead) -> bytes | None:
        """Take what belongs to the body off ``data``; return the body once it is whole. Raises RejectedRequest."""
        while self._left != -2:
            if self._left >= 0:
                if len(data) < self._left + 2:
                    return None
                if data[self._left : self._left + 2] != _LINE:
                    raise RejectedRequest("malformed", head)
                self._body += data[: self._left]
                del data[: self._left + 2]
                self._left = -1
            elif not self._read_line(data, head):
                return None
        return bytes(self._body) if self._read_trailer(data, head) else None

    def _read_line(self, data: bytearray, head: RequestHead) -> bool:
        end = data.find(_LINE, 0, MAX_CHUNK_LINE)
        if end < 0:
            if len(data) >= MAX_CHUNK_LINE:
                raise RejectedRequest("malformed", head)
            return False
        found = _CHUNK_LINE.fullmatch(data[:end])
        if found is None:
            raise RejectedRequest("malformed", head)
        del data[: end + 2]
        self._left = int(found[1], 16) or -2
        if len(self._body) + self._left > BODY_LIMIT:
            raise RejectedRequest("body", head)
        return True

    def _read_trailer(self, data: bytearray, head: RequestHead) -> bool:
        """Pass over what follows the last chunk; return whether all of it has come."""
        if data.startswith(_LINE):
            del data[:2]
            return True
        end = data.find(_END, 0, MAX_TRAILER)
        if end < 0:
            if len(data) >= MAX_TRAILER:
                raise RejectedRequest("malformed", head)
            return False
        del data[: end + 4]
        return True
