"""A local port in front of an API anywhere, that passes requests on and tells of each exchange.

What belongs to a connection stays on its side (RFC 9110, section 7.6.1); everything else passes as it is, in its order.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import SplitResult, urlsplit

from homeport.contract.findings import Call, Headers

_HOP_BY_HOP = frozenset(
    (
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    )
)
_PATIENCE = 60.0
_LARGEST = 20 * 1024 * 1024
_NO_BODY = (204, 304)


class BadRequest(Exception):
    """What came is no request that can be passed on."""


class PassThrough(ThreadingHTTPServer):
    """Listens at 127.0.0.1:``port`` (0: a free one) and passes on to the base URL ``upstream``.

    ``seen`` gets each exchange that was answered there, with the URLs of this side; it may be called by several threads
    at once. Raises OSError for a port that is taken.
    """

    daemon_threads = True

    def __init__(self, port: int, upstream: str, seen: Callable[[Call], None]) -> None:
        self.upstream: SplitResult = urlsplit(upstream.rstrip("/"))
        self.seen = seen
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """The base URL at which clients find the API here."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PassThrough
    raw_requestline: bytes
    timeout = _PATIENCE

    def parse_request(self) -> bool:
        """Every method is passed on, so each is ``do_any``."""
        if not super().parse_request():
            return False
        self.method, self.command = self.command, "any"
        return True

    def do_any(self) -> None:
        """Pass a request on, and its answer back."""
        started, ticks = time.time(), time.perf_counter()
        try:
            target, body = self._target(), self._body()
            status, reason, headers, answer = self._ask(target, body)
        except BadRequest as error:
            return self._refuse(400, str(error))
        except (OSError, http.client.HTTPException) as error:
            return self._refuse(502, f"{self.server.upstream.geturl()} gave no answer: {error!r}")
        self._reply(status, reason, end_to_end(headers), answer)
        own = tuple(self.headers.items())
        url = self.server.url
        took = round((time.perf_counter() - ticks) * 1000, 3)
        self.server.seen(Call(self.method, url + target, own, body, status, headers, answer, "", started, took, url))
        return None

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the exchanges are told."""

    def _target(self) -> str:
        # ``self.path`` has its leading slashes folded.
        target = self.raw_requestline.decode("latin-1").split()[1]
        if not target.startswith("/"):
            raise BadRequest(f"{target} is no path: this is an API, not a proxy")
        if not target.isascii():
            raise BadRequest("the request target is not ASCII")
        return target

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self._chunks())
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > _LARGEST:
            self.close_connection = True
            raise BadRequest(f"Content-Length {length}: that is none, or over {_LARGEST} bytes")
        return self.rfile.read(int(length))

    def _chunks(self) -> Iterator[bytes]:
        total = 0
        while True:
            try:
                size = int(self.rfile.readline(1024).partition(b";")[0], 16)
            except ValueError:
                self.close_connection = True
                raise BadRequest("the chunks of the body are malformed") from None
            total += size
            if total > _LARGEST:
                self.close_connection = True
                raise BadRequest(f"the body is over {_LARGEST} bytes")
            if size == 0:
                while self.rfile.readline(65536).strip():
                    pass
                return
            yield self.rfile.read(size)
            self.rfile.readline(8)

    def _ask(self, target: str, body: bytes) -> tuple[int, str, Headers, bytes]:
        upstream = self.server.upstream
        kind = http.client.HTTPSConnection if upstream.scheme == "https" else http.client.HTTPConnection
        connection = kind(upstream.hostname or "", upstream.port, timeout=_PATIENCE)
        try:
            connection.putrequest(self.method, upstream.path + target, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", upstream.netloc.rpartition("@")[2])
            for name, value in end_to_end(self.headers.items()):
                if name.lower() not in ("host", "content-length", "expect"):
                    connection.putheader(name, value)
            if body or "Content-Length" in self.headers:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            return response.status, response.reason, tuple(response.getheaders()), response.read()
        finally:
            connection.close()

    def _reply(self, status: int, reason: str, headers: Headers, body: bytes) -> None:
        self.send_response_only(status, reason)
        bodiless = self.method == "HEAD" or status in _NO_BODY
        for name, value in headers:
            if bodiless or name.lower() != "content-length":
                self.send_header(name, value)
        if not bodiless:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not bodiless:
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body)

    def _refuse(self, status: int, message: str) -> None:
        body = json.dumps({"message": f"homeport record: {message}"}).encode()
        self._reply(status, "", (("Content-Type", "application/json"),), body)


def end_to_end(headers: Iterable[tuple[str, str]]) -> Headers:
    """The headers that are for the other end: neither a connection's own, nor named in ``Connection``."""
    pairs = tuple(headers)
    named = {word.strip().lower() for name, value in pairs if name.lower() == "connection" for word in value.split(",")}
    return tuple((name, value) for name, value in pairs if name.lower() not in _HOP_BY_HOP | named)
