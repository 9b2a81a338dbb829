"""``homeport dev``: check the project, take the ports, then supervise the processes until Ctrl-C."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.aws.services import needs_process
from homeport.dev.expected_parent import ExpectedParent
from homeport.dev.listening import address, listen, listen_after, listen_at, listen_near
from homeport.dev.processes import (
    RESOURCES,
    SERVICES_PORT,
    TABLES,
    DevOptions,
    ProcessDependencies,
    ServedApi,
    list_children,
    recorder_place,
    service_children,
)
from homeport.dev.running_instance import RunningInstance, announce, ports_of, private_runtime_dir, running_instances
from homeport.dev.start_report import (
    address_lines,
    debugger_lines,
    domain_lines,
    port_lines,
    ready_text,
    route_lines,
    runtimes_first,
    service_lines,
    template_lines,
    title_line,
)
from homeport.dev.supervisor import Supervisor
from homeport.dev.terminal_keys import HINT, TerminalCommands, read_keys
from homeport.dev.watch import ProjectWatcher, notify_gateway
from homeport.dev.worker_setup import Renewer, prepare_workers, worker_files
from homeport.environment import EXTRA_MODULES, certificates_dir, read_environment, state_dir
from homeport.errors import Problem, SetupError
from homeport.package_cache import Say
from homeport.process_states import ProcessStateFile
from homeport.project.check import usable_project
from homeport.project.editor_schemas import write_schemas
from homeport.project.first_request import first_request
from homeport.project.project import RESOURCES_FILE, SEED_FOLDER, Project
from homeport.project.shared import share_project
from homeport.project.validators.generate import renew_generated
from homeport.runtime.faults import check_faults
from homeport.terminal import Colour, palette_of, problem_lines, show, style_of

if TYPE_CHECKING:
    from homeport.dev.certificate import TlsFiles


def run(options: DevOptions, parent: ExpectedParent | None = None) -> int:
    """Run until SIGINT or SIGTERM and return the exit status.

    ``parent`` is a worker parent that has been started before the project is read, None if there is none. Raises
    HomeportError if it can't start, and ModuleNotFoundError for a package that is not installed.
    """
    _require_packages()
    with ExitStack() as stack:
        warnings: list[Problem] = []

        def read() -> Project:
            found, problems = usable_project(options.project, options.stage, inputs=options.inputs)
            warnings.extend(problems)
            return found

        project, shared = share_project(read)
        check_faults(options.faults, project.resources)
        style = style_of(sys.stdout)
        _say_all(title_line(project, style))
        for warning in runtimes_first(project, warnings):
            _say_all(problem_lines(warning, style))
        _say_all(route_lines(project, style))
        _say_all(template_lines(project))
        others = running_instances(project.root)
        reject_shared_data(options.data if options.embedded else None, others)
        listeners = open_listeners(options, others, stack)
        tls = certificate_of(project, options, say) if options.tls else None
        api, engine, inspector = (listeners.get(name) for name in ("--port", "--dynamodb-port", "--inspector-port"))
        assert api is not None
        services = (
            stack.enter_context(listen_near("127.0.0.1", SERVICES_PORT, "--aws")) if options.has_own_services else None
        )
        functions = stack.enter_context(listen("127.0.0.1", 0, "--port"))
        further = [stack.enter_context(listen_after(api, options.host)) for _ in project.other_apis]
        _write_made_files(project)
        runtime_dir = stack.enter_context(private_runtime_dir())
        recorder = stack.enter_context(listen_at(recorder_place(runtime_dir))) if options.recorded else None
        changes, notify = os.pipe()
        cache = read_environment().cache_dir
        deps = ProcessDependencies(
            options=options,
            region=project.stage.region,
            cache=cache,
            say=say,
            apis=_served_apis(project, [api, *further], options.scheme),
            engine_listener=engine.fileno() if engine else -1,
            endpoint=address(engine) if engine else None if options.dynamodb == "none" else options.dynamodb,
            aws=address(services) if services else None if options.aws == "none" else options.aws,
            functions_listener=functions.fileno(),
            functions=address(functions),
            services_listener=services.fileno() if services else -1,
            workers=prepare_workers(project, runtime_dir, say),
            expected_parent=parent,
            changes=changes,
            runtime_dir=runtime_dir,
            inspector_listener=inspector.fileno() if inspector else -1,
            recorder_listener=recorder.fileno() if recorder else -1,
            inspector=address(inspector) if inspector else None,
            tls=tls,
        )
        deps.shared.write_bytes(shared)
        children = list_children(deps, has_services=needs_process(project))
        supervisor = Supervisor(children, say, publish=ProcessStateFile(deps.states).write)
        watcher = _make_watcher(project, deps, supervisor, notify, warnings)

        def on_ready() -> None:
            if options.reload:
                watcher.start()
            if style is not None:
                say("")
            _say_all(address_lines(project, deps, style))
            _say_all(debugger_lines(project, options.debugger_port))
            _say_all(service_lines(project, deps, style))
            _say_all(domain_lines(project, deps.apis))
            data = str(options.data) if options.embedded and options.data else None
            seeded = time.time() if options.embedded and not options.data else None
            urls = {each.name: each.url for each in deps.apis}
            given = options.inputs.to_text()
            found = RunningInstance(
                deps.url,
                deps.endpoint,
                options.stage,
                data,
                seeded_at=seeded,
                apis=urls,
                inputs=given,
                functions=deps.functions,
                aws=deps.aws if needs_process(project) else None,
                recorder=str(deps.recorder) if deps.recorder is not None else None,
                inspector=deps.inspector,
            )
            stack.enter_context(announce(project.root, found))
            say(ready_text(deps.apis))
            keys = read_keys(_make_commands(deps, supervisor).take)
            has_keys = not options.in_process and stack.enter_context(keys)
            request = first_request(project, deps.url)
            if hints := list(filter(None, (request and f"try {request}", HINT if has_keys else ""))):
                say(", or ".join(hints))

        stack.callback(watcher.stop)
        supervisor.run(on_ready)
        if style is None:
            say("stopped")
    return 0


def _write_made_files(project: Project) -> None:
    """Write what is made of a project's files: the validators, and for editors the schemas."""
    renew_generated(project)
    if not project.template:
        write_schemas(state_dir(project.root))


def _require_packages() -> None:
    # The processes that are started here import them, and could only say so by a traceback each.
    for name in EXTRA_MODULES["local"]:
        if find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def reject_shared_data(data: Path | None, others: Sequence[RunningInstance]) -> None:
    """Raise SetupError where another ``homeport dev`` has these data, which one process at a time may change."""
    user = next((other for other in others if data is not None and other.data == str(data)), None)
    if user is not None:
        raise SetupError(
            f"homeport dev of this project runs already, {user}, with the data in {data}",
            "use that one, or start another one with other data: --no-data or --data DIR",
        )


def open_listeners(
    options: DevOptions, others: Sequence[RunningInstance], stack: ExitStack
) -> dict[str, socket.socket]:
    """Return the listening sockets by their options, and say where another port was taken than the usual one."""
    own = ports_of(others)
    found: dict[str, socket.socket] = {}
    for wanted in options.ports():
        if wanted.option == "--inspector-port" and not wanted.chosen and wanted.port:
            wanted = wanted._replace(port=(_port_of(found["--port"]) + 1) % 65_536)
        try:
            found[wanted.option] = stack.enter_context(wanted.listen())
        except SetupError as error:
            raise own_port_error(wanted.port, others) or error from None
        _say_all(port_lines(wanted, _port_of(found[wanted.option]), own))
    return found


def own_port_error(port: int, others: Sequence[RunningInstance]) -> SetupError | None:
    """Return the error for a port that another ``homeport dev`` of this project has, None: none of them has it."""
    user = next((other for other in others if port in other.ports), None)
    if user is None:
        return None
    return SetupError(
        f"port {port} is in use by the homeport dev of this project that runs, {user}", "use that one, or stop it"
    )


def _port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def certificate_of(project: Project, options: DevOptions, say: Say) -> TlsFiles:
    """Return the certificate of ``--tls``, with the custom domains of the project's APIs. Raises SetupError."""
    from homeport.dev.certificate import TlsFiles, local_certificate, own_certificate

    if options.certificate is not None and options.key is not None:
        return own_certificate(TlsFiles(options.certificate, options.key), certificates_dir())
    names = [each.stage.domain["name"] for each in project.every_api if each.stage.domain]
    host = [] if options.host in ("0.0.0.0", "::") else [options.host]
    return local_certificate([name for name in (*host, *names) if "{" not in name], certificates_dir(), say)


def _served_apis(project: Project, listeners: Sequence[socket.socket], scheme: str) -> tuple[ServedApi, ...]:
    return tuple(
        ServedApi(each.api.name, listener.fileno(), f"{address(listener, scheme)}{each.stage.base_path}")
        for each, listener in zip(project.every_api, listeners, strict=True)
    )


def seed_files(project: Project) -> set[Path]:
    """Return the files, relative to the project, that hold items for its tables."""
    return {Path(SEED_FOLDER, f"{project.stage.key}.json"), *(Path(each.file) for each in project.table_seeds)}


def _make_watcher(
    project: Project,
    deps: ProcessDependencies,
    supervisor: Supervisor,
    notify: int,
    warnings: Collection[Problem],
) -> ProjectWatcher:
    options = deps.options
    renewer = Renewer(deps.workers, options.stage, options.inputs, supervisor, lambda: notify_gateway(notify), say)

    served = [api.name for api in deps.apis]
    has_services = needs_process(project)

    def on_change(files: Collection[Path], project: Project) -> None:
        template = {Path(project.template or RESOURCES_FILE)}
        tables = template | {Path(table.source.file) for table in project.resources.tables.values()}
        if tables.intersection(files) and options.dynamodb != "none":
            supervisor.run_again(TABLES)
        elif deps.endpoint is not None and seed_files(project).intersection(files):
            deps.seeding.set()
            supervisor.run_again(TABLES)
        nonlocal has_services
        if has_services and template.intersection(files):
            supervisor.run_again(RESOURCES)
        elif not has_services and needs_process(project):
            has_services = True
            supervisor.add(service_children(deps))
            _say_all(service_lines(project, deps, None))
        names = [each.api.name for each in project.every_api]
        if len(names) != len(served) or (len(names) > 1 and names != served):
            say(f"start again for the ports of other APIs: {', '.join(names)}")
        deciding = worker_files(project) | ({Path(project.template)} if project.template else set())
        if deciding.intersection(files):
            if options.in_process:
                say("start again for other packages or another runtime: handlers run in the gateway's process")
            else:
                renewer.start()

    python = deps.workers.interpreter.path
    return ProjectWatcher(project, options.inputs, notify, on_change, say, python, warnings)


def _make_commands(deps: ProcessDependencies, supervisor: Supervisor) -> TerminalCommands:
    def clear() -> None:
        deps.clearing.set()
        deps.emptying.set()
        supervisor.run_again(TABLES)
        supervisor.run_again(RESOURCES)

    return TerminalCommands(
        deps.inspector,
        deps.control,
        clear if deps.endpoint is not None else None,
        deps.options.faults,
        say,
        palette_of(sys.stdout),
    )


def _say_all(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)


def say(line: str) -> None:
    """Write a line to standard output, at once; a problem of the project is coloured in a terminal."""
    palette = palette_of(sys.stdout)
    show(sys.stdout, "".join(f"{palette.paint(_colour(part), part)}\n" for part in line.split("\n")))


def _colour(line: str) -> Colour | None:
    return "red" if ": error: " in line else "yellow" if line.startswith("warning: ") else None
