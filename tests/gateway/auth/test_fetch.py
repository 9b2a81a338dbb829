"""Against a real HTTP server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from homeport.gateway.auth.keys import http_get

STOP = Event()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/silent":
            STOP.wait(10)
        if self.path == "/nonsense":
            self.wfile.write(b"\x00\x01\x02\r\n\r\n")
            return
        moves = {"/moved": "/keys", "/file": "file:///etc/hostname", "/ftp": "ftp://127.0.0.1/x", "/loop": "/loop"}
        status = {"/missing": 404, "/broken": 500}.get(self.path, 302 if self.path in moves else 200)
        body = b"x" * 1_000_001 if self.path == "/big" else b"{}"
        self.send_response(status)
        if self.path in moves:
            self.send_header("Location", moves[self.path])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # The client does not read a document that is too long to its end.
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    STOP.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["/keys", "/moved"])
def test_a_document_is_fetched_also_from_where_it_moved(base: str, path: str) -> None:
    assert http_get(base + path) == b"{}"


@pytest.mark.parametrize("path", ["/missing", "/broken", "/file", "/ftp", "/loop", "/nonsense"])
def test_an_answer_without_success_is_an_os_error(base: str, path: str) -> None:
    with pytest.raises(OSError):
        http_get(base + path)


def test_a_silent_server_is_a_timeout(base: str) -> None:
    with pytest.raises(OSError):
        http_get(f"{base}/silent", timeout=0.05)


def test_a_closed_port_is_an_os_error() -> None:
    with pytest.raises(OSError):
        http_get("http://127.0.0.1:9/keys")


def test_a_document_over_1_mb_is_an_error(base: str) -> None:
    with pytest.raises(ValueError, match="over 1000000 bytes"):
        http_get(f"{base}/big")


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "data:,x", "/etc/hostname", ""])
def test_only_http_urls_are_fetched(url: str) -> None:
    with pytest.raises(ValueError, match="not an http or https URL"):
        http_get(url)
