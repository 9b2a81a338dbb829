"""An HTTP/1.1 response read from a socket, as botocore takes it.

https://www.rfc-editor.org/rfc/rfc9112.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_CHUNK = 65536
_LONGEST_HEAD = 65536
_END_OF_HEAD = b"\r\n\r\n"

Receive = Callable[[int], bytes]


class Broken(Exception):
    """What came is no HTTP response, or the connection ended before its end."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response. ``keeps``: the connection can be used again."""

    status: int
    headers: dict[str, str]
    body: bytes
    keeps: bool

    def for_botocore(self, url: str) -> Any:
        """The response as botocore's endpoint expects it, its body read already."""
        from botocore.awsrequest import AWSResponse

        fields: Any = self.headers
        response: Any = AWSResponse(url, self.status, fields, None)
        response._content = self.body
        return response


def read_answer(receive: Receive, method: str) -> Answer:
    """Read one response. Raises Broken, and what ``receive`` raises."""
    reader = _Reader(receive)
    version, status, headers = _parse_head(reader.head())
    while 100 <= status < 200:
        version, status, headers = _parse_head(reader.head())
    fields = {name.lower(): value for name, value in headers.items()}
    keeps = version == b"HTTP/1.1" and fields.get("connection", "").lower() != "close"
    if method == "HEAD" or status in (204, 304):
        return Answer(status, headers, b"", keeps)
    if "chunked" in fields.get("transfer-encoding", "").lower():
        return Answer(status, headers, reader.chunks(), keeps)
    if "content-length" not in fields:
        return Answer(status, headers, reader.rest(), False)
    return Answer(status, headers, reader.exactly(_number(fields["content-length"], 10)), keeps)


def _parse_head(head: bytes) -> tuple[bytes, int, dict[str, str]]:
    first, *lines = head.split(b"\r\n")
    version, _, rest = first.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
        raise Broken(f"not an HTTP response: {first[:80]!r}")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.decode("latin-1").partition(":")
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    return version, int(rest[:3]), headers


def _number(digits: str | bytes, base: int) -> int:
    try:
        return int(digits, base)
    except ValueError as error:
        raise Broken(f"not a length: {digits[:80]!r}") from error


class _Reader:
    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._data = b""

    def head(self) -> bytes:
        return self._until(_END_OF_HEAD)

    def exactly(self, length: int) -> bytes:
        if len(self._data) < length:
            pieces, missing = [self._data], length - len(self._data)
            while missing > 0:
                pieces.append(self._more())
                missing -= len(pieces[-1])
            self._data = b"".join(pieces)
        body, self._data = self._data[:length], self._data[length:]
        return body

    def chunks(self) -> bytes:
        pieces = []
        while size := _number(self._until(b"\r\n").partition(b";")[0], 16):
            pieces.append(self.exactly(size))
            self._until(b"\r\n")
        while self._until(b"\r\n"):
            continue
        return b"".join(pieces)

    def rest(self) -> bytes:
        pieces = [self._data]
        while piece := self._receive(_CHUNK):
            pieces.append(piece)
        return b"".join(pieces)

    def _until(self, end: bytes) -> bytes:
        while (found := self._data.find(end)) < 0:
            if len(self._data) > _LONGEST_HEAD:
                raise Broken("a head or a line that does not end")
            self._data += self._more()
        taken, self._data = self._data[:found], self._data[found + len(end) :]
        return taken

    def _more(self) -> bytes:
        piece = self._receive(_CHUNK)
        if not piece:
            raise Broken("the connection ended before the response did")
        return piece
