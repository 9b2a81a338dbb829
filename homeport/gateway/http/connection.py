"""A connection of the server: requests in, responses out, in the thread that serves it at the moment.

A thread stays with a connection for a moment after a response, since a client that keeps its connection sends again
soon, and the way over the server's loop to another thread takes longer than many a request.

https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import logging
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from homeport.gateway.http.message import Reply, Request, StreamBroken
from homeport.gateway.http.parser import RejectedRequest, RequestHead, RequestStream, WireError
from homeport.gateway.http.wsgi import STREAM, wsgi_environ
from homeport.http_headers import Header

OnError = Callable[[WireError, Request], Reply]
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# Seconds that a thread waits for the connection's next request.
STAY = 0.25
# Seconds for which a client may keep a response from being sent.
_SEND_TIMEOUT = 60
# Bytes, and seconds, that are read and dropped after a malformed request, so that the client sees the response.
_DRAIN_LIMIT, _DRAIN_TIME = 256 * 1024 * 1024, 10.0
_CHUNK = 65536
_TIMEVAL = struct.Struct("@ll")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

log = logging.getLogger("homeport.gateway")


class ReplyParts(Protocol):
    """The body of a reply in parts, which is closed once they have been sent, or can't be."""

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None:
        """End it."""
        ...


Respond = Callable[[Request], tuple[Reply, ReplyParts] | None]


class Site(NamedTuple):
    """A listening socket with the application behind it; ``scheme`` is ``https`` where it is a ``TlsListener``.

    ``respond`` answers a request without WSGI; None, or what returns None, leaves it to ``application``.
    """

    listener: socket.socket
    application: WsgiApp
    on_error: OnError
    scheme: str = "http"
    respond: Respond | None = None


class Connection:
    """A connection from ``source_ip`` to ``port``. A read of its socket blocks for ``STAY`` seconds at most."""

    def __init__(self, sock: socket.socket, source_ip: str, site: Site, port: int) -> None:
        self.sock = sock
        self._port = port
        self._source_ip = source_ip
        self._site = site
        self._reader = RequestStream()
        self._continued = False
        self.used = time.monotonic()
        """When it was last served, by the monotonic clock."""
        sock.setblocking(True)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TIMEVAL.pack(0, int(STAY * 1e6)))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TIMEVAL.pack(_SEND_TIMEOUT, 0))

    def serve(self) -> bool:
        """Answer the requests that have come or come within a moment; return whether the connection continues."""
        try:
            goes_on = self._serve()
        except OSError:
            # The client is gone, or does not read.
            goes_on = False
        except Exception:
            log.exception("a fault of the server, please report it")
            goes_on = False
        self.used = time.monotonic()
        return goes_on

    def _serve(self) -> bool:
        reader, receive = self._reader, self.sock.recv
        while True:
            try:
                data = receive(_CHUNK)
            except BlockingIOError:
                return True
            if not data:
                return False
            reader.feed(data)
            try:
                while (found := reader.take()) is not None:
                    self._continued = False
                    if not self._answer(*found):
                        return False
            except RejectedRequest as error:
                self._reject(error)
                return False
            waiting = reader.awaited
            if waiting is not None and waiting.expects and not self._continued:
                self._continued = True
                self.sock.sendall(_CONTINUE)

    def _answer(self, head: RequestHead, body: bytes) -> bool:
        """Answer a request; return whether the connection continues."""
        request = head.to_request(body, self._source_ip, time.time())
        respond = self._site.respond
        if respond is None or (answer := respond(request)) is None:
            return self._answer_by_wsgi(head, request)
        reply, parts = answer
        status, streams = status_line(reply.status), reply.stream is not None
        return self._send(head, status, reply.headers, parts, streams=streams)

    def _answer_by_wsgi(self, head: RequestHead, request: Request) -> bool:
        environment = wsgi_environ(request, self._port, self._site.scheme)
        started: list[Any] = []

        def start_response(status: str, headers: list[Header], error: Any = None) -> None:
            started[:] = status, headers

        parts: Any = self._site.application(environment, start_response)
        status, headers = started
        return self._send(head, status, headers, parts, streams=bool(environment.get(STREAM)))

    def _send(
        self, head: RequestHead, status: str, headers: Iterable[Header], parts: ReplyParts, *, streams: bool
    ) -> bool:
        """Send a response, whose body has one part unless it ``streams``; return whether the connection continues."""
        try:
            if streams:
                return self._stream(head, status, headers, parts)
            (payload,) = parts
            closes = head.closes
            self.sock.sendall(response(status, headers, payload, head.method, closes=closes))
        finally:
            parts.close()
        return not closes

    def _reject(self, error: RejectedRequest) -> None:
        """Answer a request that can't be read, and close slowly.

        If the connection were closed at once, a client that is still sending would see a reset instead of the response
        (RFC 9112 9.6). So it is closed for writing only, and further bytes are dropped.
        """
        request = error.head.to_request(b"", self._source_ip, time.time())
        reply = self._site.on_error(error.kind, request)
        self.sock.sendall(response(status_line(reply.status), reply.headers, reply.body, request.method, closes=True))
        self.sock.shutdown(socket.SHUT_WR)
        dropped, end = 0, time.monotonic() + _DRAIN_TIME
        while dropped < _DRAIN_LIMIT and time.monotonic() < end:
            with suppress(BlockingIOError):
                data = self.sock.recv(_CHUNK)
                if not data:
                    return
                dropped += len(data)

    def _stream(self, head: RequestHead, status: str, headers: Iterable[Header], chunks: Iterable[bytes]) -> bool:
        """Send each part of a body when it comes: in chunks, or until the end of the connection (HTTP/1.0)."""
        has_body = _has_body(status)
        chunked = has_body and head.minor
        closes = head.closes or not chunked
        framing = ["Transfer-Encoding: chunked"] if chunked else []
        self.sock.sendall(response_head(status, headers, framing, closes=closes))
        if not has_body or head.method == "HEAD":
            return not closes
        try:
            for chunk in filter(None, chunks):
                self.sock.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk) if chunked else chunk)
        except StreamBroken as error:
            # Without the last chunk the client sees that the body is not whole.
            log.warning("a streamed response ended too early: %s", error)
            return False
        if chunked:
            self.sock.sendall(b"0\r\n\r\n")
        return not closes


def response(status: str, headers: Iterable[Header], body: bytes, method: str, *, closes: bool) -> bytes:
    """Return a response in one piece: a head and a body in two would meet delayed acknowledgements."""
    has_body = _has_body(status)
    head = response_head(status, headers, [f"Content-Length: {len(body)}"] if has_body else (), closes=closes)
    return head + body if has_body and method != "HEAD" else head


def response_head(status: str, headers: Iterable[Header], framing: Iterable[str], *, closes: bool) -> bytes:
    """Return the head of a response, the empty line at its end included."""
    lines = [f"HTTP/1.1 {status}", _date_line(int(time.time()))]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += framing
    lines.append("Connection: close\r\n\r\n" if closes else "Connection: keep-alive\r\n\r\n")
    return "\r\n".join(lines).encode("latin-1")


def _has_body(status: str) -> bool:
    # RFC 9110 6.4.1.
    return not status.startswith(("1", "204", "304"))


@lru_cache(maxsize=4)
def _date_line(now: int) -> str:
    return f"Date: {formatdate(now, usegmt=True)}"


@lru_cache(maxsize=512)
def status_line(status: int) -> str:
    """Return ``404 Not Found``; a status without a standard phrase has none."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} "
