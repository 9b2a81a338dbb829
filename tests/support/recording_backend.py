"""A backend on a free port that keeps the requests as they came, and answers what it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from homeport.http_headers import Header, header_values


@dataclass(frozen=True)
class BackendCallSeen:
    """A request that the backend got; ``target`` is as on the wire."""

    method: str
    target: str
    headers: tuple[Header, ...]
    body: bytes

    @property
    def path(self) -> str:
        """The path, still encoded."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        """The values of the query string by name."""
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(urlsplit(self.target).query, keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return header_values(self.headers, name)

    def header(self, name: str) -> str | None:
        """The values of a header in one text, None without the header."""
        found = self.values(name)
        return ", ".join(found) if found else None


@dataclass
class Backend:
    """``seen`` are the requests so far. The answer is the same for all: Content-Length is added, nothing else."""

    url: str = ""
    seen: list[BackendCallSeen] = field(default_factory=list)
    status: int = 200
    headers: tuple[Header, ...] = (("Content-Type", "application/json"),)
    body: bytes = b"{}"

    @property
    def last(self) -> BackendCallSeen:
        """The last request."""
        return self.seen[-1]


@contextmanager
def running_backend() -> Iterator[Backend]:
    """A backend, ended afterwards."""
    backend = Backend()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            # http.server has one slash of several at the beginning of a path.
            target = self.raw_requestline.split()[1].decode("latin-1")
            backend.seen.append(BackendCallSeen(self.command, target, tuple(self.headers.items()), body))
            self._answer()

        def _answer(self) -> None:
            head = f"HTTP/1.1 {backend.status} Answer\r\n"
            lines = "".join(f"{name}: {value}\r\n" for name, value in backend.headers)
            has_body = self.command != "HEAD" and backend.status not in (204, 304)
            length = f"Content-Length: {len(backend.body)}\r\n" if backend.status != 204 else ""
            self.wfile.write(f"{head}{lines}{length}\r\n".encode("latin-1") + (backend.body if has_body else b""))
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
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
