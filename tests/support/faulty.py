"""A DynamoDB that fails by a plan, in front of a real one."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

_ERRORS = "com.amazonaws.dynamodb.v20120810"


@dataclass(frozen=True)
class Says:
    """Answer with this status and body; the real one gets no request."""

    status: int
    body: Mapping[str, Any]


class Loses:
    """Let the real one process the request, and lose the response."""


class Passes:
    """Let the request through."""


@dataclass(frozen=True)
class Meanwhile:
    """Have something done, then let the request through."""

    act: Callable[[], object]


Step = Says | Loses | Passes | Meanwhile


@dataclass
class Faulty:
    """The failing DynamoDB: its URL, and the action and body of each request that it got."""

    url: str
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def actions(self) -> list[str]:
        return [action for action, _ in self.asked]


def error(code: str, status: int = 400, message: str = "no", **more: Any) -> Says:
    """Return DynamoDB's response of an error."""
    return Says(status, {"__type": f"{_ERRORS}#{code}", "message": message, **more})


def cancelled(*codes: str, **more: Any) -> Says:
    """A cancelled transaction, with the reason of each of its actions."""
    reasons = [{"Code": code, **more} for code in codes]
    return error("TransactionCanceledException", message=f"cancelled {codes}", CancellationReasons=reasons)


@contextmanager
def faulty_dynamodb(real: str, plan: Sequence[Step], then: Step | None = None) -> Iterator[Faulty]:
    """A DynamoDB that takes one step of the plan for each request, and then ``then`` for ever; by default it works."""
    steps = iter(plan)
    last = then or Passes()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            faulty.asked.append((self.headers["X-Amz-Target"].rpartition(".")[2], json.loads(body)))
            step = next(steps, last)
            if isinstance(step, Says):
                self.answer(step.status, json.dumps(step.body).encode())
                return
            if isinstance(step, Meanwhile):
                step.act()
            status, answer = forward(real, dict(self.headers), body)
            if isinstance(step, Loses):
                self.close_connection = True
            else:
                self.answer(status, answer)

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    faulty = Faulty(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield faulty
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def forward(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    """Return the response of the real one."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request("POST", "/", body, dict(headers))
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()
