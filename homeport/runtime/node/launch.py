"""Finds Node.js on this machine, and makes the program of its runtimes."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from homeport.errors import SetupError
from homeport.runtime.program import RuntimeProgram

_BOOTSTRAP = Path(__file__).with_name("bootstrap.mjs")


@dataclass(frozen=True, slots=True)
class NodeInterpreter:
    """A Node.js interpreter. ``version`` is ``22``; ``warning`` says why it is not the runtime's, "" if it is."""

    path: Path
    version: str
    warning: str = ""


def find_node(runtime: str, search_path: str, home: Path) -> NodeInterpreter:
    """Return the interpreter for a runtime (``nodejs22.x``). ``search_path`` is PATH. Raises SetupError."""
    for folder in filter(None, search_path.split(":")):
        path = Path(folder, "node")
        if path.is_file():
            done = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=False)
            return NodeInterpreter(path, done.stdout.strip().removeprefix("v").partition(".")[0])
    raise SetupError(f"{runtime} needs Node.js, which is not installed here", "install it: https://nodejs.org/download")


def node_program(node: NodeInterpreter, sdk: Path | None, *, source_maps: bool) -> RuntimeProgram:
    """Return the program that runs a function's handler on Node."""
    maps = ("--enable-source-maps",) if source_maps else ()
    return RuntimeProgram((str(node.path), *maps, str(_BOOTSTRAP)), visible=(_BOOTSTRAP.parent,))
