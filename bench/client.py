"""A raw-socket HTTP client: keep-alive, no library in the way of what is measured."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from urllib.parse import urlsplit


class RawClient:
    """A connection to a base URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None and parts.port is not None
        self._base = parts.path
        self._host = f"{parts.hostname}:{parts.port}"
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send one request and read its whole reply: the status and the body."""
        head = f"{method} {self._base}{path} HTTP/1.1\r\nHost: {self._host}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self._socket.sendall(head.encode() + b"\r\n" + body)
        return self._read()[1:]

    def head_of(self, method: str, path: str) -> bytes:
        """Send one request without a body, and return the head of its reply."""
        self._socket.sendall(f"{method} {self._base}{path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())
        return self._read()[0]

    def time_request(self, method: str, path: str, expected: int = 200, body: bytes = b"") -> float:
        """Microseconds that one request took; raises AssertionError unless it was answered as ``expected``."""
        start = time.perf_counter()
        status, answer = self.request(method, path, body)
        duration = (time.perf_counter() - start) * 1e6
        assert status == expected, f"{method} {path} gave {status}: {answer[:200]!r}"
        return duration

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _read(self) -> tuple[bytes, int, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        lengths = [int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")]
        while len(body) < sum(lengths):
            body += self._receive()
        return head, int(lines[0].split()[1]), body

    def _receive(self) -> bytes:
        chunk = self._socket.recv(65536)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        return chunk
