"""The listening sockets of one ``homeport dev``, by what will answer there."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from homeport.dev.console import say_all
from homeport.dev.listening import listen, listen_after, listen_at, listen_near
from homeport.dev.processes import SERVICES_PORT, DevOptions, recorder_place
from homeport.dev.running_instance import RunningInstance, ports_of
from homeport.dev.start_report import port_lines
from homeport.errors import SetupError


@dataclass(frozen=True, slots=True)
class RunListeners:
    """The sockets of a run, None where nothing will answer.

    ``apis`` are those of the project's APIs, the first one at the port that was asked for; ``functions`` has Lambda's
    API, ``services`` the services beside DynamoDB.
    """

    apis: tuple[socket.socket, ...]
    functions: socket.socket
    engine: socket.socket | None
    inspector: socket.socket | None
    services: socket.socket | None
    recorder: socket.socket | None


def open_listeners(
    options: DevOptions, others: Sequence[RunningInstance], apis: int, runtime_dir: Path, stack: ExitStack
) -> RunListeners:
    """Open the sockets of a project with a number of ``apis``; ``stack`` closes them. Raises SetupError.

    A line says where another port was taken than the usual one.
    """
    own = ports_of(others)
    found: dict[str, socket.socket] = {}
    for wanted in options.ports():
        if wanted.option == "--inspector-port" and not wanted.chosen and wanted.port:
            wanted = wanted._replace(port=(_port_of(found["--port"]) + 1) % 65_536)
        try:
            found[wanted.option] = stack.enter_context(wanted.listen())
        except SetupError as error:
            raise own_port_error(wanted.port, others) or error from None
        say_all(port_lines(wanted, _port_of(found[wanted.option]), own))
    first = found["--port"]
    services = recorder = None
    if options.has_own_services:
        services = stack.enter_context(listen_near("127.0.0.1", SERVICES_PORT, "--aws"))
    if options.recorded:
        recorder = stack.enter_context(listen_at(recorder_place(runtime_dir)))
    return RunListeners(
        apis=(first, *(stack.enter_context(listen_after(first, options.host)) for _ in range(apis - 1))),
        functions=stack.enter_context(listen("127.0.0.1", 0, "--port")),
        engine=found.get("--dynamodb-port"),
        inspector=found.get("--inspector-port"),
        services=services,
        recorder=recorder,
    )


def own_port_error(port: int, others: Sequence[RunningInstance]) -> SetupError | None:
    """Return the error for a port that another ``homeport dev`` of this project has, None if none of them has it."""
    user = next((other for other in others if port in other.ports), None)
    if user is None:
        return None
    return SetupError(
        f"port {port} is in use by the homeport dev of this project that runs, {user}", "use that one, or stop it"
    )


def _port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port
