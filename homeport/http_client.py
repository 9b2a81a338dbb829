"""A raw HTTP/1.1 client: the request target and the headers go out exactly as they are given.

Other clients normalise paths, merge headers and add their own, which a replay or a proxy must not do.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from homeport.http_headers import HttpHeaders


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response with its headers in their order, and its body without the chunks that it may have come in."""

    status: int
    reason: str
    headers: HttpHeaders
    body: bytes


def send_request(
    base_url: str,
    method: str,
    target: str,
    headers: Iterable[tuple[str, str | bytes]],
    body: bytes = b"",
    *,
    timeout: float,
) -> HttpResponse:
    """Send a request on a connection of its own. ``target`` is a path with a query, below the path of ``base_url``.

    Only ``Host`` is added, where ``headers`` have none: a body needs its ``Content-Length`` from the caller. Redirects
    are not followed. ``timeout`` is seconds for each wait. Raises OSError where nothing answers, and ValueError and
    ``http.client.HTTPException`` for a message that is not HTTP.
    """
    base, pairs = urlsplit(base_url.rstrip("/")), tuple(headers)
    kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
    connection = kind(base.hostname or "", base.port, timeout=timeout)
    try:
        has_host = any(name.lower() == "host" for name, _ in pairs)
        connection.putrequest(method, base.path + target, skip_host=has_host, skip_accept_encoding=True)
        for name, value in pairs:
            connection.putheader(name, value)
        connection.endheaders(body or None)
        response = connection.getresponse()
        return HttpResponse(response.status, response.reason, tuple(response.getheaders()), response.read())
    finally:
        connection.close()
