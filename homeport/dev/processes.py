"""The options of ``homeport dev``, and how each of its processes is started."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from homeport.aws.engine import ServicesOptions, start_services
from homeport.child_process import (
    DATABASE,
    ChildProcess,
    GatewaySettings,
    InspectorSettings,
    ProcessSettings,
    RecorderSettings,
    ResourceSetupSettings,
    TableSetupSettings,
)
from homeport.dev.expected_parent import ExpectedParent
from homeport.dev.forked_process import can_fork, fork_module
from homeport.dev.listening import WantedPort
from homeport.dev.supervisor import Child, Started
from homeport.dynamodb.engine import EngineOptions, start_engine
from homeport.dynamodb.read_lag import STRONG, ReadLag
from homeport.environment import state_dir
from homeport.package_cache import Say
from homeport.project.project import NO_INPUTS, ProjectInputs
from homeport.runtime.faults import Faults
from homeport.runtime.host.launch import ParentSetup, start_parent

if TYPE_CHECKING:
    # It imports cryptography, which takes 0.1 s.
    from homeport.dev.certificate import TlsFiles


TABLES = "the table set-up"
RESOURCES = "the resource set-up"
SERVICES = "the services of AWS"
WORKERS = "the worker parent"
SERVICES_PORT = 4566
"""The port at which SDKs and tools expect the services of AWS on this machine; a free one where it is taken."""


@dataclass(frozen=True, slots=True)
class DevOptions:
    """The options of ``homeport dev``.

    ``dynamodb`` is ``embedded``, ``none`` or an endpoint's URL, and so is ``aws``, which stands for all other services;
    ``data`` is the engine's folder (None: data are kept in memory only), ``lag`` that of its eventually consistent
    reads; with ``throttle`` its tables hold their provisioned throughput. ``faults``
    are the faults of DynamoDB to start with. ``record`` is a folder that gets every call, for tests that look behind
    the API, with ``record_bodies`` the bodies of calls to DynamoDB too; ``control`` is a socket at which they give
    orders.
    ``recorded`` says whether the inspector's database keeps requests. The inspector listens at ``inspector_host`` and
    ``inspector_port`` (None: there is no inspector). ``chosen_ports`` are the options of the ports that were asked for;
    a free port replaces any other one that is taken. ``debugger_port`` is the first port of functions in Node.js that
    debuggers may attach to.
    """

    project: Path
    stage: str
    host: str
    port: int
    dynamodb: str
    dynamodb_port: int
    data: Path | None
    in_process: bool
    reload: bool
    inputs: ProjectInputs = NO_INPUTS
    faults: Faults = field(default_factory=Faults)
    record: Path | None = None
    recorded: bool = True
    inspector_host: str = "127.0.0.1"
    inspector_port: int | None = None
    chosen_ports: frozenset[str] = frozenset()
    control: Path | None = None
    record_bodies: bool = False
    lag: ReadLag = STRONG
    throttle: bool = False
    debugger_port: int | None = None
    aws: str = "embedded"
    tls: bool = False
    certificate: Path | None = None
    key: Path | None = None

    @property
    def scheme(self) -> str:
        """The scheme of the APIs' URLs."""
        return "https" if self.tls else "http"

    @property
    def embedded(self) -> bool:
        """True if the kit runs the DynamoDB engine itself."""
        return self.dynamodb == "embedded"

    @property
    def has_own_services(self) -> bool:
        """True if the kit runs the other services itself, where the project uses any."""
        return self.aws == "embedded"

    def ports(self) -> Iterator[WantedPort]:
        """Yield the addresses to listen at."""
        yield self._wanted_port("--port", self.host, self.port)
        if self.embedded:
            yield self._wanted_port("--dynamodb-port", "127.0.0.1", self.dynamodb_port)
        if self.inspector_port is not None:
            yield self._wanted_port("--inspector-port", self.inspector_host, self.inspector_port)

    def _wanted_port(self, option: str, host: str, port: int) -> WantedPort:
        return WantedPort(host, port, option, option in self.chosen_ports)


class ServedApi(NamedTuple):
    """An API and its port: ``name`` as in ``Api.name``, the listening socket, and the API's base URL."""

    name: str
    listener: int
    url: str


@dataclass(frozen=True, slots=True)
class ProcessDependencies:
    """The resources that the processes share.

    ``apis`` are the project's, the first one at the port that was asked for. ``engine_listener``,
    ``inspector_listener`` and ``recorder_listener`` are listening sockets (-1: there is none).
    ``changes`` is the read end of the pipe that tells the gateway of changed files. ``endpoint`` is DynamoDB's,
    ``aws`` that of the other services, ``inspector`` the inspector's URL (None: there is none). ``runtime_dir`` is a
    private folder of this run. ``clearing`` is set when the tables are to be deleted and made again, and
    ``emptying`` when the other services are; ``seeding`` when the seed's file was saved, and ``tables_made`` once the
    tables were set up. ``services_listener`` is where the kit's own services will listen, and
    ``functions_listener`` where the gateway has Lambda's API, with the URL ``functions``. ``tls`` is the certificate of
    APIs that speak HTTPS, ``expected_parent`` the worker parent that began before the project was read.
    """

    options: DevOptions
    region: str
    cache: Path
    say: Say
    apis: tuple[ServedApi, ...]
    engine_listener: int
    endpoint: str | None
    workers: ParentSetup
    changes: int
    runtime_dir: Path
    inspector_listener: int = -1
    recorder_listener: int = -1
    inspector: str | None = None
    clearing: threading.Event = field(default_factory=threading.Event)
    aws: str | None = None
    services_listener: int = -1
    functions_listener: int = -1
    functions: str | None = None
    emptying: threading.Event = field(default_factory=threading.Event)
    seeding: threading.Event = field(default_factory=threading.Event)
    tables_made: threading.Event = field(default_factory=threading.Event)
    tls: TlsFiles | None = None
    expected_parent: ExpectedParent | None = None

    @property
    def shared(self) -> Path:
        """The file in which the other processes find the project as this one has read it."""
        return self.runtime_dir / "project"

    @property
    def states(self) -> Path:
        """The file with the state of each process."""
        return self.runtime_dir / "processes.json"

    @property
    def url(self) -> str:
        """The base URL of the first API."""
        return self.apis[0].url

    @property
    def control(self) -> Path:
        """The socket at which orders are taken."""
        return self.options.control or self.runtime_dir / "control"

    @property
    def recorder(self) -> Path | None:
        """The recorder's socket, None if requests are not recorded."""
        return recorder_place(self.runtime_dir) if self.options.recorded else None

    @property
    def database(self) -> Path:
        """The recorder's database."""
        return state_dir(self.options.project) / DATABASE


def recorder_place(runtime_dir: Path) -> Path:
    """Return the recorder's socket in the folder of a run."""
    return runtime_dir / "recorder"


def list_children(deps: ProcessDependencies, *, has_services: bool) -> list[Child]:
    """Return the children in the order of their start; ``has_services`` says whether the project uses further services.

    They are stopped in the same order: DynamoDB, which keeps the data, comes last.
    """
    children = [Child("the gateway", lambda lifeline: _start_gateway(deps, lifeline), url=deps.url)]
    if deps.recorder is not None:
        children.append(
            Child(
                "the recorder",
                lambda lifeline: _start_recorder(deps, lifeline),
                optional=True,
                listener=deps.recorder_listener,
                drains=True,
            )
        )
    if deps.inspector is not None:
        children.append(
            Child(
                "the inspector",
                partial(_start_inspector, deps),
                optional=True,
                listener=deps.inspector_listener,
                url=deps.inspector,
            )
        )
    if not deps.options.in_process:
        children.append(Child(WORKERS, worker_parent_starter(deps.workers, deps.expected_parent)))
    if deps.endpoint is not None:
        children.append(Child(TABLES, lambda _: _start_table_setup(deps), oneshot=True, follows="DynamoDB"))
    if has_services:
        children.extend(service_children(deps))
    if deps.options.embedded:
        children.append(Child("DynamoDB", lambda lifeline: _start_engine(deps, lifeline), url=deps.endpoint or ""))
    return children


def service_children(deps: ProcessDependencies) -> list[Child]:
    """Return the children for the services beside DynamoDB, none where there are to be none."""
    if deps.aws is None:
        return []
    setup = Child(RESOURCES, lambda _: _start_resource_setup(deps), oneshot=True, follows=SERVICES)
    if not deps.options.has_own_services:
        return [setup]
    return [setup, Child(SERVICES, lambda lifeline: _start_services(deps, lifeline), url=deps.aws)]


def worker_parent_starter(setup: ParentSetup, expected: ExpectedParent | None = None) -> Callable[[int], Started]:
    """Return the function that starts the worker parent, as ``Child`` takes it.

    The first start takes the ``expected`` one, if that is right for the setup.
    """

    def start(lifeline: int) -> Started:
        if expected is not None and (taken := expected.take(setup)) is not None:
            return Started(*taken)
        return _start_with_status(lambda status: start_parent(setup, lifeline, status))

    return start


def _start_engine(deps: ProcessDependencies, lifeline: int) -> Started:
    asked = deps.options
    options = EngineOptions(data=asked.data, region=deps.region, lag=asked.lag, throttle=asked.throttle)
    engine = start_engine(options, listener=deps.engine_listener, lifeline=lifeline, cache=deps.cache, say=deps.say)
    return Started(engine.process, engine.status, engine.take)


def _start_services(deps: ProcessDependencies, lifeline: int) -> Started:
    data = deps.options.data / "aws" if deps.options.data else None
    options = ServicesOptions(data, deps.region, dynamodb=deps.endpoint, functions=deps.functions)
    found = start_services(options, listener=deps.services_listener, lifeline=lifeline, cache=deps.cache, say=deps.say)
    return Started(found.process, found.status, found.take)


def _start_resource_setup(deps: ProcessDependencies) -> Started:
    afresh = deps.emptying.is_set()
    deps.emptying.clear()
    settings = partial(
        ResourceSetupSettings,
        endpoint=deps.aws or "",
        embedded=deps.options.has_own_services,
        data=str(deps.options.data / "aws") if deps.options.has_own_services and deps.options.data else None,
        afresh=afresh,
    )
    return _start_module(deps, "homeport.aws.setup.process", settings, ())


def _start_gateway(deps: ProcessDependencies, lifeline: int) -> Started:
    options = deps.options
    settings = partial(
        GatewaySettings,
        listeners=tuple((api.name, api.listener) for api in deps.apis),
        lifeline=lifeline,
        changes=deps.changes,
        packages=str(deps.workers.packages),
        sets={key: str(folder) for key, folder in deps.workers.sets.items()},
        workers=str(deps.workers.socket_path),
        scratch=str(deps.workers.scratch),
        dynamodb=deps.endpoint,
        aws=deps.aws,
        outside_aws=not options.has_own_services,
        functions=deps.functions_listener,
        in_process=options.in_process,
        reload=options.reload,
        faults=tuple(fault.text for fault in options.faults.faults),
        fault_seed=options.faults.seed,
        record=str(options.record) if options.record else None,
        recorder=str(deps.recorder) if deps.recorder else None,
        control=str(deps.control),
        record_bodies=options.record_bodies,
        debugger_port=options.debugger_port,
        tls=(str(deps.tls.certificate), str(deps.tls.key)) if deps.tls else None,
    )
    # A debugger in the handlers needs the terminal, which only its foreground process group may read.
    group = None if options.in_process else 0
    inherited = (*(api.listener for api in deps.apis), lifeline, deps.changes, deps.functions_listener)
    return _start_module(deps, "homeport.gateway.process", settings, inherited, group=group, stdin=None)


def _start_recorder(deps: ProcessDependencies, lifeline: int) -> Started:
    settings = partial(
        RecorderSettings,
        listener=deps.recorder_listener,
        file=str(deps.database),
        scheme=deps.options.scheme,
        lifeline=lifeline,
    )
    return _start_module(deps, "homeport.recordings.recorder", settings, (deps.recorder_listener, lifeline))


def _start_inspector(deps: ProcessDependencies, lifeline: int) -> Started:
    settings = partial(
        InspectorSettings,
        listener=deps.inspector_listener,
        lifeline=lifeline,
        apis={api.name: api.url for api in deps.apis},
        dynamodb=deps.endpoint,
        recordings=str(deps.database),
        recorded=deps.options.recorded,
        control=str(deps.control),
        token_file=str(deps.runtime_dir / "inspector-token"),
        states=str(deps.states),
        aws=deps.aws,
        functions=deps.functions,
    )
    return _start_module(deps, "homeport.inspector.process", settings, (deps.inspector_listener, lifeline))


def _start_table_setup(deps: ProcessDependencies) -> Started:
    settings = partial(
        TableSetupSettings,
        endpoint=deps.endpoint or "",
        afresh=deps.clearing.is_set(),
        again=deps.tables_made.is_set(),
        seed_saved=deps.seeding.is_set(),
    )
    deps.clearing.clear()
    deps.seeding.clear()
    deps.tables_made.set()
    return _start_module(deps, "homeport.dynamodb.table_setup", settings, ())


def _start_module(
    deps: ProcessDependencies,
    module: str,
    settings: Callable[..., ProcessSettings],
    inherited: Sequence[int],
    *,
    group: int | None = 0,
    stdin: int | None = subprocess.DEVNULL,
) -> Started:
    """Start a module of the kit; ``settings`` still lack those that every child has."""
    options = deps.options
    of_project = partial(
        settings,
        project=str(options.project),
        stage=options.stage,
        inputs=options.inputs.to_text(),
        shared=str(deps.shared),
    )

    def launch(status: int) -> ChildProcess:
        argument = of_project(status=status).to_argument()
        if group == 0 and can_fork():
            # All that are forked import it: before the first fork that takes 13 ms, and after it each of them as long.
            import_module("homeport.http_client")
            return fork_module(module, argument, (*inherited, status), stdin)
        command = [sys.executable, "-m", module, argument]
        return subprocess.Popen(command, pass_fds=(*inherited, status), process_group=group, stdin=stdin)

    return _start_with_status(launch)


def _start_with_status(launch: Callable[[int], ChildProcess]) -> Started:
    status, write = os.pipe()
    try:
        return Started(launch(write), status)
    finally:
        os.close(write)
