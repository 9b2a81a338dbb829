"""Many connections, each sending its next request as soon as the last one is answered: from one thread, by select.

As a process of its own it reads an order per line (JSON: url, path, expected, connections, seconds or requests) and
answers with what came of it, so that its work shares no interpreter with anything that is measured.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_OK = 200
# Bytes of a body that is shown.
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Load:
    """The figures of a round. Times are microseconds; ``errors`` are other statuses, and lost connections.

    ``seen`` has the number of each of them, by status and the beginning of the body, or by the exception.
    """

    requests: int
    errors: int
    seconds: float
    p50: float
    p99: float
    seen: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


class LoadProcess:
    """The process that puts the load on."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench.load"]
        root = Path(__file__).parents[1]
        self._process = subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def put(self, url: str, path: str, connections: int, *, seconds: float = 0.0, requests: int = 0) -> Load:
        """Put load on ``url`` for a time, or for so many requests."""
        assert self._process.stdin is not None and self._process.stdout is not None
        order = {"url": url, "path": path, "connections": connections, "seconds": seconds, "requests": requests}
        self._process.stdin.write(json.dumps(order) + "\n")
        return Load(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class _Connection:
    def __init__(self, address: tuple[str, int], request: bytes) -> None:
        self.sock = socket.create_connection(address, timeout=30)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._data = b""
        self._needed = 0
        self._sent = 0.0

    def send(self) -> None:
        self._data, self._needed, self._sent = b"", 0, time.perf_counter()
        self.sock.sendall(self._request)

    def body(self) -> str:
        """The beginning of the last answer's body."""
        return self._data.partition(b"\r\n\r\n")[2][:_SHOWN].decode(errors="replace")

    def receive(self) -> tuple[int, float] | None:
        """The status and how long it took, once the whole answer is there."""
        piece = self.sock.recv(262144)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self._data += piece
        if not self._needed:
            end = self._data.find(b"\r\n\r\n")
            if end < 0:
                return None
            self._needed = end + 4 + _length(self._data[:end])
        if len(self._data) < self._needed:
            return None
        return int(self._data[9:12]), (time.perf_counter() - self._sent) * 1e6


def _length(head: bytes) -> int:
    start = head.lower().find(b"content-length:")
    return int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0


def put_load(url: str, path: str, connections: int, seconds: float, requests: int) -> Load:
    """Put load on for ``seconds``, or for so many ``requests``, and until each connection had an answer on average.

    A connection that is lost counts as an error and is not made again.
    """
    parts = urlsplit(url)
    address = (str(parts.hostname), int(parts.port or 80))
    request = f"GET {parts.path}{path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    selector = selectors.DefaultSelector()
    open_ = [_Connection(address, request) for _ in range(connections)]
    for connection in open_:
        selector.register(connection.sock, selectors.EVENT_READ, connection)
    start = time.perf_counter()
    seen: Counter[str] = Counter()
    found = _drive(selector, open_, seen, start + seconds if seconds else float("inf"), requests or sys.maxsize)
    took = time.perf_counter() - start
    for connection in open_:
        connection.sock.close()
    durations = sorted(found)
    at = {share: durations[int(len(durations) * share)] if durations else 0.0 for share in (0.5, 0.99)}
    return Load(len(found), seen.total(), took, at[0.5], at[0.99], dict(seen))


def _drive(
    selector: selectors.BaseSelector, open_: list[_Connection], seen: Counter[str], end: float, most: int
) -> list[float]:
    """Return how long each request took; ``seen`` counts those that failed."""
    found: list[float] = []
    for connection in open_:
        connection.send()
    least = min(len(open_), most)
    while (time.perf_counter() < end or len(found) < least) and len(found) < most and selector.get_map():
        for key, _ in selector.select(1):
            connection = key.data
            try:
                answer = connection.receive()
                if answer is not None:
                    status, duration = answer
                    found.append(duration)
                    if status != _OK:
                        seen[f"{status} {connection.body()}"] += 1
                    connection.send()
            except OSError as error:
                seen[f"{type(error).__name__}: {error}"] += 1
                selector.unregister(connection.sock)
    return found


def main() -> None:
    """Take orders until standard input ends."""
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        print(json.dumps(asdict(put_load(**order))), flush=True)


if __name__ == "__main__":
    main()
