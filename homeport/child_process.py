"""Child processes of ``homeport dev``: the settings that the supervisor gives them, how they follow it, how they end.

Settings travel as one command line argument. This module imports neither Flask nor boto3, so that only the processes
that need them load them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, Self

from homeport.errors import EXIT_STATUS, HomeportError

# The recorder's database, below a project's `.homeport`.
DATABASE = "inspector.db"
# Seconds that a process has to end after SIGTERM.
GRACE = 4.0


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """The settings of every child. A line on ``status``, an inherited descriptor, says that the child is ready.

    ``inputs`` is the text of the project's ``ProjectInputs``, ``shared`` the file in which the supervisor has the
    project as it read it.
    """

    project: str
    stage: str
    inputs: str
    shared: str
    status: int

    def to_argument(self) -> str:
        """Return the settings as one command line argument."""
        return json.dumps(asdict(self))

    @classmethod
    def from_argument(cls, argument: str) -> Self:
        """Read what ``to_argument`` wrote."""
        return cls(**json.loads(argument))

    def report_ready(self) -> None:
        """Tell the supervisor that this process does its work now."""
        # A supervisor that was killed has nobody to tell.
        with suppress(BrokenPipeError):
            os.write(self.status, b"ready\n")


@dataclass(frozen=True, slots=True)
class ServerSettings(ProcessSettings):
    """The settings of a child that serves. ``lifeline`` is the read end of a pipe that the supervisor holds open."""

    lifeline: int

    def follow_supervisor(self) -> None:
        """End this process when the supervisor ends, however that happens, and leave Ctrl-C to the supervisor."""
        threading.Thread(target=_exit_at_end_of, args=(self.lifeline,), daemon=True).start()
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@dataclass(frozen=True, slots=True)
class GatewaySettings(ServerSettings):
    """The settings of the gateway.

    ``listeners`` has the name of each API and its listening socket. Sockets and ``changes`` are inherited descriptors;
    a byte on ``changes`` means that the project's files have changed. With ``reload`` requests take up such changes
    themselves. ``workers`` is the worker parent's socket, ``packages`` the functions' package set, ``sets`` those of
    functions with code of their own. ``dynamodb`` is the endpoint for the functions (None: AWS's own), ``aws`` that of
    all other services (None: there are none); ``outside_aws`` says that they are another's. ``functions`` is a
    listening socket for Lambda's API. ``faults`` are as ``--fault`` has them. ``record`` is the folder that keeps every
    call (None: no call is kept), ``recorder`` the recorder's socket. ``control`` is the socket at which orders are
    taken while the gateway runs (None: there is none). ``record_bodies`` says that the kept calls have the bodies of
    their requests to DynamoDB. ``debugger_port`` is the first port of functions in Node.js that run under a debugger
    (None: none does).
    """

    listeners: tuple[tuple[str, int], ...]
    changes: int
    workers: str
    scratch: str
    packages: str
    dynamodb: str | None
    in_process: bool
    aws: str | None = None
    outside_aws: bool = False
    functions: int = -1
    reload: bool = True
    sets: dict[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    fault_seed: int = 0
    record: str | None = None
    recorder: str | None = None
    control: str | None = None
    record_bodies: bool = False
    debugger_port: int | None = None
    tls: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class RecorderSettings(ServerSettings):
    """The settings of the recorder. ``listener`` is an inherited descriptor, ``file`` the database.

    ``scheme`` is that of the APIs' URLs.
    """

    listener: int
    file: str
    scheme: str = "http"


@dataclass(frozen=True, slots=True)
class InspectorSettings(ServerSettings):
    """The settings of the inspector.

    ``listener`` is an inherited descriptor, ``apis`` the base URL of each API by its name, ``dynamodb`` the endpoint of
    the tables, ``aws`` that of all other services, ``functions`` that of the Lambda API. ``recordings`` is the
    recorder's database, and ``recorded`` says whether it is being filled.
    ``control`` is the gateway's control socket. ``token_file`` keeps the token of state-changing calls: it is
    in a folder that only this user can read, not among the arguments, which anyone can. ``states`` is the file with the
    state of each process.
    """

    listener: int
    apis: dict[str, str]
    dynamodb: str | None
    recordings: str
    recorded: bool
    control: str
    token_file: str
    states: str
    aws: str | None = None
    functions: str | None = None


@dataclass(frozen=True, slots=True)
class TableSetupSettings(ProcessSettings):
    """The settings of the process that makes the tables; with ``afresh`` existing ones are deleted first.

    ``again``: it has run before in this ``homeport dev``, so what it said then of tables that stay is not repeated.
    ``seed_saved``: the seed's file was saved, so tables that are left as they are get a line too.
    """

    endpoint: str
    afresh: bool = False
    again: bool = False
    seed_saved: bool = False


@dataclass(frozen=True, slots=True)
class ResourceSetupSettings(ProcessSettings):
    """The settings of the process that makes buckets, queues and others; with ``afresh`` all are emptied first.

    ``endpoint`` is that of the services. With ``embedded`` it is the kit's own process, which keeps what it holds in
    the folder ``data`` (None: nothing is kept).
    """

    endpoint: str
    embedded: bool
    afresh: bool = False
    data: str | None = None


def _exit_at_end_of(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(0)


def run_setup(prepare: Callable[[], None]) -> int:
    """Run the work of a process that prepares something and ends. Return its exit status: 2 after a clear message."""
    try:
        prepare()
    except HomeportError as error:
        print(f"homeport: {error}", file=sys.stderr)
        return EXIT_STATUS
    return 0


class ChildProcess(Protocol):
    """A process as its parent has it: ``subprocess.Popen``, or one that was forked."""

    pid: int
    returncode: int | Any

    def poll(self) -> int | None:
        """Return the exit status, a signal's number negative, None while the process runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, and return the exit status. Raises subprocess.TimeoutExpired after ``timeout`` seconds."""
        ...

    def send_signal(self, number: int, /) -> None:
        """Send a signal to a process that has not ended."""
        ...

    def terminate(self) -> None:
        """Send SIGTERM."""
        ...

    def kill(self) -> None:
        """Send SIGKILL."""
        ...


def end_process(process: ChildProcess, grace: float = GRACE) -> None:
    """End a process by SIGTERM, and by SIGKILL if it is still there after ``grace`` seconds."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
