"""Starts the embedded DynamoDB in its own process and tells when it is ready, or why it is not.

The supervisor owns the port: it hands its listening socket to the engine's process, so that a restarted engine finds
the clients that connected meanwhile. ``embedded/`` is what runs in that process, with packages of its own.
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
    """How the embedded engine runs.

    ``data`` is the directory of its journal and snapshots; None keeps everything in memory. ``region`` is the one
    in the ARNs of a store that is made now; a store keeps the region it was made with, and answers to clients of any
    region and account. ``log`` is the file that its output goes to; None: a temporary one. ``patience`` is how many
    writes may wait in the journal before a snapshot is taken. Items whose time to live is over are removed every
    ``expiry_interval`` seconds.
    """

    data: Path | None
    region: str = "us-east-1"
    log: Path | None = None
    patience: int = 4000
    expiry_interval: float = 60.0


class EmbeddedEngine:
    """A started engine process. ``process`` is the supervisor's to watch."""

    def __init__(self, process: subprocess.Popen[bytes], status: int, log: IO[bytes], say: Say) -> None:
        self.process = process
        self._status = status
        self._log = log
        self._say = say

    @property
    def status(self) -> int:
        """The descriptor on which it tells, a line at a time, how its start goes; ``take`` reads such a line."""
        return self._status

    def take(self, line: bytes) -> bool:
        """Whether a status line says that it serves. Says warnings; raises EngineError for what keeps it from that."""
        return self._take(json.loads(line))

    def wait_until_ready(self, timeout: float = _LONGEST_START) -> None:
        """Wait until it answers requests; ``timeout`` in seconds. Says what it warns of.

        Raises EngineError if it can't start, with its own words; the process is gone then.
        """
        try:
            self._read_status(time.monotonic() + timeout)
        finally:
            os.close(self._status)

    def failure(self) -> EngineError:
        """Why it ended, with the last lines of its output. Called once, when the process has ended or is about to."""
        code = self.process.wait()
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit status {code}"
        lines = self._last_lines()
        self._log.close()
        said = "\n" + "\n".join(f"  {line}" for line in lines) if lines else ""
        return EngineError(f"the embedded DynamoDB {how}{said}")

    def stop(self, timeout: float = 2.0) -> None:
        """End it, by force after ``timeout`` seconds; no answered write is lost either way."""
        self.process.terminate()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
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
    """Start the embedded engine; ``wait_until_ready`` tells when it serves.

    ``listener`` is the descriptor of a listening socket; ``lifeline`` is the reading end of a pipe whose writing end
    only the supervisor holds: the engine exits when that closes. ``cache`` is where package sets are kept. The first
    start on a machine installs the engine's packages, which takes a while and is told through ``say``.
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
        "patience": options.patience,
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
    """The engine's package set, made if it isn't there. Raises SetupError."""
    return package_set(cache, PACKAGES, [LOCK], python=sys.executable, version=_VERSION, say=say)


def engine_packages_folder(cache: Path) -> Path:
    """Where that set is once it has been made."""
    return package_set_folder(cache, PACKAGES, [LOCK], _VERSION)


def _open_log(file: Path | None) -> IO[bytes]:
    if file is None:
        return tempfile.TemporaryFile()
    file.parent.mkdir(parents=True, exist_ok=True)
    return file.open("w+b")


def _environment(listener: int) -> dict[str, str]:
    """Nothing of the developer's shell but what Python needs: ministack has settings by the dozen there."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL") if name in os.environ}
    host, port = _address(listener)
    return {**kept, "MINISTACK_HOST": host, "GATEWAY_PORT": str(port)}


def _address(listener: int) -> tuple[str, int]:
    with socket.socket(fileno=os.dup(listener)) as handle:
        host, port = handle.getsockname()[:2]
        return str(host), int(port)


def _read_before(fd: int, deadline: float) -> bytes | None:
    """What comes next, b"" at the end, None if nothing came in time."""
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        if not selector.select(max(0.0, deadline - time.monotonic())):
            return None
        return os.read(fd, 65536)
