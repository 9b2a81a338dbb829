"""An openapi.yaml served by the real gateway on a socket, in this process, with a runtime of the test's."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.gateway.app import create_app
from homeport.gateway.assembly import PipelineDependencies, build_pipeline
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.connection import Site
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http.server import Server
from homeport.gateway.integrations.aws_call import no_service
from homeport.gateway.steps.usage import Quotas
from homeport.project.load import load_project
from homeport.runtime.api import Invocation, Unavailable
from tests.support.gateway import make_invocation
from tests.support.spec import write_project
from tests.support.wire import Answer, Wire, ask, request_bytes

Function = Callable[[Mapping[str, Any]], Any]
"""A function by its event."""


@dataclass(frozen=True)
class GivenFunctions:
    """A runtime of functions by name."""

    functions: Mapping[str, Function]

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        """Call a function."""
        if function not in self.functions:
            raise Unavailable(f"there is no function {function}")
        return make_invocation(self.functions[function](json.loads(event)))

    def close(self) -> None:
        """End nothing."""


@dataclass(frozen=True)
class ServedApi:
    """A served API; ``url`` has no stage."""

    url: str

    def ask(
        self, method: str, target: str, headers: tuple[tuple[str, str], ...] = (), body: bytes | None = None
    ) -> Answer:
        """Send a request and read the answer."""
        return ask(self.url, method, target, headers, body)

    def start(self, method: str, target: str) -> Wire:
        """Send a request and return the connection, from which the answer is to be read."""
        wire = Wire(self.url)
        wire.send(request_bytes(method, target, (), None, host=wire.host))
        return wire


@contextmanager
def served_api(
    root: Path,
    spec: Mapping[str, Any],
    *,
    stages: Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
    handlers: tuple[str, ...] = (),
    functions: Mapping[str, Function] | None = None,
    service_url: Callable[[str], str | None] = no_service,
) -> Iterator[ServedApi]:
    """Serve the stage ``local`` of a project that is made of a document. Raises ProjectError where it is wrong."""
    write_project(
        root,
        spec=json.dumps(spec),
        stages=json.dumps({"stages": {"local": {**(stages or {})}}}),
        resources=None if resources is None else json.dumps(resources),
        handlers=handlers,
    )
    project = load_project(root, environ={})
    dependencies = PipelineDependencies(
        project=root,
        runtime=GivenFunctions(functions or {}),
        clock=time.time,
        ticks=time.monotonic,
        random_bytes=os.urandom,
        quotas=Quotas(root / "usage.json"),
        service_url=service_url,
    )
    pipeline = build_pipeline(project.api, project.stage, dependencies)
    listener = socket.create_server(("127.0.0.1", 0))
    host, port = listener.getsockname()[:2]
    app = create_app(pipeline.handle, lambda exchange, reply: None)

    def unreadable(kind: str, request: Request) -> Reply:
        return pipeline.handle_unreadable(GatewayError(GatewayResponseType.BAD_REQUEST), request)[1]

    server = Server([Site(listener, app, unreadable)])
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield ServedApi(f"http://{host}:{port}")
    finally:
        server.close()
        thread.join()
