"""Start the embedded DynamoDB in its own process, and report when it is ready, or why it is not.

The supervisor owns the port: it hands its listening socket to the engine's process, so that a restarted engine finds
the clients that connected meanwhile. ``embedded/`` is the code of that process, with packages of its own.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from homeport.child_process import end_process
from homeport.errors import EngineError
from homeport.package_cache import Say, package_set, package_set_folder

_HERE = Path(__file__).resolve().parent
LOCK = _HERE / "engine.lock"
PACKAGES = "dynamodb-engine"
_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
# The account in ARNs; LocalStack's for dummy credentials is the same.
ACCOUNT = "000000000000"
_LOG_LINES = 12
_LONGEST_START = 60.0


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """The options of the embedded engine.

    ``data`` is the directory of its journal and snapshots (None: everything is kept in memory). ``region`` is the
    region in the ARNs of a new store; an old store keeps its own, and answers to clients of any region and account.
    ``log`` is the file for its output (None: a temporary one). A snapshot is taken when more than ``snapshot_after``
    writes wait in the journal. Items whose time to live is over are removed every ``expiry_interval`` seconds.
    """

    data: Path | None
    region: str = "us-east-1"
    log: Path | None = None
    snapshot_after: int = 4000
    expiry_interval: float = 60.0


class EmbeddedEngine:
    """A started engine process, which the supervisor watches."""

    def __init__(self, process: subprocess.Popen[bytes], status: int, log: IO[bytes], say: Say) -> None:
        self.process = process
        self._status = status
        self._log = log
        self._say = say

    @property
    def status(self) -> int:
        """The descriptor of a pipe with a line of JSON for each step of the start; ``take`` reads such a line."""
        return self._status

    def take(self, line: bytes) -> bool:
        """Read a status line; True means that the engine serves. Prints warnings. Raises EngineError for an error."""
        return self._take(json.loads(line))

    def wait_until_ready(self, timeout: float = _LONGEST_START) -> None:
        """Wait until it answers requests; ``timeout`` in seconds. Prints its warnings.

        Raises EngineError with its message if it can't start; the process is gone then.
        """
        try:
            self._read_status(time.monotonic() + timeout)
        finally:
            os.close(self._status)

    def failure(self) -> EngineError:
        """Return the error of an engine that has ended, with the last lines of its output. To be called once."""
        code = self.process.wait()
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit status {code}"
        lines = self._last_lines()
        self._log.close()
        said = "\n" + "\n".join(f"  {line}" for line in lines) if lines else ""
        return EngineError(f"the embedded DynamoDB {how}{said}")

    def stop(self, timeout: float = 2.0) -> None:
        """End the process, by force after ``timeout`` seconds; no answered write is lost either way."""
        end_process(self.process, timeout)
        self._log.close()

    def _read_status(self, deadline: float) -> None:
        pending = b""
        while True:
            received = _read_before(self._status, deadline)
            if received is None:
                self.process.kill()
                raise EngineError("the embedded DynamoDB did not get ready in time") from self.failure()
            if not received:
                raise self.failure()
            *lines, pending = (pending + received).split(b"\n")
            for line in lines:
                if self._take(json.loads(line)):
                    return

    def _take(self, message: Mapping[str, Any]) -> bool:
        if "error" in message:
            self.stop()
            raise EngineError(message["error"], message["hint"])
        if "warning" in message:
            self._say(f"warning: {message['warning']}")
        return "ready" in message

    def _last_lines(self) -> list[str]:
        size = os.fstat(self._log.fileno()).st_size
        tail = os.pread(self._log.fileno(), 8192, max(0, size - 8192))
        return tail.decode(errors="replace").splitlines()[-_LOG_LINES:]


def start_engine(options: EngineOptions, *, listener: int, lifeline: int, cache: Path, say: Say) -> EmbeddedEngine:
    """Start the embedded engine; ``wait_until_ready`` returns when it serves.

    ``listener`` is the descriptor of a listening socket; ``lifeline`` is the reading end of a pipe whose writing end
    only the supervisor holds: the engine exits when that closes. ``cache`` is where package sets are kept. The first
    start on a machine installs the engine's packages, which takes a while; ``say`` gets a line about it.
    Raises SetupError if they can't be installed.
    """
    packages = engine_packages(cache, say)
    log = _open_log(options.log)
    status, in_engine = os.pipe()
    settings = {
        "packages": str(packages),
        "listener": listener,
        "lifeline": lifeline,
        "status": in_engine,
        "data": str(options.data.absolute()) if options.data else None,
        "account": ACCOUNT,
        "region": options.region,
        "snapshot_after": options.snapshot_after,
        "expiry_interval": options.expiry_interval,
    }
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_HERE / "embedded"), json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(listener, lifeline, in_engine),
            env=_environment(listener),
            process_group=0,
        )
    finally:
        os.close(in_engine)
    return EmbeddedEngine(process, status, log, say)


def engine_packages(cache: Path, say: Say) -> Path:
    """Return the engine's package set, and install it if it is missing. Raises SetupError."""
    return package_set(cache, PACKAGES, [LOCK], python=sys.executable, version=_VERSION, say=say)


def engine_packages_folder(cache: Path) -> Path:
    """Return the folder of the engine's package set, which may not exist yet."""
    return package_set_folder(cache, PACKAGES, [LOCK], _VERSION)


def _open_log(file: Path | None) -> IO[bytes]:
    if file is None:
        return tempfile.TemporaryFile()
    file.parent.mkdir(parents=True, exist_ok=True)
    return file.open("w+b")


def _environment(listener: int) -> dict[str, str]:
    """Return the variables that Python needs, and no others: ministack would read dozens of settings there."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL") if name in os.environ}
    host, port = _address(listener)
    return {**kept, "MINISTACK_HOST": host, "GATEWAY_PORT": str(port)}


def _address(listener: int) -> tuple[str, int]:
    with socket.socket(fileno=os.dup(listener)) as handle:
        host, port = handle.getsockname()[:2]
        return str(host), int(port)


def _read_before(fd: int, deadline: float) -> bytes | None:
    """Read the next bytes, b"" at the end, None if there were none in time."""
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        if not selector.select(max(0.0, deadline - time.monotonic())):
            return None
        return os.read(fd, 65536)
