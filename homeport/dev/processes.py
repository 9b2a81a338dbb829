"""The processes of ``homeport dev`` and how each is started."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from homeport.dev.options import DevOptions
from homeport.dev.supervisor import Child, Started
from homeport.dynamodb.engine import EngineOptions, start_engine
from homeport.environment import state_dir
from homeport.package_cache import Say
from homeport.runtime.host.launch import ParentSetup, start_parent

TABLES = "the table set-up"
WORKERS = "the worker parent"

Launch = Callable[[int], subprocess.Popen[bytes]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the children find each other: listening sockets, DynamoDB's endpoint, and the read end of the pipe that
    tells the gateway of changed files. ``home`` is a
    folder of this run's own. ``url`` is the API's base, ``inspector`` the inspector's URL (None: there is none).
    ``clearing`` is set when the tables are to be made afresh.
    """

    options: DevOptions
    region: str
    cache: Path
    say: Say
    api_listener: int
    engine_listener: int
    endpoint: str | None
    workers: ParentSetup
    changes: int
    home: Path
    url: str
    inspector_listener: int = -1
    inspector: str | None = None
    clearing: threading.Event = field(default_factory=threading.Event)

    @property
    def fault_switch(self) -> Path:
        """The socket at which faults are taken."""
        return self.options.fault_switch or self.home / "faults"

    @property
    def recorder(self) -> Path | None:
        """The recorder's socket, None: nothing is recorded."""
        return self.home / "recorder" if self.options.recorded else None


def children(around: Surroundings) -> list[Child]:
    """In the order of their start; they are stopped from the first to the last, so the data's keeper comes last."""
    found = [Child("the gateway", lambda lifeline: _gateway(around, lifeline))]
    if around.recorder is not None:
        found.append(Child("the recorder", lambda lifeline: _recorder(around, lifeline), optional=True))
    if around.inspector is not None:
        found.append(Child("the inspector", lambda lifeline: _inspector(around, lifeline), optional=True))
    if not around.options.in_process:
        found.append(Child(WORKERS, parent_start(around.workers)))
    if around.endpoint is not None:
        found.append(Child(TABLES, lambda _: _prepare(around), oneshot=True, follows="DynamoDB"))
    if around.options.embedded:
        found.append(Child("DynamoDB", lambda lifeline: _engine(around, lifeline)))
    return found


def _engine(around: Surroundings, lifeline: int) -> Started:
    options = EngineOptions(data=around.options.data, region=around.region)
    engine = start_engine(
        options, listener=around.engine_listener, lifeline=lifeline, cache=around.cache, say=around.say
    )
    return Started(engine.process, engine.status, engine.take)


def parent_start(setup: ParentSetup) -> Callable[[int], Started]:
    """How the worker parent is started."""
    return lambda lifeline: _with_status(lambda status: start_parent(setup, lifeline, status))


def _gateway(around: Surroundings, lifeline: int) -> Started:
    from homeport.child_process import GatewaySettings

    def launch(status: int) -> subprocess.Popen[bytes]:
        settings = GatewaySettings(
            project=str(around.options.project),
            stage=around.options.stage,
            listener=around.api_listener,
            lifeline=lifeline,
            status=status,
            changes=around.changes,
            packages=str(around.workers.packages),
            workers=str(around.workers.socket_path),
            scratch=str(around.workers.scratch),
            dynamodb=around.endpoint,
            in_process=around.options.in_process,
            faults=tuple(fault.text for fault in around.options.faults.faults),
            fault_seed=around.options.faults.seed,
            record=str(around.options.record) if around.options.record else None,
            recorder=str(around.recorder) if around.recorder else None,
            fault_switch=str(around.fault_switch),
        )
        # A debugger in the handlers needs the terminal, which only its foreground process group may read.
        group = None if around.options.in_process else 0
        command = [sys.executable, "-m", "homeport.gateway.process", settings.to_argument()]
        return subprocess.Popen(
            command, pass_fds=(around.api_listener, lifeline, status, around.changes), process_group=group
        )

    return _with_status(launch)


def _recorder(around: Surroundings, lifeline: int) -> Started:
    from homeport.child_process import DATABASE, RecorderSettings

    def launch(status: int) -> subprocess.Popen[bytes]:
        settings = RecorderSettings(
            project=str(around.options.project),
            stage=around.options.stage,
            place=str(around.recorder),
            file=str(state_dir(around.options.project) / DATABASE),
            lifeline=lifeline,
            status=status,
        )
        command = [sys.executable, "-m", "homeport.recordings.recorder", settings.to_argument()]
        return subprocess.Popen(command, pass_fds=(lifeline, status), process_group=0, stdin=subprocess.DEVNULL)

    return _with_status(launch)


def _inspector(around: Surroundings, lifeline: int) -> Started:
    from homeport.child_process import DATABASE, InspectorSettings

    def launch(status: int) -> subprocess.Popen[bytes]:
        settings = InspectorSettings(
            project=str(around.options.project),
            stage=around.options.stage,
            listener=around.inspector_listener,
            lifeline=lifeline,
            status=status,
            api=around.url,
            dynamodb=around.endpoint,
            recordings=str(state_dir(around.options.project) / DATABASE),
            recorded=around.options.recorded,
            fault_switch=str(around.fault_switch),
            token_file=str(around.home / "inspector-token"),
        )
        command = [sys.executable, "-m", "homeport.inspector.process", settings.to_argument()]
        kept = (around.inspector_listener, lifeline, status)
        return subprocess.Popen(command, pass_fds=kept, process_group=0, stdin=subprocess.DEVNULL)

    return _with_status(launch)


def _prepare(around: Surroundings) -> Started:
    from homeport.child_process import TableSetupSettings

    afresh = around.clearing.is_set()
    around.clearing.clear()

    def launch(status: int) -> subprocess.Popen[bytes]:
        settings = TableSetupSettings(
            project=str(around.options.project),
            stage=around.options.stage,
            endpoint=around.endpoint or "",
            status=status,
            afresh=afresh,
        )
        command = [sys.executable, "-m", "homeport.dynamodb.prepare", settings.to_argument()]
        return subprocess.Popen(command, pass_fds=(status,), process_group=0, stdin=subprocess.DEVNULL)

    return _with_status(launch)


def _with_status(launch: Launch) -> Started:
    status, write = os.pipe()
    try:
        return Started(launch(write), status)
    finally:
        os.close(write)
