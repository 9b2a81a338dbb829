"""The load generator says which requests failed, and how."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.load import put_load


class Unwell(BaseHTTPRequestHandler):
    """A server that answers the first request of a connection with 503, then with 200, and hangs up on ``/gone``."""

    protocol_version = "HTTP/1.1"
    answered = False

    def do_GET(self) -> None:
        if self.path == "/gone":
            self.close_connection = True
            return
        body = b"fine" if self.answered else b"not now"
        self.send_response(200 if self.answered else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.answered = True

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


pytestmark = pytest.mark.unit


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Unwell) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_each_failed_request_is_counted_by_its_status_and_body(url: str) -> None:
    load = put_load(url, "/", 3, 0.0, 12)
    assert (load.requests, load.errors, load.seen) == (12, 3, {"503 not now": 3})


def test_each_lost_connection_is_counted_by_its_error(url: str) -> None:
    load = put_load(url, "/gone", 2, 0.0, 4)
    assert load.requests == 0 and load.errors == 2
    assert load.seen == {"ConnectionError: the server closed the connection": 2}
