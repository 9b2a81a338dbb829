"""An HTTP request as the client sent it, and the reply as it goes out."""

from __future__ import annotations

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

    @property
    def raw_path(self) -> str:
        """The path, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def raw_query(self) -> str:
        """The query string without its ``?``, still encoded."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """Return the last value of a header, which is the one that API Gateway looks at; None where there is none."""
        values = header_values(self.headers, name)
        return values[-1] if values else None


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back. ``headers`` are written as they stand, in order; Content-Length and Date are the server's."""

    status: int
    headers: HttpHeaders
    body: bytes = b""
