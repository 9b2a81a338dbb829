"""The runtimes of Lambda that this machine can run, and the program of each that is not Python's.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.project.model import Function
from homeport.runtime.node.launch import NodeInterpreter, find_node, node_program
from homeport.runtime.node.sdk import sdk_folder
from homeport.runtime.program import BOOTSTRAP, RuntimeProgram

_OWN_BOOTSTRAP = RuntimeProgram((BOOTSTRAP,))


def is_python(runtime: str) -> bool:
    """Return whether a runtime (``python3.13``) is one of Python."""
    return runtime.startswith("python")


def is_node(runtime: str) -> bool:
    """Return whether a runtime (``nodejs22.x``) is one of Node.js."""
    return runtime.startswith("nodejs")


def is_custom(runtime: str) -> bool:
    """Return whether functions of a runtime (``provided.al2023``) bring their own program, ``bootstrap``."""
    return runtime.startswith("provided")


def node_runtimes(functions: Iterable[Function], default: str) -> dict[str, list[str]]:
    """Return the runtimes of Node.js, each with the names of its functions; ``default`` is the stage's runtime."""
    found: dict[str, list[str]] = {}
    for function in functions:
        runtime = function.runtime or default
        if is_node(runtime) and not function.fault:
            found.setdefault(runtime, []).append(function.name)
    return found


# Each saved file makes the configurations again, and Node takes 40 ms to print its version. A failure is not kept.
_find_node_once = cache(find_node)


@dataclass(frozen=True, slots=True)
class LocalRuntimes:
    """The runtimes of this machine.

    ``search_path`` is PATH, ``home`` the user's folder, where version managers keep interpreters. ``sdk`` is the folder
    of the AWS SDK for JavaScript, which may not exist yet.
    """

    search_path: str
    home: Path
    sdk: Path | None = None

    @classmethod
    def of_environment(cls, variables: Mapping[str, str] = os.environ) -> LocalRuntimes:
        """Return the runtimes that the kit's own environment leads to."""
        return cls(variables.get("PATH", ""), Path.home(), sdk_folder(read_environment(variables).cache_dir))

    def node(self, runtime: str) -> NodeInterpreter:
        """Return the interpreter for a runtime of Node.js. Raises SetupError."""
        return _find_node_once(runtime, self.search_path, self.home)

    def program(
        self, runtime: str, variables: Mapping[str, str], *, folder: str = "", source_maps: bool = False
    ) -> RuntimeProgram | None:
        """Return the program of a runtime, None for Python's. Raises SetupError where it can't be run here.

        ``variables`` are the function's, Lambda's among them, and ``folder`` is its code.
        """
        if is_python(runtime):
            return None
        if is_custom(runtime):
            return _OWN_BOOTSTRAP
        if is_node(runtime):
            node = self.node(runtime)
            return node_program(node, self.sdk, source_maps=source_maps, variables=variables, folder=folder)
        raise SetupError(
            f"it runs on {runtime or 'no runtime that is named'}, for which there is no program here",
            "runtimes are python3.*, nodejs*, and provided* with a bootstrap",
        )
