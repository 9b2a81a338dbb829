"""The gateway's process: one project, one stage, a listening socket of the supervisor's for each API."""

from __future__ import annotations

import gc
import logging
import os
import resource
import signal
import socket
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.child_process import GatewaySettings
from homeport.gateway.app import create_app
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.connection import Site
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http.parser import WireError
from homeport.gateway.http.server import CONNECTIONS, Server
from homeport.gateway.reloadable import ReloadableProject
from homeport.project.project import Project, ProjectInputs
from homeport.runtime.control import serve_control
from homeport.runtime.faults import Faults, parse_fault
from homeport.runtime.host.execution_environment import EnvironmentSettings
from homeport.runtime.host.pool import Configs, PoolRuntime, ReplaceableRuntime
from homeport.runtime.node.debugger import LONGEST_PAUSE

if TYPE_CHECKING:
    import ssl

_UNREADABLE = {
    "malformed": GatewayResponseType.BAD_REQUEST,
    "body": GatewayResponseType.REQUEST_TOO_LARGE,
    "head": GatewayResponseType.HEADERS_TOO_LARGE,
}
# Open files beside the connections: three for each environment of a function, and the process's own.
_OTHER_FILES = 2048


def main(argument: str) -> None:
    """Serve until SIGTERM, or until the supervisor is gone; reload when it reports that files have changed."""
    settings = GatewaySettings.from_argument(argument)
    settings.follow_supervisor()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)

    def make_runtime(configs: Configs, project: Project) -> ReplaceableRuntime:
        if settings.in_process:
            from homeport.runtime.host.in_process import InProcessRuntime

            return InProcessRuntime(configs, project.root, packages=Path(settings.packages), sets=settings.sets)
        unlimited = EnvironmentSettings(init_timeout=LONGEST_PAUSE) if settings.debugger_port is not None else None
        return PoolRuntime(configs, Path(settings.workers), Path(settings.scratch), settings=unlimited)

    root = Path(settings.project)
    record = Path(settings.record) if settings.record else None
    recorder = Path(settings.recorder) if settings.recorder else None
    project = ReloadableProject(
        root,
        settings.stage,
        settings.dynamodb,
        make_runtime,
        inputs=ProjectInputs.from_text(settings.inputs),
        shared=Path(settings.shared),
        aws=settings.aws,
        outside_aws=settings.outside_aws,
        functions=settings.functions,
        names=tuple(name for name, _ in settings.listeners),
        reload=settings.reload,
        in_process=settings.in_process,
        debugger_port=settings.debugger_port,
        exchange_log=record,
        record_bodies=settings.record_bodies,
        recorder=recorder,
    )
    project.set_faults(Faults(tuple(map(parse_fault, settings.faults)), settings.fault_seed))
    if settings.control:
        serve_control(Path(settings.control), project)
    _serve(settings, project)
    project.close()


def _serve(settings: GatewaySettings, project: ReloadableProject) -> None:
    # With TLS a connection is three sockets.
    _allow_files((1 if settings.tls is None else 3) * CONNECTIONS + _OTHER_FILES)
    tls = _tls_context(*settings.tls) if settings.tls is not None else None
    server = Server([_site(project, name, descriptor, tls) for name, descriptor in settings.listeners])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Thread(target=_reload_on_change, args=(settings.changes, project), daemon=True).start()
    gc.freeze()
    # Requests leave few reference cycles. With the default threshold of 700 objects, the search for them takes a
    # fortieth of the gateway's time.
    gc.set_threshold(10_000)
    # A thread that writes logs gives way to one with a request after a millisecond, not after five.
    sys.setswitchinterval(0.001)
    settings.report_ready()
    project.start_triggers()
    server.run()


def _site(project: ReloadableProject, name: str, descriptor: int, tls: ssl.SSLContext | None) -> Site:
    listener = socket.socket(fileno=descriptor) if tls is None else _tls_listener(descriptor, tls)
    app = create_app(partial(project.handle, api=name), project.publish)
    scheme = "http" if tls is None else "https"
    return Site(listener, app, partial(_reply_to_unreadable, project, name), scheme, app.respond)


def _tls_context(certificate: str, key: str) -> ssl.SSLContext:
    # Imported late: most stacks speak plain HTTP.
    from homeport.gateway.http.tls import server_context

    return server_context(certificate, key)


def _tls_listener(descriptor: int, context: ssl.SSLContext) -> socket.socket:
    from homeport.gateway.http.tls import TlsListener

    return TlsListener(descriptor, context)


def _reply_to_unreadable(project: ReloadableProject, api: str, kind: WireError, request: Request) -> Reply:
    exchange, reply = project.handle_unreadable(GatewayError(_UNREADABLE[kind]), request, api)
    project.publish(exchange, reply)
    return reply


def _allow_files(count: int) -> None:
    """Raise the limit of open files of this process to ``count``, or as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _reload_on_change(changes: int, project: ReloadableProject) -> None:
    while os.read(changes, 4096):
        project.reload()


if __name__ == "__main__":
    main(sys.argv[1])
