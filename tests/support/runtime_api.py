"""Lambda's Runtime API for one environment, and a Node.js that serves a function by it.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from homeport.runtime.node.launch import NodeInterpreter, find_node, node_program
from tests.support.waiting import LAST_RESORT

ARN = "arn:aws:lambda:eu-west-1:000000000000:function:probe"
_PREFIX = "/2018-06-01/runtime/"


@dataclass(frozen=True)
class Posted:
    """A request that a runtime sends. ``path`` is relative to the API's (``init/error``)."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    trailers: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """``response`` or ``error``."""
        return self.path.rpartition("/")[2]

    @property
    def json(self) -> Any:
        """The body as a value."""
        return json.loads(self.body)


class ApiServer(ThreadingHTTPServer):
    """A Runtime API: ``invocations`` are answered to a runtime in turn, ``posted`` is what it sends."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _ApiHandler)
        self.invocations: queue.SimpleQueue[tuple[dict[str, str], bytes] | None] = queue.SimpleQueue()
        self.posted: queue.SimpleQueue[Posted | None] = queue.SimpleQueue()
        self.asked = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Pass over a runtime that has ended."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_address[1]}"


class _ApiHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ApiServer

    def do_GET(self) -> None:
        self.server.asked.set()
        invocation = self.server.invocations.get()
        if invocation is None:
            self.close_connection = True
            return
        headers, event = invocation
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(event))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        trailers: dict[str, str] = {}
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = self._read_chunks(trailers)
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.posted.put(Posted(self.path.removeprefix(_PREFIX), headers, body, trailers))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _read_chunks(self, trailers: dict[str, str]) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while line := self.rfile.readline().strip():
            name, _, value = line.decode().partition(": ")
            trailers[name.lower()] = value
        return body

    def log_message(self, format: str, *args: object) -> None:
        return


@dataclass
class NodeEnvironment:
    """A Node.js process that serves a function. ``log`` is its output so far."""

    server: ApiServer
    process: subprocess.Popen[bytes]
    log: list[bytes]
    reader: threading.Thread
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def send(self, event: object = None, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> str:
        """Have the runtime take an invocation, and return its request id."""
        request_id = f"request-{next(self.numbers)}"
        own = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": "4102444800000",
            "Lambda-Runtime-Invoked-Function-Arn": ARN,
            "Lambda-Runtime-Trace-Id": f"Root=1-{request_id}",
            "Content-Type": "application/json",
        }
        self.server.invocations.put(({**own, **(headers or {})}, body or json.dumps(event).encode()))
        return request_id

    def receive(self) -> Posted:
        """Return the next request that the runtime sends. Raises AssertionError if it ends instead."""
        posted = self.server.posted.get(timeout=LAST_RESORT)
        assert posted is not None, f"the runtime ended with {self.process.wait()}: {self.output()}"
        return posted

    def invoke(self, event: object = None, **options: Any) -> Posted:
        """Send an invocation, and return what comes back."""
        request_id = self.send(event, **options)
        posted = self.receive()
        assert posted.path in (f"invocation/{request_id}/response", f"invocation/{request_id}/error"), posted
        return posted

    def wait(self) -> int:
        """Wait until the runtime has ended, and return its exit status."""
        status = self.process.wait(LAST_RESORT)
        self.reader.join()
        return status

    def end(self) -> str:
        """End the runtime, and return all that it has written."""
        self.process.kill()
        self.wait()
        return self.output()

    def output(self) -> str:
        """Return all that was written so far."""
        return b"".join(self.log).decode()


@contextmanager
def node_environment(
    folder: Path,
    files: Mapping[str, str],
    *,
    handler: str = "index.handler",
    runtime: str = "nodejs22.x",
    variables: Mapping[str, str] | None = None,
    sdk: Path | None = None,
    shown: str = "",
    source_maps: bool = False,
) -> Iterator[NodeEnvironment]:
    """Write a function's files below ``folder``, start Node.js as an environment of it, and end it afterwards."""
    write_files(folder, files)
    own = {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": "probe",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/probe",
        "AWS_LAMBDA_LOG_STREAM_NAME": "the-stream",
        "LAMBDA_TASK_ROOT": str(folder),
        "TZ": ":UTC",
        "_HANDLER": handler,
        **(variables or {}),
    }
    program = node_program(own_node(), sdk, source_maps=source_maps, variables=own, folder=shown)
    server = ApiServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    process = subprocess.Popen(
        program.arguments,
        env={**own, **program.environment, "AWS_LAMBDA_RUNTIME_API": server.address},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    log: list[bytes] = []
    reader = threading.Thread(target=_read_output, args=(process, log, server))
    reader.start()
    try:
        yield NodeEnvironment(server, process, log, reader)
    finally:
        process.kill()
        process.wait()
        reader.join()
        server.invocations.put(None)
        server.shutdown()
        server.server_close()
        thread.join()


def _read_output(process: subprocess.Popen[bytes], log: list[bytes], server: ApiServer) -> None:
    assert process.stdout is not None
    with process.stdout as output:
        while chunk := os.read(output.fileno(), 65536):
            log.append(chunk)
    process.wait()
    server.posted.put(None)


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files below ``folder`` by their paths."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")


def own_node() -> NodeInterpreter:
    """Return the Node.js of the tests: that of PATH, or of HOMEPORT_TEST_NODE."""
    search_path = os.environ.get("HOMEPORT_TEST_NODE", os.environ["PATH"])
    return find_node("nodejs22.x", search_path, Path.home())
