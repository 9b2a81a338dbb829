"""The set-up of a forked worker: signals, descriptors, environment variables and folders as Lambda has them."""

from __future__ import annotations

import fcntl
import io
import os
import resource
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .code_folder import CodeFolder
from .log_places import LogPlaces
from .sandbox import CodeMounts, Sandbox, refuse_writes

_SOCKET, LIFELINE = 3, 4


@dataclass(frozen=True, slots=True)
class Descriptors:
    """The worker's ends of its socket, of the pipe for its output, and of its lifeline."""

    sock: int
    output: int
    lifeline: int


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """The description of a new worker.

    ``function`` is ``FunctionConfig.to_worker_spec``'s: handler, arn, environment, folder, and AwsCalls' arguments.
    ``task`` is the working folder, ``cache`` keeps bytecode. Without a sandbox TMPDIR replaces /tmp. ``code`` is None
    for a function of the package ``service``. ``preloaded`` are the modules that the parent has loaded.
    """

    function: Mapping[str, Any]
    descriptors: Descriptors
    project: Path
    task: Path
    cache: Path
    sandbox: Sandbox | None
    code: CodeFolder | None = None
    preloaded: frozenset[str] = frozenset()

    @property
    def visible(self) -> tuple[Path, ...]:
        """The folders outside of its code that it has to see: its package sets, and those of its program."""
        program = self.function.get("program")
        sets = self.code.sets if self.code is not None else ()
        return (*sets, *(map(Path, program["visible"]) if program else ()))


class Unbuffered(io.TextIOWrapper):
    """A text stream that flushes each write, as those of AWS's runtime client do. ``places`` notes who writes."""

    def __init__(self, descriptor: int, errors: str) -> None:
        self.places: LogPlaces | None = None
        raw = io.FileIO(descriptor, "w", closefd=False)
        super().__init__(io.BufferedWriter(raw), encoding="utf-8", errors=errors)

    def write(self, text: str) -> int:
        """Write and flush."""
        if self.places is not None:
            self.places.note(text)
        count = super().write(text)
        self.flush()
        return count


def set_up_process(spec: WorkerSpec) -> tuple[socket.socket, int]:
    """Replace the parent's signal handlers, descriptors, variables and folder.

    Return the socket to the gateway, and a descriptor of the project's folder, which the sandbox may hide.
    """
    os.umask(0o022)
    _reset_signals()
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    _arrange_descriptors(spec.descriptors)
    project = os.open(spec.project, os.O_RDONLY)
    os.environ.clear()
    os.environ.update(spec.function["environment"])
    if sys.platform == "darwin":
        # Otherwise botocore asks the system for proxies, in a way that crashes a forked process.
        os.environ["no_proxy"] = "*"
    time.tzset()
    tempfile.tempdir = None
    os.chdir(_arrange_folders(spec))
    sys.argv = ["/var/runtime/bootstrap.py"]
    _end_with_gateway()
    return socket.socket(fileno=_SOCKET), project


def standard_streams() -> tuple[Unbuffered, Unbuffered]:
    """Open and return stdout and stderr on descriptors 1 and 2."""
    out, err = Unbuffered(1, "strict"), Unbuffered(2, "backslashreplace")
    sys.stdout, sys.stderr = out, err
    return out, err


def peak_memory() -> int:
    """Return the most memory that this process ever held, in bytes."""
    return in_bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def in_bytes(ru_maxrss: int) -> int:
    """Return getrusage's memory in bytes: it is counted in KB, on macOS in bytes."""
    return ru_maxrss if sys.platform == "darwin" else ru_maxrss * 1024


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _arrange_folders(spec: WorkerSpec) -> Path:
    """Arrange for /tmp, and return the working folder."""
    folder, code = Path(spec.function["folder"]), spec.code
    if spec.sandbox is None:
        os.environ["TMPDIR"] = str(folder)
        if code is None:
            return spec.task
        # Functions open the files of their bundle by this variable, as well as by their own path.
        os.environ["LAMBDA_TASK_ROOT"] = str(code.root)
        return code.root
    if code is None:
        spec.sandbox.enter(folder, spec.visible)
        root = spec.sandbox.task
    else:
        mounts = CodeMounts(code.root, code.layers, (*code.written_by_owner, *spec.visible))
        root = spec.sandbox.enter_code(folder, mounts)
    if spec.function.get("program"):
        refuse_writes()
    return root


def _arrange_descriptors(own: Descriptors) -> None:
    # Copied to numbers above all others first, so that no target is overwritten before it was copied.
    sock, output, lifeline = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 64) for fd in (own.sock, own.output, own.lifeline))
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    for source, target in ((sock, _SOCKET), (lifeline, LIFELINE)):
        os.dup2(source, target, inheritable=False)
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    os.closerange(LIFELINE + 1, min(soft, 65536))


def _end_with_gateway() -> None:
    """Have the kernel send SIGIO when the gateway's end of the lifeline closes, which ends also a worker that is stuck.

    On Linux SIGIO ends a process by default. Elsewhere the signal needs a handler, which Python runs between two
    instructions: there a worker that is stuck in C code outlives its gateway, until its parent ends it.
    """
    if sys.platform != "linux":
        signal.signal(signal.SIGIO, lambda *_: os._exit(1))
    fcntl.fcntl(LIFELINE, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(LIFELINE, fcntl.F_GETFL)
    fcntl.fcntl(LIFELINE, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
    try:
        if os.read(LIFELINE, 1) == b"":
            os._exit(1)
    except BlockingIOError:
        return
