"""The process of the services of AWS for tests, and resources as a project's reader gives them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.aws.engine import ServicesOptions, start_services
from homeport.aws.setup.clients import Clients
from homeport.dynamodb.embedded_process import EmbeddedProcess
from homeport.environment import read_environment
from homeport.errors import EngineError
from homeport.project.model import Resources, ServiceResource, Source

REGION = "us-east-1"


@dataclass
class ServicesStand:
    """What a supervisor holds: the port, the lifeline, and the process that it started last."""

    options: ServicesOptions
    listener: socket.socket
    lifeline: tuple[int, int]
    process: EmbeddedProcess | None = None

    @property
    def endpoint(self) -> str:
        host, port = self.listener.getsockname()
        return f"http://{host}:{port}"

    @property
    def clients(self) -> Clients:
        """New clients: a killed process leaves its connections half-open."""
        return Clients(self.endpoint, REGION, embedded=True)

    def start(self) -> None:
        said: list[str] = []
        cache = read_environment().cache_dir
        listener, lifeline = self.listener.fileno(), self.lifeline[0]
        self.process = start_services(self.options, listener=listener, lifeline=lifeline, cache=cache, say=said.append)
        with os.fdopen(self.process.status, "rb") as lines:
            if not any(self.process.take(line) for line in lines):
                raise EngineError(f"the services ended: exit status {self.process.process.wait()}")

    def kill_and_restart(self) -> None:
        assert self.process is not None
        os.killpg(self.process.process.pid, signal.SIGKILL)
        self.process.stop()
        self.start()

    def close(self) -> None:
        if self.process is not None:
            self.process.stop()
        self.listener.close()
        for end in self.lifeline:
            with contextlib.suppress(OSError):
                os.close(end)


@contextlib.contextmanager
def running_services(data: Path | None = None, **options: Any) -> Iterator[ServicesStand]:
    stand = ServicesStand(ServicesOptions(data, REGION, **options), socket.create_server(("127.0.0.1", 0)), os.pipe())
    try:
        stand.start()
        yield stand
    finally:
        stand.close()


def make_resource(
    logical_id: str,
    kind: str,
    properties: Mapping[str, Any] | None = None,
    physical_id: str = "",
    line: int = 3,
    **attributes: str,
) -> ServiceResource:
    source = Source("deploy/resources.yaml", line)
    return ServiceResource(logical_id, kind, physical_id or logical_id, properties or {}, attributes, source)


def make_resources_of(*resources: ServiceResource) -> Resources:
    return Resources(others={resource.logical_id: resource for resource in resources})
