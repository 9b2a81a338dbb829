"""The gateway's server with an application that keeps what it saw and answers what it is told."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from homeport.gateway.app import create_app
from homeport.gateway.context import Exchange
from homeport.gateway.http.connection import Site
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http.parser import WireError
from homeport.gateway.http.server import Server
from homeport.gateway.http.tls import TlsListener
from tests.support.gateway import make_exchange

ERROR_STATUS: dict[WireError, int] = {"malformed": 400, "body": 413, "head": 431}
OK = Reply(200, (("Content-Type", "text/plain"),), b"ok")


@dataclass
class Echo:
    """``seen`` are the requests that came, ``reply`` is what they get."""

    address: tuple[str, int] = ("", 0)
    seen: list[Request] = field(default_factory=list)
    reply: Reply = OK

    def handle(self, request: Request) -> tuple[Exchange, Reply]:
        """Keep the request, and return the reply."""
        self.seen.append(request)
        return make_exchange(request=request), self.reply

    def send(self, raw: bytes) -> bytes:
        """Send bytes over a connection of their own; all that comes back."""
        with socket.create_connection(self.address, timeout=60) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
        return received


@contextmanager
def echo_server(tls: ssl.SSLContext | None = None) -> Iterator[Echo]:
    """One on a free port; it speaks HTTPS with ``tls``."""
    listener = socket.create_server(("127.0.0.1", 0))
    if tls is not None:
        listener = TlsListener(listener.detach(), tls)
    echo = Echo(address=listener.getsockname())
    scheme = "https" if tls is not None else "http"
    app = create_app(echo.handle, lambda exchange, reply: None)
    server = Server([Site(listener, app, lambda kind, _: Reply(ERROR_STATUS[kind], (), b"no"), scheme)])
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield echo
    server.close()
    thread.join()


def statuses_of(received: bytes) -> list[int]:
    """The statuses of the responses, in their order."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]
