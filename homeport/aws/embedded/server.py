"""The services' HTTP API on a listening socket that the supervisor owns.

Messages to the kit go through the ``status`` pipe, one JSON object a line: ``{"ready": true}``, or
``{"error": …, "hint": …}``. The ``lifeline`` is a pipe that the supervisor holds open: its end means exit, at once.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hypercorn.asyncio import run, serve
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config

from .state import StateError, StateStore

# Seconds between two looks for what threads of the services have changed.
_TICK = 0.5
_GRACE = 0.5
_IDLE = 24 * 3600.0
_THREADS = 32


class ServicesConnection(TCPServer):  # type: ignore[misc]
    """A connection that ends with its client, not with the idle timeout."""

    async def _read_data(self) -> None:
        await super()._read_data()
        await self.idle_task.stop()


def main(settings: Mapping[str, Any]) -> int:
    """Serve until SIGTERM or the end of the lifeline. Return the exit status."""
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    _set_variables(settings)
    # ministack reads the variables when it is imported.
    from .app import ServicesApp

    try:
        store = StateStore(Path(settings["data"]) / "state.db") if settings["data"] else None
        app = ServicesApp(settings, store)
    except StateError as error:
        _send(settings["status"], {"error": error.message, "hint": error.hint})
        return 1
    asyncio.run(_serve(app, settings))
    return 0


def _set_variables(settings: Mapping[str, Any]) -> None:
    """Set the variables that ministack reads its settings from."""
    os.environ.update(
        MINISTACK_ACCOUNT_ID=settings["account"],
        MINISTACK_REGION=settings["region"],
        SERVICES=",".join(settings["services"]),
        LOG_LEVEL="ERROR",
        # No real mail leaves the machine.
        COGNITO_EMAIL_ENABLED="false",
    )
    if settings["data"]:
        folder = Path(settings["data"])
        folder.mkdir(parents=True, exist_ok=True)
        os.environ.update(S3_PERSIST="1", S3_DATA_DIR=str(folder / "objects"), STATE_DIR=str(folder))


def _send(status: int, message: Mapping[str, Any]) -> None:
    """Send a message to the kit. The lifeline, not this, ends the process of a kit that is gone."""
    try:
        os.write(status, json.dumps(message).encode() + b"\n")
    except BrokenPipeError:
        logging.warning("nobody reads the status pipe")


async def _serve(app: Any, settings: Mapping[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, "aws"))
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, _stop, stop, app)
    loop.add_reader(settings["lifeline"], _end_with_supervisor, settings["lifeline"], app)
    app.start(loop, lambda: _send(settings["status"], {"ready": True}))
    run.TCPServer = ServicesConnection  # hypercorn has no setting for the class
    ticks = loop.create_task(_tick(app))
    await serve(app, _config(settings["listener"]), shutdown_trigger=stop.wait, mode="asgi")
    ticks.cancel()


def _config(listener: int) -> Config:
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.backlog = 1024
    config.loglevel = "ERROR"
    config.include_server_header = False
    config.keep_alive_timeout = _IDLE
    config.keep_alive_max_requests = 2**62
    # An object of S3 is up to 5 GB in one request.
    config.max_app_queue_size = 10
    config.graceful_timeout = 10 * _GRACE  # the process is gone before
    return config


def _stop(stop: asyncio.Event, app: Any) -> None:
    app.save()
    stop.set()
    asyncio.get_running_loop().call_later(_GRACE, os._exit, 0)


def _end_with_supervisor(lifeline: int, app: Any) -> None:
    if not os.read(lifeline, 1):
        app.save()
        os._exit(0)


async def _tick(app: Any) -> None:
    while True:
        await asyncio.sleep(_TICK)
        app.tick()
