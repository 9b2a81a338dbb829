"""Functions with code of their own, in real workers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from homeport.child_process import end_process
from homeport.project.model import Function, FunctionCode
from homeport.runtime.function_packages import install_function_packages
from homeport.runtime.host.launch import ParentSetup
from homeport.runtime.host.pool import PoolRuntime
from tests.support.runtime import (
    Deployed,
    RunningParent,
    make_configs,
    make_function,
    own_interpreter,
    packages,
    start_ready,
)
from tests.support.wheels import write_wheel


def write_package(folder: Path, name: str, version: str, code: str) -> str:
    """Write a wheel below a folder; returns the line of a pip file that names it."""
    folder.mkdir(parents=True, exist_ok=True)
    return f"{name} @ {write_wheel(folder, name, version, code).as_uri()}"


def code_function(name: str, root: Path, handler: str = "app.handler", **changes: Any) -> Function:
    """A function whose code is in a folder, with the packages of the pip file there."""
    file = root / "requirements.txt"
    code = FunctionCode(root, file if file.is_file() else None, **changes)
    return make_function(name, handler, code=code)


@contextmanager
def running_functions(project: Path, *functions: Function, namespaces: bool = True) -> Iterator[dict[str, Deployed]]:
    """Run functions with code of their own; their package sets are made in a folder of this run."""
    interpreter = own_interpreter()
    configs = make_configs(*functions)
    with tempfile.TemporaryDirectory(prefix="hp-") as home:
        by_name = {function.name: function for function in functions}
        cache, said = Path(home, "cache"), list[str]()
        sets = install_function_packages(cache, project, by_name, interpreter.path, interpreter.version, said.append)
        setup = ParentSetup(interpreter, packages(), project, Path(home), namespaces, sets)
        lifeline, hold = os.pipe()
        parent = RunningParent(setup, start_ready(setup, lifeline), hold)
        os.close(lifeline)
        runtime = PoolRuntime(configs, setup.socket_path, setup.scratch)
        try:
            yield {name: Deployed(runtime, replace(config), parent) for name, config in configs.items()}
        finally:
            runtime.close()
            os.close(hold)
            end_process(parent.process, 10)
