"""The gateway's process: one project, one stage, a listening socket that the supervisor owns."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from homeport.gateway.access_file import AccessFile
from homeport.gateway.app import create_app
from homeport.gateway.build import LOCAL_ACCOUNT, Surroundings, build_pipeline
from homeport.gateway.console import Console
from homeport.gateway.context import Exchange
from homeport.gateway.errors import Refusal, Refused
from homeport.gateway.message import Reply, Request
from homeport.gateway.pipeline import Pipeline
from homeport.gateway.server import WireError, make_server
from homeport.gateway.settings import GatewaySettings
from homeport.gateway.usage import Quotas
from homeport.runtime.api import Runtime
from homeport.runtime.config import function_configs
from homeport.runtime.pool import PoolRuntime
from homeport.spec.load import load_project
from homeport.spec.project import Project

_UNREADABLE = {
    "malformed": Refusal.BAD_REQUEST,
    "body": Refusal.REQUEST_TOO_LARGE,
    "head": Refusal.HEADERS_TOO_LARGE,
}


def main(argument: str) -> None:
    """Serve until SIGTERM, or until the supervisor is gone."""
    settings = GatewaySettings(**json.loads(argument))
    threading.Thread(target=_end_with, args=(settings.lifeline,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    project = load_project(Path(settings.project), settings.stage)
    runtime = _runtime(settings, project)
    pipeline = build_pipeline(project.api, project.stage, _surroundings(project, runtime))
    _serve(settings, pipeline)
    runtime.close()


def _surroundings(project: Project, runtime: Runtime) -> Surroundings:
    kept = project.root / ".homeport"
    console = Console(sys.stdout)
    access = AccessFile(project.stage, kept / "logs" / "access.log")

    def replied(exchange: Exchange, reply: Reply) -> None:
        console.replied(exchange, reply)
        access.replied(exchange, reply)

    return Surroundings(
        project=project.root,
        runtime=runtime,
        clock=time.time,
        ticks=time.monotonic,
        entropy=os.urandom,
        quotas=Quotas(kept / "usage.json"),
        replied=replied,
    )


def _runtime(settings: GatewaySettings, project: Project) -> Runtime:
    configs = function_configs(
        project.api, project.stage, project.resources, dynamodb_url=settings.dynamodb, account_id=LOCAL_ACCOUNT
    )
    if settings.in_process:
        from homeport.runtime.in_process import InProcessRuntime

        return InProcessRuntime(configs, project.root)
    return PoolRuntime(configs, Path(settings.workers), Path(settings.scratch))


def _serve(settings: GatewaySettings, pipeline: Pipeline) -> None:
    def on_error(kind: WireError, request: Request) -> Reply:
        return pipeline.handle_unreadable(Refused(_UNREADABLE[kind]), request)

    server = make_server(create_app(pipeline.handle), socket.socket(fileno=settings.listener), on_error)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.write(settings.status, b"ready\n")
    server.run()


def _end_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
