"""``homeport dev``: checks the project, takes the ports, then supervises the processes until Ctrl-C."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path

from homeport.dev.options import DevOptions
from homeport.dev.processes import TABLES, Surroundings, children
from homeport.dev.running_instance import RunningInstance, private_runtime_dir, ready_file, write_ready_file
from homeport.dev.sockets import address, listen, listen_near
from homeport.dev.supervisor import Supervisor
from homeport.dev.terminal_keys import HINT, Controls, TerminalCommands, pressed_keys
from homeport.dev.watch import Follower, tell_gateway
from homeport.dev.worker_setup import DECISIVE, Renewer, WorkerSetup
from homeport.environment import read_environment
from homeport.project.check import usable_project
from homeport.project.project import RESOURCES_FILE, Project
from homeport.project.validators.generate import write_generated
from homeport.runtime.faults import check_faults
from homeport.terminal import palette_of, show


def run(options: DevOptions) -> int:
    """Run until SIGINT or SIGTERM; the exit status. Raises HomeportError for what keeps it from starting."""
    with ExitStack() as stack:
        project, warnings = usable_project(options.project, options.stage)
        check_faults(options.faults, project.resources)
        for warning in warnings:
            say(str(warning))
        api = stack.enter_context(listen(options.host, options.port, "--port"))
        engine = None
        if options.embedded:
            engine = stack.enter_context(listen("127.0.0.1", options.dynamodb_port, "--dynamodb-port"))
        inspector = _inspector_socket(options, stack)
        write_generated(project.root, project.api)
        home = stack.enter_context(private_runtime_dir())
        changes, tell = os.pipe()
        around = _surroundings(options, project, home, api, engine, changes, inspector)
        ready = ready_file(project.root)
        ready.unlink(missing_ok=True)
        stack.callback(ready.unlink, missing_ok=True)
        supervisor = Supervisor(children(around), say)
        follower = _follower(around, supervisor, tell)

        def on_ready() -> None:
            if options.reload:
                follower.start()
            _announce(around, project)
            if not options.in_process and stack.enter_context(pressed_keys(_commands(around, supervisor).take)):
                say(HINT)

        stack.callback(follower.stop)
        supervisor.run(on_ready)
    return 0


def _follower(around: Surroundings, supervisor: Supervisor, changes: int) -> Follower:
    options = around.options
    workshop = WorkerSetup(around.cache, around.workers.home, say)
    renewer = Renewer(workshop, around.workers, options.stage, supervisor, lambda: tell_gateway(changes))

    def changed(files: Collection[Path]) -> None:
        if Path(RESOURCES_FILE) in files and options.dynamodb != "none":
            supervisor.do_again(TABLES)
        if DECISIVE.intersection(files):
            if options.in_process:
                say("start again for other packages or another runtime: handlers run in the gateway's process")
            else:
                renewer.look_again()

    return Follower(options.project, options.stage, changes, changed, say)


def _surroundings(
    options: DevOptions,
    project: Project,
    home: Path,
    api: socket.socket,
    engine: socket.socket | None,
    changes: int,
    inspector: socket.socket | None,
) -> Surroundings:
    cache = read_environment().cache_dir
    endpoint = address(engine) if engine else None if options.dynamodb == "none" else options.dynamodb
    return Surroundings(
        options=options,
        region=project.stage.region,
        cache=cache,
        say=say,
        api_listener=api.fileno(),
        engine_listener=engine.fileno() if engine else -1,
        endpoint=endpoint,
        workers=WorkerSetup(cache, home, say).setup(project),
        changes=changes,
        home=home,
        url=f"{address(api)}{project.stage.base_path}",
        inspector_listener=inspector.fileno() if inspector else -1,
        inspector=address(inspector) if inspector else None,
    )


def _inspector_socket(options: DevOptions, stack: ExitStack) -> socket.socket | None:
    if options.inspector_port is None:
        return None
    take = listen if options.inspector_chosen else listen_near
    return stack.enter_context(take(options.inspector_host, options.inspector_port, "--inspector-port"))


def _commands(around: Surroundings, supervisor: Supervisor) -> TerminalCommands:
    def clear() -> None:
        around.clearing.set()
        supervisor.do_again(TABLES)

    controls = Controls(
        inspector=around.inspector,
        fault_switch=around.fault_switch,
        clear=clear if around.endpoint is not None else None,
        faults=around.options.faults,
    )
    return TerminalCommands(controls, say, palette_of(sys.stdout), os.environ)


def _announce(around: Surroundings, project: Project) -> None:
    if around.options.host not in {"127.0.0.1", "::1", "localhost"}:
        host = around.options.host
        say(f"warning: listening on {host}: whoever reaches this machine may call the API and read and change its data")
    if around.endpoint is not None:
        say(f"dynamodb {around.endpoint}")
    for fault in around.options.faults.faults:
        say(f"fault {fault.text}")
    if around.inspector is not None:
        say(f"inspector {around.inspector}")
    write_ready_file(project.root, RunningInstance(around.url, around.endpoint))
    say(f"ready {around.url}")


def say(line: str) -> None:
    """One line on standard output, at once."""
    show(sys.stdout, f"{line}\n")
