"""A backend of HTTP integrations: it keeps the requests as they come, and answers what it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from homeport.http_headers import Header


@dataclass(frozen=True)
class BackendSaw:
    """A request as it came."""

    method: str
    target: str
    headers: tuple[Header, ...]
    body: bytes

    @property
    def path(self) -> str:
        """The path without its query."""
        return urlsplit(self.target).path

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass
class Backend:
    """``seen`` are the requests so far. Chunks are sent one by one, ``pause`` seconds between them.

    ``closes`` ends the connection after a response, whatever it promised.
    """

    url: str = ""
    status: int = 200
    headers: Sequence[Header] = ()
    body: bytes = b""
    chunks: Sequence[bytes] = ()
    pause: float = 0
    echo_body: bool = False
    closes: bool = False
    seen: list[BackendSaw] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    backend: Backend

    def handle_any(self) -> None:
        backend, body = self.backend, self.rfile.read(int(self.headers.get("Content-Length", 0)))
        backend.seen.append(BackendSaw(self.command, self.path, tuple(self.headers.items()), body))
        self.send_response_only(backend.status)
        for name, value in backend.headers:
            self.send_header(name, value)
        if backend.chunks:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            # A gateway that gives up closes the connection meanwhile.
            with suppress(ConnectionError):
                self.send_chunks(backend)
        else:
            self.send_whole(body if backend.echo_body else backend.body)
        self.close_connection = self.close_connection or backend.closes

    def send_whole(self, answer: bytes) -> None:
        if not any(name.lower() == "content-length" for name, _ in self.backend.headers):
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    def send_chunks(self, backend: Backend) -> None:
        for number, chunk in enumerate(backend.chunks):
            if number:
                time.sleep(backend.pause)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        return

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = handle_any


@contextmanager
def running_backend() -> Iterator[Backend]:
    """A backend on a free port, ended afterwards."""
    backend = Backend()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"backend": backend}))
    server.daemon_threads = True
    backend.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield backend
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
