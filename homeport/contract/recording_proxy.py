"""A local port in front of an API anywhere: it forwards each request, and reports each exchange to ``homeport record``.

Headers of a connection stay on its side (RFC 9110, section 7.6.1); everything else is forwarded as it is, in its order.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from homeport.contract.http_exchange import HttpExchange
from homeport.http_client import HttpResponse, is_local, send_request
from homeport.http_headers import HttpHeaders, drop_headers, header_values

_HOP_BY_HOP = frozenset(
    (
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    )
)
_TIMEOUT = 60.0
_LARGEST = 20 * 1024 * 1024
_NO_BODY = (204, 304)


class _UnforwardableRequest(Exception):
    """The request can't be forwarded; the message says why."""


class RecordingProxy(ThreadingHTTPServer):
    """Listens at 127.0.0.1:``port`` (0: a free one) and forwards to the base URL ``upstream``.

    ``on_exchange`` is called with each exchange that was answered there, with the URLs of this side, by several threads
    at once. Raises OSError for a port that is taken.
    """

    daemon_threads = True

    def __init__(self, port: int, upstream: str, on_exchange: Callable[[HttpExchange], None]) -> None:
        self.upstream = upstream.rstrip("/")
        self.on_exchange = on_exchange
        super().__init__(("127.0.0.1", port), _ProxyHandler)

    @property
    def url(self) -> str:
        """The base URL at which clients find the API here."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that hung up."""


class _ProxyHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RecordingProxy
    raw_requestline: bytes
    timeout = _TIMEOUT

    def parse_request(self) -> bool:
        """Have ``do_any`` called for every method, as every method is forwarded."""
        if not super().parse_request():
            return False
        self.method, self.command = self.command, "any"
        return True

    def do_any(self) -> None:
        """Forward a request, and send its response back."""
        started, ticks = time.time(), time.perf_counter()
        try:
            target, body = self._target(), self._body()
            response = self._forward(target, body)
        except _UnforwardableRequest as error:
            return self._send_error_response(400, str(error))
        except (OSError, HTTPException) as error:
            return self._send_error_response(502, f"{self.server.upstream} gave no answer: {error!r}")
        url = self.server.url
        exchange = HttpExchange(
            method=self.method,
            url=url + target,
            headers=tuple(self.headers.items()),
            body=body,
            status=response.status,
            reply_headers=response.headers,
            reply_body=response.body,
            started=started,
            duration_ms=round((time.perf_counter() - ticks) * 1000, 3),
            base=url,
        )
        # Reported first: whoever has the response may end the recording at once, and finds the exchange in it.
        self.server.on_exchange(exchange)
        headers = end_to_end(response.headers)
        if not is_local(self.server.upstream):
            # A client must be able to tell that others' data is behind this port.
            headers = (*headers, ("Via", "1.1 homeport"))
        self._send(response.status, response.reason, headers, response.body)
        return None

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: ``homeport record`` prints the exchanges."""

    def _target(self) -> str:
        # ``self.path`` has its leading slashes folded.
        target = self.raw_requestline.decode("latin-1").split()[1]
        if not target.startswith("/"):
            raise _UnforwardableRequest(f"{target} is no path: this is an API, not a proxy")
        if not target.isascii():
            raise _UnforwardableRequest("the request target is not ASCII")
        return target

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self._chunks())
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > _LARGEST:
            self.close_connection = True
            raise _UnforwardableRequest(f"Content-Length {length}: that is none, or over {_LARGEST} bytes")
        return self.rfile.read(int(length))

    def _chunks(self) -> Iterator[bytes]:
        total = 0
        while True:
            try:
                size = int(self.rfile.readline(1024).partition(b";")[0], 16)
            except ValueError:
                self.close_connection = True
                raise _UnforwardableRequest("the chunks of the body are malformed") from None
            total += size
            if total > _LARGEST:
                self.close_connection = True
                raise _UnforwardableRequest(f"the body is over {_LARGEST} bytes")
            if size == 0:
                while self.rfile.readline(65536).strip():
                    pass
                return
            yield self.rfile.read(size)
            self.rfile.readline(8)

    def _forward(self, target: str, body: bytes) -> HttpResponse:
        headers = [("Host", urlsplit(self.server.upstream).netloc.rpartition("@")[2])]
        for name, value in end_to_end(self.headers.items()):
            if name.lower() not in ("host", "content-length", "expect"):
                headers.append((name, value))
        if body or "Content-Length" in self.headers:
            headers.append(("Content-Length", str(len(body))))
        return send_request(self.server.upstream, self.method, target, headers, body, timeout=_TIMEOUT)

    def _send(self, status: int, reason: str, headers: HttpHeaders, body: bytes) -> None:
        self.send_response_only(status, reason)
        has_body = self.method != "HEAD" and status not in _NO_BODY
        for name, value in headers:
            if not has_body or name.lower() != "content-length":
                self.send_header(name, value)
        if has_body:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if has_body:
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body)

    def _send_error_response(self, status: int, message: str) -> None:
        body = json.dumps({"message": f"homeport record: {message}"}).encode()
        self._send(status, "", (("Content-Type", "application/json"),), body)


def end_to_end(headers: Iterable[tuple[str, str]]) -> HttpHeaders:
    """Return the headers for the other end: neither a connection's own, nor named in ``Connection``."""
    pairs = tuple(headers)
    named = {word.strip().lower() for value in header_values(pairs, "connection") for word in value.split(",")}
    return drop_headers(pairs, _HOP_BY_HOP | named)
