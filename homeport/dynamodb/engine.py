"""Start the embedded DynamoDB in its own process, and report when it is ready, or why it is not.

The supervisor owns the port: it hands its listening socket to the engine's process, so that a restarted engine finds
the clients that connected meanwhile. ``embedded/`` is the code of that process, with packages of its own.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.child_process import end_process
from homeport.errors import EngineError
from homeport.package_cache import Say, package_set, package_set_folder
from homeport.project.model import LOCAL_ACCOUNT

_HERE = Path(__file__).resolve().parent
LOCK = _HERE / "engine.lock"
PACKAGES = "dynamodb-engine"
PYTHON_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
# Seconds that the process has to end after SIGTERM.
_GRACE = 2.0


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """The options of the embedded engine.

    ``data`` is the directory of its tables and journal (None: everything is kept in memory). ``region`` is the
    region in the ARNs of a new store; an old store keeps its own, and answers to clients of any region and account.
    ``log`` is the file for what goes wrong (None: this process's standard error). A checkpoint is made when more than
    ``checkpoint_after`` writes wait in the journal. Items whose time to live is over are removed every
    ``expiry_interval`` seconds. Eventually consistent reads lag behind the writes by ``lag`` seconds.
    With ``throttle`` a table with provisioned throughput refuses what it has no capacity for.
    """

    data: Path | None
    region: str = "us-east-1"
    log: Path | None = None
    checkpoint_after: int = 2000
    expiry_interval: float = 60.0
    lag: float = 0.0
    throttle: bool = False


class EmbeddedEngine:
    """A started engine process. ``status`` is the read end of a pipe with a line of JSON for each step of the start."""

    def __init__(self, process: subprocess.Popen[bytes], status: int, say: Say) -> None:
        self.process = process
        self.status = status
        self._say = say

    def take(self, line: bytes) -> bool:
        """Read a status line; True means that the engine serves. Prints warnings. Raises EngineError for an error."""
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


def start_engine(options: EngineOptions, *, listener: int, lifeline: int, cache: Path, say: Say) -> EmbeddedEngine:
    """Start the embedded engine; its ``take`` says when it serves.

    ``listener`` is the descriptor of a listening socket; ``lifeline`` is the reading end of a pipe whose writing end
    only the supervisor holds: the engine exits when that closes. ``cache`` is where package sets are kept. The first
    start on a machine installs the engine's packages, which takes a while; ``say`` gets a line about it.
    Raises SetupError if they can't be installed.
    """
    packages = engine_packages(cache, say)
    status, in_engine = os.pipe()
    settings = {
        "packages": str(packages),
        "listener": listener,
        "lifeline": lifeline,
        "status": in_engine,
        "data": str(options.data.absolute()) if options.data else None,
        "account": LOCAL_ACCOUNT,
        "region": options.region,
        "checkpoint_after": options.checkpoint_after,
        "expiry_interval": options.expiry_interval,
        "lag": options.lag,
        "throttle": options.throttle,
    }
    with ExitStack() as stack:
        stack.callback(os.close, in_engine)
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_HERE / "embedded"), json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stack.enter_context(options.log.open("wb")) if options.log else None,
            pass_fds=(listener, lifeline, in_engine),
            env=_environment(listener),
            process_group=0,
        )
    return EmbeddedEngine(process, status, say)


def examine_data(directory: Path) -> tuple[tuple[str, ...], Mapping[str, Mapping[str, Any]]]:
    """Read a data directory as the engine does at its start, and change nothing. Raises EngineError as that does.

    Return its warnings for a person, and the tables by their names.
    """
    # The supervisor, which imports this module too, needs none of these.
    from homeport.dynamodb.embedded.data_directory import examine
    from homeport.dynamodb.embedded.journal import DataDirectoryError
    from homeport.dynamodb.embedded.service import stored_tables

    try:
        content = examine(directory)
    except DataDirectoryError as error:
        raise EngineError(error.message, error.hint) from error
    return (content.warnings, stored_tables(content)) if content is not None else ((), {})


def engine_packages(cache: Path, say: Say) -> Path:
    """Return the engine's package set, and install it if it is missing. Raises SetupError."""
    return package_set(cache, PACKAGES, [LOCK], python=sys.executable, version=PYTHON_VERSION, say=say)


def engine_packages_folder(cache: Path) -> Path:
    """Return the folder of the engine's package set, which may not exist yet."""
    return package_set_folder(cache, PACKAGES, [LOCK], PYTHON_VERSION)


def _environment(listener: int) -> dict[str, str]:
    """Return the variables that Python needs, and no others: ministack would read dozens of settings there."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL") if name in os.environ}
    host, port = _address(listener)
    return {**kept, "MINISTACK_HOST": host, "GATEWAY_PORT": str(port)}


def _address(listener: int) -> tuple[str, int]:
    with socket.socket(fileno=os.dup(listener)) as handle:
        host, port = handle.getsockname()[:2]
        return str(host), int(port)
