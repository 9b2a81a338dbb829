"""Functions with a program of their own, in real environments: a file ``bootstrap`` in bash or in Python."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from homeport.project.model import FunctionCode
from homeport.runtime.host.pool import PoolRuntime
from homeport.runtime.program import BOOTSTRAP, RuntimeProgram
from tests.support.runtime import Deployed, RunningParent, make_configs, make_function

DeployProgram = Callable[..., Deployed]

# A client of the Runtime API for bootstraps in Python. ``ask`` sends a request over a connection that it keeps open.
CLIENT = f"""#!{Path(sys.executable).resolve()} -S
import http.client, json, os, sys, time

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

def ask(method, path, body=None, headers={{}}, connection=api, **options):
    connection.request(method, "/2018-06-01/runtime/" + path, body, headers, **options)
    response = connection.getresponse()
    return response.status, response.headers, response.read()

def take():
    status, headers, event = ask("GET", "invocation/next")
    return headers["Lambda-Runtime-Aws-Request-Id"], json.loads(event)

def respond(request_id, result):
    return ask("POST", f"invocation/{{request_id}}/response", json.dumps(result))
"""


def write_program(folder: Path, text: str) -> None:
    """Write an executable file ``bootstrap``."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / BOOTSTRAP
    file.write_text(textwrap.dedent(text))
    file.chmod(0o755)


def client_program(code: str) -> str:
    """Return the text of a bootstrap in Python, which has ``CLIENT``."""
    return CLIENT + textwrap.dedent(code)


@contextmanager
def program_deployer(parent: RunningParent, folder: Path) -> Iterator[DeployProgram]:
    """``deploy(text, ...)`` writes a bootstrap into a new folder, and puts its function into a pool of its own.

    ``text`` None writes none, ``layers`` are the function's; further arguments are those of its configuration.
    """
    runtimes: list[PoolRuntime] = []

    def deploy(
        text: str | None, layers: tuple[Path, ...] = (), options: Mapping[str, Any] | None = None, **config: Any
    ) -> Deployed:
        root = folder / f"code{len(runtimes)}"
        root.mkdir()
        if text is not None:
            write_program(root, text)
        function = make_function(
            "probe", "index.handler", runtime="provided.al2023", code=FunctionCode(root, layers=layers)
        )
        settings = make_configs(function)["probe"]
        environment = {**settings.environment, **config.pop("environment", {})}
        settings = replace(settings, **{"program": RuntimeProgram((BOOTSTRAP,)), **config}, environment=environment)
        setup = parent.setup
        runtime = PoolRuntime({settings.name: settings}, setup.socket_path, setup.scratch, **(options or {}))
        runtimes.append(runtime)
        return Deployed(runtime, settings, parent)

    try:
        yield deploy
    finally:
        for runtime in runtimes:
            runtime.close()
