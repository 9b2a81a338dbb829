"""A stand-in for DynamoDB that remembers what it was asked for."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Endpoint:
    """``seen`` are the requests so far: operation and body. ``answers`` are by operation, ``{}`` for any other."""

    url: str = ""
    seen: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def operations(self) -> list[str]:
        """What was asked for, in order."""
        return [operation for operation, _ in self.seen]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A connection beyond the queue is tried again by TCP, after a second.
    request_queue_size = 128


@contextmanager
def running_endpoint() -> Iterator[Endpoint]:
    """An endpoint on a free port, ended afterwards."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            operation = self.headers["X-Amz-Target"].partition(".")[2]
            endpoint.seen.append((operation, body))
            answer = json.dumps(endpoint.answers.get(operation, {})).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = _Server(("127.0.0.1", 0), Handler)
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
