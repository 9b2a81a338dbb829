"""Sockets to WSGI: waitress, keeping what WSGI loses.

API Gateway passes on the raw request target, header case, header order and duplicates, and so does this server: each
request reaches the application as a ``Request`` in ``environ["homeport.request"]``, each ``Reply`` goes out as it
stands. Requests that never become a ``Request`` (malformed, too large) are answered by ``on_error``.
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

from waitress.buffers import OverflowableBuffer
from waitress.parser import (
    HTTPRequestParser,
    ParsingError,
    TransferEncodingNotImplemented,
    crack_first_line,
    get_header_lines,
)
from waitress.receiver import FixedStreamReceiver
from waitress.rfc7230 import HEADER_FIELD_RE
from waitress.server import TcpWSGIServer, create_server
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import RequestEntityTooLarge, RequestHeaderFieldsTooLarge, build_http_date

from homeport.gateway.channel import LingeringChannel
from homeport.gateway.chunks import BoundedChunks
from homeport.gateway.message import Header, Reply, Request

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html: a payload of 10 MB.
BODY_LIMIT = 10 * 1024 * 1024
# Beyond AWS's own 10,240 bytes, which the pipeline answers; past this the parser gives up on the connection.
HEAD_LIMIT = 256 * 1024

WireError = Literal["malformed", "body", "head"]
OnError = Callable[[WireError, Request], Reply]

THREADS = 64
CONNECTIONS = 2048
# A client's header lines repeat from request to request.
_LINES_KEPT = 512
_LONGEST_KEPT = 512


class RawRequestParser(HTTPRequestParser):  # type: ignore[misc]
    """Keeps the header lines and the target as they came; refuses what two parsers could read differently.

    The framing is waitress's; only what frames a message is looked at, the rest is the gateway's to read.
    """

    raw_headers: tuple[Header, ...] = ()
    request_uri: str = "/"
    command: str = "GET"
    path = ""

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the head of a request. Raises ParsingError, TransferEncodingNotImplemented."""
        first, _, fields = header_plus.partition(b"\r\n")
        method, target, version = crack_first_line(first.rstrip())
        if not method or version not in (b"1.0", b"1.1") or b"\r" in first or b"\n" in first:
            raise ParsingError("the request line is not one")
        # RFC 9112 5.2: one parser joins a folded line to the one before, another takes it for a header of its own.
        if b"\r\n " in fields or b"\r\n\t" in fields:
            raise ParsingError("a header line is folded")
        self.command, self.request_uri = method.decode("latin-1"), target.decode("latin-1")
        self.version = version.decode("latin-1")
        self.raw_headers = tuple(_header(line) for line in get_header_lines(fields))
        self.headers = framing = _framing(self.raw_headers)
        asked = {option.strip(" \t") for option in framing.get("CONNECTION", "").lower().split(",")}
        self.connection_close = "close" in asked or (self.version == "1.0" and "keep-alive" not in asked)
        if "TRANSFER_ENCODING" in framing:
            self._expect_chunks(framing)
        else:
            self._expect_length(framing.get("CONTENT_LENGTH", "0"))
        expects = self.version == "1.1" and framing.get("EXPECT", "").lower() == "100-continue"
        # RFC 9110 10.1.1: no leave is given to send what is not coming.
        self.expect_continue = expects and (self.chunked or 0 < self.content_length <= BODY_LIMIT)

    def _expect_chunks(self, framing: dict[str, str]) -> None:
        # RFC 9112 6.1: Transfer-Encoding beside Content-Length, or in HTTP/1.0, is how requests are smuggled.
        if "CONTENT_LENGTH" in framing or self.version != "1.1":
            raise ParsingError("the message's length is ambiguous")
        if framing["TRANSFER_ENCODING"].strip(" \t").lower() != "chunked":
            raise TransferEncodingNotImplemented("only chunked is known")
        self.chunked = True
        self.body_rcv = BoundedChunks(OverflowableBuffer(self.adj.inbuf_overflow))

    def _expect_length(self, length: str) -> None:
        if not (length.isascii() and length.isdigit()) or len(length) > 18:
            raise ParsingError("Content-Length is not a number")
        self.content_length = int(length)
        if self.content_length:
            buffer = OverflowableBuffer(self.adj.inbuf_overflow)
            self.body_rcv = FixedStreamReceiver(self.content_length, buffer)

    def to_request(self, source_ip: str, received: float) -> Request:
        """The request as the client sent it."""
        return Request(
            method=self.command,
            target=self.request_uri,
            headers=self.raw_headers,
            body=b"" if self.body_rcv is None else self.get_body_stream().read(),
            source_ip=source_ip,
            protocol=f"HTTP/{self.version}",
            received=received,
        )


_FRAMING = {
    "connection": "CONNECTION",
    "content-length": "CONTENT_LENGTH",
    "expect": "EXPECT",
    "transfer-encoding": "TRANSFER_ENCODING",
}


def _framing(headers: tuple[Header, ...]) -> dict[str, str]:
    """The headers that waitress goes by, under its names; repeated ones joined, which no length survives."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = _FRAMING.get(name.lower())
        if key:
            found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _header(line: bytes) -> Header:
    return _kept_header(line) if len(line) <= _LONGEST_KEPT else _read_header(line)


def _read_header(line: bytes) -> Header:
    found = HEADER_FIELD_RE.match(line)
    if found is None:
        raise ParsingError("a header line is not one")
    name, value = found.group("name", "value")
    return name.decode("latin-1"), value.strip(b" \t").decode("latin-1")


_kept_header = lru_cache(maxsize=_LINES_KEPT)(_read_header)
_http_date = lru_cache(maxsize=4)(build_http_date)


class _WireTask:
    """Writes a reply as it stands: names, order and duplicates kept, head and body in one piece."""

    def build_response_header(self: Any) -> bytes:
        lines = [f"HTTP/1.1 {self.status}", f"Date: {_http_date(int(self.start_time))}"]
        lines += [f"{name}: {value}" for name, value in self.response_headers]
        if self.has_body:
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

        answer = self.channel.server.application(self.get_environment(), start_response)
        try:
            (body,) = answer
            self.content_length = len(body)
            self.write(body)
        finally:
            answer.close()

    def get_environment(self) -> dict[str, Any]:
        request = self.request.to_request(self.channel.addr[0], self.start_time)
        return {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": "/",
            "QUERY_STRING": "",
            "REMOTE_ADDR": request.source_ip,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": str(self.channel.server.effective_port),
            "SERVER_PROTOCOL": request.protocol,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input": BytesIO(request.body),
            "wsgi.input_terminated": True,
            "homeport.request": request,
        }


class _ErrorTask(_WireTask, ErrorTask):  # type: ignore[misc]
    def execute(self) -> None:
        error = self.request.error
        kind: WireError = "malformed"
        if isinstance(error, RequestEntityTooLarge):
            kind = "body"
        elif isinstance(error, RequestHeaderFieldsTooLarge):
            kind = "head"
        refused = Request(
            method=self.request.command,
            target=self.request.request_uri,
            headers=self.request.raw_headers,
            body=b"",
            source_ip=self.channel.addr[0],
            protocol=f"HTTP/{self.version}",
            received=self.start_time,
        )
        reply = self.channel.server.on_error(kind, refused)
        self.status = status_line(reply.status)
        self.response_headers.extend(reply.headers)
        self.content_length = len(reply.body)
        self.close_on_finish = self.channel.refused = True
        self.write(reply.body)


class _Channel(LingeringChannel):
    parser_class = RawRequestParser
    task_class = _RequestTask
    error_task_class = _ErrorTask


def status_line(status: int) -> str:
    """``404 Not Found``; a status without a standard phrase has none."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} "


WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def make_server(app: WsgiApp, listener: socket.socket, on_error: OnError) -> TcpWSGIServer:
    """A server for an already listening socket; ``run()`` blocks until SystemExit or KeyboardInterrupt."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = create_server(
        app,
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
    return server
