"""An HTTP request as the client sent it, and the reply as it goes out."""

from __future__ import annotations

from dataclasses import dataclass

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    """A request before anything is decoded.

    ``target`` is the request target as on the wire (``/items/a%20b?limit=2``). ``headers`` keep the client's order,
    case and duplicates; values are latin-1 text. ``received`` is seconds since the epoch.
    """

    method: str
    target: str
    headers: tuple[Header, ...]
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
        """The last value of a header, by name in any case."""
        wanted = name.lower()
        found = [value for key, value in self.headers if key.lower() == wanted]
        return found[-1] if found else None


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back. ``headers`` are written as they stand, in order; Content-Length and Date are the server's."""

    status: int
    headers: tuple[Header, ...]
    body: bytes = b""
