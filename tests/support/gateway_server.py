"""The gateway of a project in this process, over a real socket: its pipeline, its server, and a runtime of the test."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from homeport.gateway.app import create_app
from homeport.gateway.assembly import PipelineDependencies, build_pipeline
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.connection import Site
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http.parser import WireError
from homeport.gateway.http.server import Server
from homeport.gateway.steps.usage import Quotas
from homeport.project.project import Project
from homeport.runtime.api import Runtime

_UNREADABLE: dict[WireError, GatewayResponseType] = {
    "malformed": GatewayResponseType.BAD_REQUEST,
    "body": GatewayResponseType.REQUEST_TOO_LARGE,
    "head": GatewayResponseType.HEADERS_TOO_LARGE,
}


class ServedGateway:
    """``url`` is where it is served, ``exchanges`` what has been answered."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.exchanges: list[tuple[Exchange, Reply]] = []


@contextmanager
def served_gateway(
    project: Project, runtime: Runtime, service_url: Callable[[str], str | None] = lambda _: None
) -> Iterator[ServedGateway]:
    """Serve a project on a free port."""
    dependencies = PipelineDependencies(
        project.root, runtime, time.time, time.perf_counter, os.urandom, Quotas(None), service_url=service_url
    )
    pipeline = build_pipeline(project.api, project.stage, dependencies)
    listener = socket.create_server(("127.0.0.1", 0))
    host, port = listener.getsockname()
    served = ServedGateway(f"http://{host}:{port}")

    def on_error(kind: WireError, request: Request) -> Reply:
        return pipeline.handle_unreadable(GatewayError(_UNREADABLE[kind]), request)[1]

    app = create_app(pipeline.handle, lambda exchange, reply: served.exchanges.append((exchange, reply)))
    server = Server([Site(listener, app, on_error)])
    threading.Thread(target=server.run, daemon=True).start()
    try:
        yield served
    finally:
        server.close()
