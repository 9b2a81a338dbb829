"""An HTTP request as the client sent it, the reply as it is sent, and the media types of their bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from homeport.http_headers import HttpHeaders, header_values


@dataclass(frozen=True, slots=True)
class Request:
    """A request before anything is decoded.

    ``target`` is the request target as on the wire (``/items/a%20b?limit=2``). ``headers`` keep the client's order,
    case and duplicates; values are latin-1 text. ``received`` is seconds since the epoch.
    """

    method: str
    target: str
    headers: HttpHeaders
    body: bytes
    source_ip: str
    protocol: str
    received: float

    def header(self, name: str) -> str | None:
        """Return the last value of a header, which is the one that API Gateway looks at; None where there is none."""
        values = header_values(self.headers, name)
        return values[-1] if values else None


class StreamBroken(Exception):
    """A body that is passed on as it comes has ended before its end."""


class BodyStream:
    """A body that is sent while it is made. ``sent`` has its beginning, as far as it is kept.

    ``chunks`` are its parts; their iterator may raise StreamBroken. ``end`` is called when all was sent, or nobody is
    left to send it to.
    """

    KEPT = 1024 * 1024

    def __init__(self, chunks: Iterable[bytes], end: Callable[[], None]) -> None:
        self._chunks = chunks
        self._end = end
        self.sent = b""

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.sent += chunk[: self.KEPT - len(self.sent)]
            yield chunk

    def close(self) -> None:
        """End the stream."""
        self._end()


@dataclass(frozen=True, slots=True)
class Reply:
    """A response. ``headers`` are sent as they stand, in order; Content-Length and Date are the server's to add.

    With ``stream`` the body is not here yet: it is sent as it comes.
    """

    status: int
    headers: HttpHeaders
    body: bytes = b""
    stream: BodyStream | None = field(default=None, compare=False)


def essence(media_type: str) -> str:
    """Return a media type without its parameters, in lower case: ``Text/HTML; charset=utf-8`` is ``text/html``."""
    return media_type.partition(";")[0].strip().lower()


def first_accepted(accept: str | None) -> str | None:
    """Return the first type of an Accept header, whatever its weight: the only one that REST APIs look at.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
    """
    return accept.partition(",")[0] if accept is not None else None


def matches_binary(media_type: str | None, binary_media_types: Iterable[str]) -> bool:
    """Return whether a type is in ``binaryMediaTypes``: by name, by ``type/*``, or by ``*/*`` (also an absent one).

    A wildcard counts in the list, not in ``media_type``; ``*/png`` in the list matches nothing (recorded).
    """
    name = essence(media_type) if media_type is not None else None
    for listed in binary_media_types:
        pattern = listed.lower()
        if pattern == "*/*":
            return True
        if name is None or pattern.startswith("*/"):
            continue
        if pattern == name or (pattern.endswith("/*") and name.startswith(pattern[:-1])):
            return True
    return False
