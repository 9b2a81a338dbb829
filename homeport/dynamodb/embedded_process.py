"""Processes of emulated services: how one is started, and what it reports until it serves.

The supervisor owns the port: it hands its listening socket to the process, so that one that starts again finds the
clients that connected meanwhile. The code of such a process is a folder ``embedded/``, with packages of its own.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from homeport.child_process import end_process
from homeport.errors import EngineError
from homeport.package_cache import Say

_PROGRAM = Path(__file__).resolve().parent / "run_embedded.py"
# Seconds that the process has to end after SIGTERM.
_GRACE = 2.0


class EmbeddedProcess:
    """A started process. ``status`` is the read end of a pipe with a line of JSON for each step of the start."""

    def __init__(self, process: subprocess.Popen[bytes], status: int, say: Say) -> None:
        self.process = process
        self.status = status
        self._say = say

    def take(self, line: bytes) -> bool:
        """Read a status line; True means that the process serves. Prints warnings. Raises EngineError for an error."""
        message: Mapping[str, Any] = json.loads(line)
        if "error" in message:
            self.stop()
            raise EngineError(message["error"], message["hint"])
        if "warning" in message:
            self._say(f"warning: {message['warning']}")
        return "ready" in message

    def stop(self) -> None:
        """End the process, by force after two seconds; no answered write is lost either way."""
        end_process(self.process, _GRACE)


def start_embedded(
    folder: Path,
    packages: Sequence[Path],
    settings: Mapping[str, Any],
    *,
    listener: int,
    lifeline: int,
    log: Path | None,
    say: Say,
    without: Sequence[str] = (),
) -> EmbeddedProcess:
    """Start the process whose code is in ``folder``, which imports from the folders ``packages``.

    The modules ``without`` are missing there, as far as what it imports can see.

    ``listener`` is the descriptor of a listening socket; ``lifeline`` is the reading end of a pipe whose writing end
    only the supervisor holds: the process ends when that closes. ``log`` is the file of its standard error (None: this
    process's own).
    """
    status, in_process = os.pipe()
    descriptors = {"listener": listener, "lifeline": lifeline, "status": in_process}
    folders = [str(each) for each in packages]
    argument = json.dumps({"packages": folders, "without": list(without), **descriptors, **settings})
    with ExitStack() as stack:
        stack.callback(os.close, in_process)
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_PROGRAM), str(folder), argument],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stack.enter_context(log.open("wb")) if log else None,
            pass_fds=tuple(descriptors.values()),
            env=_environment(listener),
            process_group=0,
        )
    return EmbeddedProcess(process, status, say)


def _environment(listener: int) -> dict[str, str]:
    """Return the variables that Python needs, and ministack's address; ministack reads dozens of other settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL") if name in os.environ}
    with socket.socket(fileno=os.dup(listener)) as handle:
        host, port = handle.getsockname()[:2]
    return {**kept, "MINISTACK_HOST": str(host), "GATEWAY_PORT": str(port)}
