"""``homeport dev``: check the project, take the ports, then supervise the processes until Ctrl-C."""

from __future__ import annotations

import gc
import os
import socket
import sys
import time
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.aws.services import needs_process
from homeport.dev.changed_files import ChangedFiles
from homeport.dev.console import say, say_all
from homeport.dev.expected_parent import ExpectedParent
from homeport.dev.listening import address
from homeport.dev.processes import RESOURCES, TABLES, DevOptions, ProcessDependencies, ServedApi, list_children
from homeport.dev.run_listeners import RunListeners, open_listeners
from homeport.dev.running_instance import RunningInstance, announce, private_runtime_dir, running_instances
from homeport.dev.start_report import endpoint_lines, project_lines, ready_text
from homeport.dev.supervisor import Supervisor
from homeport.dev.terminal_keys import HINT, TerminalCommands, read_keys
from homeport.dev.watch import ProjectWatcher, notify_gateway
from homeport.dev.worker_setup import Renewer, prepare_workers
from homeport.environment import EXTRA_MODULES, certificates_dir, read_environment, state_dir
from homeport.errors import Problem, SetupError
from homeport.package_cache import Say
from homeport.process_states import ProcessStateFile
from homeport.project.check import usable_project
from homeport.project.editor_schemas import write_schemas
from homeport.project.first_request import first_request
from homeport.project.project import Project
from homeport.project.shared import share_project
from homeport.project.validators.generate import renew_generated
from homeport.runtime.faults import check_faults
from homeport.terminal import palette_of, style_of

if TYPE_CHECKING:
    from homeport.dev.certificate import TlsFiles


def run(options: DevOptions, parent: ExpectedParent | None = None) -> int:
    """Run until SIGINT or SIGTERM and return the exit status.

    ``parent`` is a worker parent that has been started before the project is read, None if there is none. Raises
    HomeportError if it can't start, and ModuleNotFoundError for a package that is not installed.
    """
    _require_packages()
    style = style_of(sys.stdout)
    with ExitStack() as stack:
        warnings: list[Problem] = []
        project, shared = share_project(partial(_read_project, options, warnings))
        check_faults(options.faults, project.resources)
        say_all(project_lines(project, warnings, style))
        others = running_instances(project.root)
        reject_shared_data(options.data if options.embedded else None, others)
        runtime_dir = stack.enter_context(private_runtime_dir())
        listeners = open_listeners(options, others, len(project.every_api), runtime_dir, stack)
        _write_made_files(project)
        changes, notify = os.pipe()
        deps = _dependencies(project, options, listeners, runtime_dir, changes, parent)
        deps.shared.write_bytes(shared)
        children = list_children(deps, has_services=needs_process(project))
        supervisor = Supervisor(children, say, publish=ProcessStateFile(deps.states).write)
        watcher = _make_watcher(project, deps, supervisor, notify, warnings)

        def on_ready() -> None:
            if options.reload:
                watcher.start()
            say_all(endpoint_lines(project, deps, style))
            stack.enter_context(announce(project.root, _instance(project, deps)))
            say(ready_text(deps.apis))
            keys = read_keys(_make_commands(deps, supervisor).take)
            has_keys = not options.in_process and stack.enter_context(keys)
            request = first_request(project, deps.url)
            if hints := list(filter(None, (request and f"try {request}", HINT if has_keys else ""))):
                say(", or ".join(hints))

        stack.callback(watcher.stop)
        gc.enable()
        supervisor.run(on_ready)
        if style is None:
            say("stopped")
    return 0


def _require_packages() -> None:
    # The processes that are started here import them, and could only say so by a traceback each.
    for name in EXTRA_MODULES["local"]:
        if find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _read_project(options: DevOptions, warnings: list[Problem]) -> Project:
    project, problems = usable_project(options.project, options.stage, inputs=options.inputs)
    warnings.extend(problems)
    return project


def reject_shared_data(data: Path | None, others: Sequence[RunningInstance]) -> None:
    """Raise SetupError where another ``homeport dev`` has these data, which one process at a time may change."""
    user = next((other for other in others if data is not None and other.data == str(data)), None)
    if user is not None:
        raise SetupError(
            f"homeport dev of this project runs already, {user}, with the data in {data}",
            "use that one, or start another one with other data: --no-data or --data DIR",
        )


def certificate_of(project: Project, options: DevOptions, say: Say) -> TlsFiles:
    """Return the certificate of ``--tls``, with the custom domains of the project's APIs. Raises SetupError."""
    from homeport.dev.certificate import TlsFiles, local_certificate, own_certificate

    if options.certificate is not None and options.key is not None:
        return own_certificate(TlsFiles(options.certificate, options.key), certificates_dir())
    names = [each.stage.domain["name"] for each in project.every_api if each.stage.domain]
    host = [] if options.host in ("0.0.0.0", "::") else [options.host]
    return local_certificate([name for name in (*host, *names) if "{" not in name], certificates_dir(), say)


def _write_made_files(project: Project) -> None:
    """Write what is made of a project's files: the validators, and for editors the schemas."""
    renew_generated(project)
    if not project.template:
        write_schemas(state_dir(project.root))


def _dependencies(
    project: Project,
    options: DevOptions,
    listeners: RunListeners,
    runtime_dir: Path,
    changes: int,
    parent: ExpectedParent | None,
) -> ProcessDependencies:
    engine, services, inspector = listeners.engine, listeners.services, listeners.inspector
    return ProcessDependencies(
        options=options,
        region=project.stage.region,
        cache=read_environment().cache_dir,
        say=say,
        apis=_served_apis(project, listeners.apis, options.scheme),
        engine_listener=_descriptor(engine),
        endpoint=address(engine) if engine else None if options.dynamodb == "none" else options.dynamodb,
        aws=address(services) if services else None if options.aws == "none" else options.aws,
        functions_listener=listeners.functions.fileno(),
        functions=address(listeners.functions),
        services_listener=_descriptor(services),
        workers=prepare_workers(project, runtime_dir, say),
        expected_parent=parent,
        changes=changes,
        runtime_dir=runtime_dir,
        inspector_listener=_descriptor(inspector),
        recorder_listener=_descriptor(listeners.recorder),
        inspector=address(inspector) if inspector else None,
        tls=certificate_of(project, options, say) if options.tls else None,
    )


def _descriptor(listener: socket.socket | None) -> int:
    return -1 if listener is None else listener.fileno()


def _served_apis(project: Project, listeners: Sequence[socket.socket], scheme: str) -> tuple[ServedApi, ...]:
    return tuple(
        ServedApi(each.api.name, listener.fileno(), f"{address(listener, scheme)}{each.stage.base_path}")
        for each, listener in zip(project.every_api, listeners, strict=True)
    )


def _make_watcher(
    project: Project,
    deps: ProcessDependencies,
    supervisor: Supervisor,
    notify: int,
    warnings: Collection[Problem],
) -> ProjectWatcher:
    options = deps.options
    renewer = Renewer(deps.workers, options.stage, options.inputs, supervisor, lambda: notify_gateway(notify), say)
    on_change = ChangedFiles(project, deps, supervisor, renewer).take
    return ProjectWatcher(project, options.inputs, notify, on_change, say, deps.workers.interpreter.path, warnings)


def _instance(project: Project, deps: ProcessDependencies) -> RunningInstance:
    """Return what other commands may know of this run."""
    options = deps.options
    return RunningInstance(
        deps.url,
        deps.endpoint,
        options.stage,
        str(options.data) if options.embedded and options.data else None,
        seeded_at=time.time() if options.embedded and not options.data else None,
        apis={each.name: each.url for each in deps.apis},
        inputs=options.inputs.to_text(),
        functions=deps.functions,
        aws=deps.aws if needs_process(project) else None,
        recorder=str(deps.recorder) if deps.recorder is not None else None,
        inspector=deps.inspector,
    )


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
