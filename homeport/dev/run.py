"""``homeport dev``: check the project, take the ports, then supervise the processes until Ctrl-C."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from homeport.aws.services import SERVICES as AWS_SERVICES
from homeport.aws.services import needs_process, used_services
from homeport.dev.processes import (
    RESOURCES,
    SERVICES_PORT,
    TABLES,
    DevOptions,
    ProcessDependencies,
    ServedApi,
    address,
    list_children,
    listen,
    listen_after,
    listen_at,
    listen_near,
    recorder_place,
    service_children,
)
from homeport.dev.running_instance import RunningInstance, announce, private_runtime_dir
from homeport.dev.supervisor import Supervisor
from homeport.dev.terminal_keys import HINT, TerminalCommands, read_keys
from homeport.dev.watch import ProjectWatcher, notify_gateway
from homeport.dev.worker_setup import Renewer, prepare_workers, worker_files
from homeport.environment import certificates_dir, read_environment
from homeport.errors import Problem
from homeport.package_cache import Say
from homeport.process_states import ProcessStateFile
from homeport.project.check import usable_project
from homeport.project.model import Api
from homeport.project.project import RESOURCES_FILE, Project
from homeport.project.shared import share_project
from homeport.project.stages.stages import LOCAL
from homeport.project.validators.generate import renew_generated
from homeport.runtime.faults import check_faults
from homeport.runtime.node.debugger import debugger_ports
from homeport.runtime.runtimes import node_runtimes
from homeport.terminal import palette_of, show

if TYPE_CHECKING:
    from homeport.dev.certificate import TlsFiles


def run(options: DevOptions) -> int:
    """Run until SIGINT or SIGTERM and return the exit status. Raises HomeportError if it can't start."""
    with ExitStack() as stack:
        warnings: list[Problem] = []

        def read() -> Project:
            found, problems = usable_project(options.project, options.stage, inputs=options.inputs)
            warnings.extend(problems)
            return found

        project, shared = share_project(read)
        check_faults(options.faults, project.resources)
        for warning in runtimes_first(project, warnings):
            say(str(warning))
        for line in start_lines(project):
            say(line)
        listeners = {port.option: stack.enter_context(listen(*port)) for port in options.ports()}
        tls = certificate_of(project, options, say) if options.tls else None
        api, engine, inspector = (listeners.get(name) for name in ("--port", "--dynamodb-port", "--inspector-port"))
        assert api is not None
        if inspector is None and options.inspector_port is not None:
            inspector = stack.enter_context(listen_near(*options.inspector_address))
        services = (
            stack.enter_context(listen_near("127.0.0.1", SERVICES_PORT, "--aws")) if options.has_own_services else None
        )
        functions = stack.enter_context(listen("127.0.0.1", 0, "--port"))
        further = [stack.enter_context(listen_after(api, options.host)) for _ in project.other_apis]
        renew_generated(project)
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
        watcher = _make_watcher(project, deps, supervisor, notify)

        def on_ready() -> None:
            if options.reload:
                watcher.start()
            _list_addresses(deps)
            for line in debugger_lines(project, options.debugger_port):
                say(line)
            _list_services(project, deps)
            for line in domain_lines(project, deps.apis):
                say(line)
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
            )
            stack.enter_context(announce(project.root, found))
            _say_ready(deps)
            if not options.in_process and stack.enter_context(read_keys(_make_commands(deps, supervisor).take)):
                say(HINT)

        stack.callback(watcher.stop)
        supervisor.run(on_ready)
    return 0


def runtimes_first(project: Project, warnings: Sequence[Problem]) -> list[Problem]:
    """Return the warnings, those about functions that can't be run here before all others."""
    lacking = {function.runtime for function in project.api.functions.values() if function.fault} - {""}
    return sorted(warnings, key=lambda warning: not any(f" {runtime}," in warning.message for runtime in lacking))


def start_lines(project: Project) -> Iterator[str]:
    """Yield what there is to know of a template's project before the first request."""
    if not project.template:
        return
    if not any(each.api.operations for each in project.every_api):
        known = ", ".join(list(project.api.functions)[:5])
        yield f"{project.template} has no API: homeport invoke NAME --event FILE runs a function ({known})"
    # APIs share keys by their usage plans.
    yield from dict.fromkeys(
        f"API key {key.name}: send -H 'x-api-key: {key.value}'"
        for each in project.every_api
        for key in each.stage.api_keys.values()
        if key.enabled and f"apiKeys.{key.name}.value" not in each.stage.secrets
    )
    yield from dict.fromkeys(
        f"AWS_IAM: homeport curl METHOD PATH --as {caller.name} signs, with the access key {caller.access_key_id} and "
        f"the secret {caller.secret_access_key}{' and its session token' if caller.session_token else ''}"
        for each in project.every_api
        for caller in each.stage.iam.values()
    )
    takers = [each.api.name for each in project.every_api if _takes_tokens(each.api)]
    if takers:
        instead = (
            ", which is taken here in place of those of the template's issuer" if project.stage.key == LOCAL else ""
        )
        yield f"tokens for {', '.join(takers)}: homeport token prints one{instead}"


def debugger_lines(project: Project, first_port: int | None) -> Iterator[str]:
    """Yield the address at which a debugger reaches each function in Node.js. ``first_port`` None: none is reached."""
    if first_port is None:
        return
    functions = node_runtimes(project.api.functions.values(), project.stage.runtime).values()
    ports = debugger_ports((name for names in functions for name in names), first_port)
    if not ports:
        yield "warning: --inspect is for functions in Node.js, and there are none: --in-process is for Python"
    yield from (f"debugger {name} 127.0.0.1:{port}" for name, port in ports.items())


def certificate_of(project: Project, options: DevOptions, say: Say) -> TlsFiles:
    """Return the certificate of ``--tls``, with the custom domains of the project's APIs. Raises SetupError."""
    from homeport.dev.certificate import TlsFiles, local_certificate, own_certificate

    if options.certificate is not None and options.key is not None:
        return own_certificate(TlsFiles(options.certificate, options.key), certificates_dir())
    names = [each.stage.domain["name"] for each in project.every_api if each.stage.domain]
    host = [] if options.host in ("0.0.0.0", "::") else [options.host]
    return local_certificate([name for name in (*host, *names) if "{" not in name], certificates_dir(), say)


def domain_lines(project: Project, apis: Sequence[ServedApi]) -> Iterator[str]:
    """Yield the URL of each API at its custom domain, which a client reaches where the name leads to this machine."""
    for each, served in zip(project.every_api, apis, strict=True):
        if each.stage.domain and "{" not in each.stage.domain["name"]:
            url = urlsplit(served.url)
            yield f"domain {url.scheme}://{each.stage.domain['name']}:{url.port}{each.stage.domain_base_path}"


def _takes_tokens(api: Api) -> bool:
    return any(authorizer.kind in ("jwt", "cognito") for authorizer in api.used_authorizers.values())


def _served_apis(project: Project, listeners: Sequence[socket.socket], scheme: str) -> tuple[ServedApi, ...]:
    return tuple(
        ServedApi(each.api.name, listener.fileno(), f"{address(listener, scheme)}{each.stage.base_path}")
        for each, listener in zip(project.every_api, listeners, strict=True)
    )


def _say_ready(deps: ProcessDependencies) -> None:
    several = len(deps.apis) > 1
    # One text: who reads the first of these lines can read all of them.
    say("\n".join(f"ready {api.name} {api.url}" if several else f"ready {api.url}" for api in deps.apis))


def _make_watcher(project: Project, deps: ProcessDependencies, supervisor: Supervisor, notify: int) -> ProjectWatcher:
    options = deps.options
    renewer = Renewer(deps.workers, options.stage, options.inputs, supervisor, lambda: notify_gateway(notify), say)

    served = [api.name for api in deps.apis]
    has_services = needs_process(project)

    def on_change(files: Collection[Path], project: Project) -> None:
        template = {Path(project.template or RESOURCES_FILE)}
        tables = template | {Path(table.source.file) for table in project.resources.tables.values()}
        if tables.intersection(files) and options.dynamodb != "none":
            supervisor.run_again(TABLES)
        nonlocal has_services
        if has_services and template.intersection(files):
            supervisor.run_again(RESOURCES)
        elif not has_services and needs_process(project):
            has_services = True
            supervisor.add(service_children(deps))
            _list_services(project, deps)
        names = [each.api.name for each in project.every_api]
        if len(names) != len(served) or (len(names) > 1 and names != served):
            say(f"start again for the ports of other APIs: {', '.join(names)}")
        deciding = worker_files(project) | ({Path(project.template)} if project.template else set())
        if deciding.intersection(files):
            if options.in_process:
                say("start again for other packages or another runtime: handlers run in the gateway's process")
            else:
                renewer.start()

    return ProjectWatcher(project, options.inputs, notify, on_change, say)


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


def _list_addresses(deps: ProcessDependencies) -> None:
    host = deps.options.host
    if host not in {"127.0.0.1", "::1", "localhost"}:
        say(f"warning: listening on {host}: whoever reaches this machine may call the API and read and change its data")
    if deps.endpoint is not None:
        say(f"dynamodb {deps.endpoint}")
    for fault in deps.options.faults.faults:
        say(f"fault {fault.text}")
    if deps.inspector is not None:
        say(f"inspector {deps.inspector}")


def _list_services(project: Project, deps: ProcessDependencies) -> None:
    used = used_services(project)
    if used and deps.aws is not None:
        say(f"aws {deps.aws} ({', '.join(AWS_SERVICES[name].title for name in used)})")


def say(line: str) -> None:
    """Write a line to standard output, at once."""
    show(sys.stdout, f"{line}\n")
