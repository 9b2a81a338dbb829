"""``homeport dev``: checks the project, takes the ports, then supervises the processes until Ctrl-C."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from homeport.dev.children import TABLES, Surroundings, children
from homeport.dev.options import DevOptions
from homeport.dev.sockets import address, listen
from homeport.dev.supervisor import Supervisor
from homeport.dev.watch import Follower
from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.packages import Say
from homeport.runtime.interpreter import find_interpreter
from homeport.runtime.launch import ParentSetup, function_packages
from homeport.spec.check import usable_project
from homeport.spec.generated import write_generated
from homeport.spec.project import Project

# There while the first request would be answered: what a container's health check looks at.
READY_FILE = Path(".homeport", "ready")


def run(options: DevOptions) -> int:
    """Run until SIGINT or SIGTERM; the exit status. Raises HomeportError for what keeps it from starting."""
    if sys.platform == "win32":
        raise SetupError("homeport runs on Linux and macOS", "on Windows, use it inside WSL2")
    with ExitStack() as stack:
        project, warnings = usable_project(options.project, options.stage)
        for warning in warnings:
            say(str(warning))
        api = stack.enter_context(listen(options.host, options.port, "--port"))
        engine = None
        if options.embedded:
            engine = stack.enter_context(listen("127.0.0.1", options.dynamodb_port, "--dynamodb-port"))
        write_generated(project.root, project.api)
        home = Path(tempfile.mkdtemp(prefix="homeport-"))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        changes, tell = os.pipe()
        around = _surroundings(options, project, home, api, engine, changes)
        ready = project.root / READY_FILE
        ready.unlink(missing_ok=True)
        stack.callback(ready.unlink, missing_ok=True)
        supervisor = Supervisor(children(around), say)
        follower = _follower(options, supervisor, tell)

        def on_ready() -> None:
            if options.reload:
                follower.start()
            _announce(around, project, api)

        stack.callback(follower.stop)
        supervisor.run(on_ready)
    return 0


def _follower(options: DevOptions, supervisor: Supervisor, changes: int) -> Follower:
    def tables_changed() -> None:
        if options.dynamodb != "none":
            supervisor.do_again(TABLES)

    return Follower(options.project, options.stage, changes, tables_changed, say)


def _surroundings(
    options: DevOptions, project: Project, home: Path, api: socket.socket, engine: socket.socket | None, changes: int
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
        workers=_workers(project, cache, home, say),
        changes=changes,
    )


def _workers(project: Project, cache: Path, home: Path, say: Say) -> ParentSetup:
    interpreter = find_interpreter(project.stage.runtime, os.environ.get("PATH", ""), Path.home())
    if interpreter.warning:
        say(f"warning: {interpreter.warning}")
    packages = function_packages(cache, project.root, interpreter, say)
    return ParentSetup(interpreter=interpreter, packages=packages, project=project.root, home=home)


def _announce(around: Surroundings, project: Project, api: socket.socket) -> None:
    if around.options.host not in {"127.0.0.1", "::1", "localhost"}:
        say(f"warning: listening on {around.options.host}, so other machines may reach this API")
    if around.endpoint is not None:
        say(f"dynamodb {around.endpoint}")
    url = f"{address(api)}{project.stage.base_path}"
    (project.root / READY_FILE).parent.mkdir(exist_ok=True)
    (project.root / READY_FILE).write_text(f"{url}\n")
    say(f"ready {url}")


def say(line: str) -> None:
    """One line on standard output, at once."""
    print(line, flush=True)
