"""A server over a real socket whose answers are a method's: for tests of what a run asks of an API."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class AnsweringServer(ThreadingHTTPServer):
    """A server that answers what ``answer`` returns.

    ``sent`` has the method and path of each request, ``headers`` are those of the latest one, in lower case.
    """

    daemon_threads = True

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.headers: dict[str, str] = {}
        super().__init__(("127.0.0.1", 0), _Handler)

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer to a request, of whose path these are the segments."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answer in a thread until the context ends."""
        with self:
            threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
            yield
            self.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: AnsweringServer

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        self.server.headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.sent.append(f"{self.command} {path}")
        status, answer = self.server.answer(self.command, path.strip("/").split("/"), json.loads(body or "null"))
        data = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""
