"""An HTTP request as the client sent it, the reply as it is sent, and the media types of their bodies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Reply:
    """A response. ``headers`` are sent as they stand, in order; Content-Length and Date are the server's to add."""

    status: int
    headers: HttpHeaders
    body: bytes = b""


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
