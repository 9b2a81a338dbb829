"""A raw HTTP/1.1 client: the request target and the headers go out exactly as they are given.

Other clients normalise paths, merge headers and add their own, which a replay or a proxy must not do.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from homeport.environment import certificates_dir
from homeport.http_headers import HttpHeaders

if TYPE_CHECKING:
    # Most requests are plain HTTP, and some Pythons have no ssl.
    import ssl

_PART = 1 << 16


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response with its headers in their order, and its body without the chunks that it may have come in."""

    status: int
    reason: str
    headers: HttpHeaders
    body: bytes


class ResponseStream:
    """A response whose body is read as it comes, on a connection of its own, which ``close`` ends."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self._connection, self._response = connection, response
        self.status = response.status
        self.headers: HttpHeaders = tuple(response.getheaders())

    def chunks(self, *, timeout: float) -> Iterator[bytes]:
        """Yield the parts of the body. Raises OSError and ``http.client.HTTPException`` where it breaks off.

        ``timeout`` is seconds for each wait.
        """
        if self._connection.sock is not None:
            self._connection.sock.settimeout(timeout)
        while data := self._response.read1(_PART):
            yield data
        if self._response.length:
            raise http.client.IncompleteRead(b"", self._response.length)

    def close(self) -> None:
        """End the connection."""
        self._response.close()
        self._connection.close()


def is_local(url: str) -> bool:
    """Return whether a URL is this machine's, so that its data is nobody else's."""
    host = urlsplit(url).hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


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
    connection = _connect(base_url, timeout)
    try:
        response = _send(connection, base_url, method, target, tuple(headers), body)
        return HttpResponse(response.status, response.reason, tuple(response.getheaders()), response.read())
    finally:
        connection.close()


def open_stream(
    base_url: str,
    method: str,
    target: str,
    headers: Iterable[tuple[str, str | bytes]],
    body: bytes = b"",
    *,
    timeout: float,
) -> ResponseStream:
    """Send a request as ``send_request`` does, and return the response once its headers are there."""
    connection = _connect(base_url, timeout)
    try:
        return ResponseStream(connection, _send(connection, base_url, method, target, tuple(headers), body))
    except BaseException:
        connection.close()
        raise


def _connect(base_url: str, timeout: float) -> http.client.HTTPConnection:
    base = urlsplit(base_url)
    host = base.hostname or ""
    if base.scheme == "https":
        return http.client.HTTPSConnection(host, base.port, timeout=timeout, context=_tls_context())
    return http.client.HTTPConnection(host, base.port, timeout=timeout)


@cache
def _tls_context() -> ssl.SSLContext:
    """Return what this system trusts, and the certificates of ``homeport dev --tls``."""
    import ssl

    context = ssl.create_default_context()
    # A certificate of mkcert's is not its own authority.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for certificate in local_certificates():
        with contextlib.suppress(OSError):
            context.load_verify_locations(certificate)
    return context


def local_certificates() -> list[Path]:
    """Return the files of this user's certificates for ``homeport dev --tls``, in PEM."""
    return sorted(certificates_dir().glob("*.pem"))


def _send(
    connection: http.client.HTTPConnection,
    base_url: str,
    method: str,
    target: str,
    headers: tuple[tuple[str, str | bytes], ...],
    body: bytes,
) -> http.client.HTTPResponse:
    has_host = any(name.lower() == "host" for name, _ in headers)
    path = urlsplit(base_url.rstrip("/")).path + target
    connection.putrequest(method, path, skip_host=has_host, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders(body or None)
    return connection.getresponse()
