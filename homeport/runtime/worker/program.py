"""The programs of runtimes that are not Python's: a forked process executes one, and is an environment by that.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
"""

from __future__ import annotations

import errno
import os
import platform
import signal
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from .frames import pack
from .process_setup import LIFELINE, WorkerSpec, set_up_process
from .sandbox import OPT, TASK_ROOT

BOOTSTRAP = "bootstrap"
_INVALID_ENTRYPOINT = "Runtime.InvalidEntrypoint"
_WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
# Variables that list folders.
_PATHS = ("PATH", "LD_LIBRARY_PATH", "NODE_PATH")


def execute(spec: WorkerSpec) -> NoReturn:
    """Become the program; report to the gateway if that can't be, and end."""
    sock, project = set_up_process(spec)
    os.close(project)
    # The kernel's signal ends the program when its gateway has ended, as it ends a Python worker.
    os.set_inheritable(LIFELINE, True)
    # What Python ignores, its children would ignore too.
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    root, layers = Path.cwd(), _layers(spec)
    arguments, variables = list(spec.function["program"]["arguments"]), dict(os.environ)
    variables |= {**_place_folders(variables, root, layers), "LAMBDA_TASK_ROOT": str(root), "PWD": str(root)}
    if arguments[0] == BOOTSTRAP:
        arguments[0] = _find_bootstrap(spec, sock, (root, *layers))
    elif wrapper := variables.get(_WRAPPER):
        # Lambda's own runtimes have it, those of the OS alone have not.
        # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
        arguments.insert(0, _find_wrapper(wrapper, root, layers))
    try:
        os.execve(arguments[0], arguments, variables)
    except OSError as exc:
        _fail(sock, f"fork/exec {arguments[0]}: {(exc.strerror or '').lower()}", _advice(exc, arguments[0]))


def _layers(spec: WorkerSpec) -> list[Path]:
    """Return the folders with the content of its layers, topmost first: /opt where that could be mounted."""
    if spec.code is None or not spec.code.layers:
        return []
    return [Path(OPT)] if spec.sandbox is not None and Path(OPT).is_dir() else list(reversed(spec.code.layers))


def _find_bootstrap(spec: WorkerSpec, sock: socket.socket, folders: Sequence[Path]) -> str:
    """Return the path of the function's own program: that of its code, else that of its topmost layer."""
    for folder in folders:
        if (folder / BOOTSTRAP).is_file():
            return str(folder / BOOTSTRAP)
    where = spec.code.root if spec.code is not None else spec.project
    message = f"Couldn't find valid bootstrap(s): [{TASK_ROOT}/{BOOTSTRAP} {OPT}/{BOOTSTRAP}]"
    _fail(sock, message, f"{where} has no executable file named bootstrap: build the function into that folder")


def _find_wrapper(wrapper: str, root: Path, layers: Sequence[Path]) -> str:
    """Return the path of a wrapper script (``/opt/wrapper``) in the function's code or its topmost layer."""
    found = list(_place(wrapper, {TASK_ROOT: [str(root)], OPT: [str(layer) for layer in layers] or [OPT]}))
    return next((path for path in found if Path(path).is_file()), wrapper)


def _place_folders(variables: Mapping[str, str], root: Path, layers: Sequence[Path]) -> dict[str, str]:
    """Return the variables that list folders, with the actual ones in place of /var/task and /opt."""
    places = {TASK_ROOT: [str(root)], OPT: [str(layer) for layer in layers] or [OPT]}
    return {name: ":".join(_place(variables[name], places)) for name in _PATHS if name in variables}


def _place(folders: str, places: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for folder in folders.split(":"):
        lambdas = next((each for each in places if f"{folder}/".startswith(f"{each}/")), None)
        if lambdas is None:
            yield folder
        else:
            yield from (f"{place}{folder.removeprefix(lambdas)}" for place in places[lambdas])


def _advice(error: OSError, path: str) -> str:
    match error.errno:
        case errno.EACCES:
            return f"{path} may not be executed: chmod +x {Path(path).name}"
        case errno.ENOEXEC:
            return f"{path} is no program for this machine ({platform.machine()}), and has no line #!/bin/sh"
        case errno.ENOENT if not Path(path).exists():
            return f"{path} is in none of the function's layers, nor in its code"
        case errno.ENOENT:
            return f"the interpreter that the first line of {path} names is not on this machine"
    return f"{path} could not be started: {error.strerror}"


def _fail(sock: socket.socket, message: str, advice: str) -> NoReturn:
    os.write(1, f"homeport: {advice}\n".encode())
    sock.sendall(pack({"ready": False, "error": _INVALID_ENTRYPOINT, "message": message}))
    os._exit(1)
