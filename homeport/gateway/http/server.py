"""The WSGI server: waitress, with the raw request kept.

API Gateway passes on the raw request target, header case, header order and duplicates, and so does this server: each
request reaches the application as a ``Request`` in ``environ["homeport.request"]``, each ``Reply`` is sent as it
stands. ``on_error`` makes the reply to a malformed or too large request, which does not reach the application.
"""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import Any, Literal
from urllib.parse import unquote_to_bytes

from waitress.server import TcpWSGIServer, create_server
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import RequestEntityTooLarge, RequestHeaderFieldsTooLarge, build_http_date

from homeport.gateway.http.connection import LingeringChannel
from homeport.gateway.http.message import Reply, Request, StreamBroken
from homeport.gateway.http.parser import BODY_LIMIT, RawRequestParser
from homeport.gateway.http.tls import TlsListener
from homeport.gateway.http.uri import split_target
from homeport.http_headers import Header

# AWS's own limit of 10,240 bytes is the pipeline's to check; over this one the parser ends the connection.
HEAD_LIMIT = 256 * 1024

WireError = Literal["malformed", "body", "head"]
OnError = Callable[[WireError, Request], Reply]

THREADS = 64
CONNECTIONS = 2048


log = logging.getLogger("homeport.gateway")

_http_date = lru_cache(maxsize=4)(build_http_date)


class _WireTask:
    """A task that writes a reply as it stands, head and body in one piece; ``streams``: the body as it comes."""

    streams = False

    def build_response_header(self: Any) -> bytes:
        lines = [f"HTTP/1.1 {self.status}", f"Date: {_http_date(int(self.start_time))}"]
        lines += [f"{name}: {value}" for name, value in self.response_headers]
        if self.streams:
            lines += ["Transfer-Encoding: chunked"] if self.chunked_response else []
        elif self.has_body:
            lines.append(f"Content-Length: {self.content_length or 0}")
        self.close_on_finish = self.close_on_finish or self.request.connection_close
        lines.append("Connection: close" if self.close_on_finish else "Connection: keep-alive")
        return "\r\n".join([*lines, "\r\n"]).encode("latin-1")

    def write(self: Any, data: bytes) -> None:
        # One send: a head and a body in two would meet Nagle's algorithm and delayed acknowledgements.
        body = data if self.has_body and self.request.command != "HEAD" else b""
        head = b"" if self.wrote_header else self.build_response_header()
        self.wrote_header = True
        self.content_bytes_written += len(data)
        self.channel.write_now(head + body)


class _RequestTask(_WireTask, WSGITask):  # type: ignore[misc]
    def execute(self) -> None:
        def start_response(status: str, headers: list[Header]) -> None:
            self.status, self.response_headers, self.complete = status, headers, True

        environment = self.get_environment()
        answer = self.channel.server.application(environment, start_response)
        try:
            if environment.get("homeport.stream"):
                self._write_stream(answer)
                return
            (body,) = answer
            self.content_length = len(body)
            self.write(body)
        finally:
            answer.close()

    def _write_stream(self, chunks: Iterable[bytes]) -> None:
        """Write each part of a body when it comes: in chunks, or until the end of the connection (HTTP/1.0)."""
        self.streams = True
        self.chunked_response = self.has_body and self.version == "1.1"
        self.close_on_finish = self.close_on_finish or not self.chunked_response
        self.wrote_header = True
        self.channel.write_now(self.build_response_header())
        if not self.has_body or self.request.command == "HEAD":
            self.chunked_response = False
            return
        try:
            for chunk in filter(None, chunks):
                self.content_bytes_written += len(chunk)
                self.channel.write_now(b"%x\r\n%s\r\n" % (len(chunk), chunk) if self.chunked_response else chunk)
        except StreamBroken as error:
            # Without the last chunk the client sees that the body is not whole.
            self.chunked_response, self.close_on_finish = False, True
            log.warning("a streamed response ended too early: %s", error)

    def get_environment(self) -> dict[str, Any]:
        request = self.request.to_request(self.channel.addr[0], self.start_time)
        server = self.channel.server
        return wsgi_environ(request, server.effective_port, server.url_scheme)


class _ErrorTask(_WireTask, ErrorTask):  # type: ignore[misc]
    def execute(self) -> None:
        error = self.request.error
        kind: WireError = "malformed"
        if isinstance(error, RequestEntityTooLarge):
            kind = "body"
        elif isinstance(error, RequestHeaderFieldsTooLarge):
            kind = "head"
        rejected = Request(
            method=self.request.command,
            target=self.request.request_uri,
            headers=self.request.raw_headers,
            body=b"",
            source_ip=self.channel.addr[0],
            protocol=f"HTTP/{self.version}",
            received=self.start_time,
        )
        reply = self.channel.server.on_error(kind, rejected)
        self.status = status_line(reply.status)
        self.response_headers.extend(reply.headers)
        self.content_length = len(reply.body)
        self.close_on_finish = self.channel.is_rejected = True
        self.write(reply.body)


class _Channel(LingeringChannel):
    parser_class = RawRequestParser
    task_class = _RequestTask
    error_task_class = _ErrorTask


def wsgi_environ(request: Request, port: int, scheme: str = "http") -> dict[str, Any]:
    """Return the WSGI environment of a request, which itself is ``environ["homeport.request"]``.

    Headers are there only, since WSGI loses their case, order and duplicates.
    """
    path, query = split_target(request.target)
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1") if "%" in path else path or "/",
        "QUERY_STRING": query,
        "REMOTE_ADDR": request.source_ip,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": request.protocol,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.input": BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "homeport.request": request,
    }


def status_line(status: int) -> str:
    """Return ``404 Not Found``; a status without a standard phrase has none."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} "


WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def make_server(
    app: WsgiApp, listener: socket.socket, on_error: OnError, beside: TcpWSGIServer | None = None
) -> TcpWSGIServer:
    """Return a server for a listening socket. Its ``run()`` blocks until SystemExit or KeyboardInterrupt.

    It speaks HTTPS if that is a TlsListener.
    A server ``beside`` another one shares its threads and its loop: the ``run()`` of either serves both.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = create_server(
        app,
        map=beside._map if beside is not None else None,
        _dispatcher=beside.task_dispatcher if beside is not None else None,
        sockets=[listener],
        threads=THREADS,
        connection_limit=CONNECTIONS,
        max_request_header_size=HEAD_LIMIT,
        max_request_body_size=BODY_LIMIT + 1,
        inbuf_overflow=BODY_LIMIT + 1,
        outbuf_overflow=2 * BODY_LIMIT,
        asyncore_use_poll=True,
        clear_untrusted_proxy_headers=False,
        expose_tracebacks=False,
        ident="",
    )
    server.channel_class = _Channel
    server.on_error = on_error
    server.url_scheme = "http"
    if isinstance(listener, TlsListener):
        server.url_scheme = "https"
        # What it accepts are socket pairs, which have none of TCP's options.
        server.adj.socket_options = []
    return server
