"""DynamoDB's HTTP API on a listening socket that the supervisor owns.

Messages to the kit go through the ``status`` pipe, one JSON object a line: ``{"warning": …}``, then ``{"ready": …}``
or ``{"error": …, "hint": …}``. The ``lifeline`` is a pipe that the supervisor holds open: its end means exit, at once.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import re
import signal
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from hypercorn.asyncio import run, serve
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config

from .consistency import lag_of
from .data_directory import DataDirectory
from .database import Compactor, Database, SnapshotPolicy
from .journal import DataDirectoryError
from .service import JSON_TYPE, DynamoDBResponse, Service, error_response


class Connection(TCPServer):  # type: ignore[misc]
    """A connection that ends with its client, not with the idle timeout.

    hypercorn keeps a connection that its client closed until the idle timeout. It is a day here, since a client may use
    a kept connection again at any time, and each Lambda environment that ends would leave some.
    """

    async def _read_data(self) -> None:
        await super()._read_data()
        await self.idle_task.stop()


Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CommonErrors.html
_LARGEST_REQUEST = 16 * 1024 * 1024
_TARGET = re.compile(r"(DynamoDB|DynamoDBStreams)_20120810\.([A-Za-z]{1,64})")
# The order of the kit's that sets how far reads lag behind the writes: {"Lag": seconds, null: for ever}.
_SET_CONSISTENCY = b"Homeport.SetReadConsistency"
_GRACE = 0.5
_IDLE = 24 * 3600.0


def main(settings: Mapping[str, Any]) -> int:
    """Serve until SIGTERM or the end of the lifeline. Return the exit status."""
    status = Status(settings["status"])
    try:
        database = _load(settings, status)
    except DataDirectoryError as error:
        status.send({"error": error.message, "hint": error.hint})
        return 1
    asyncio.run(_serve(database, settings, status))
    return 0


class Status:
    """The pipe to the kit."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def send(self, message: Message) -> None:
        """Send one message. The lifeline, not this, ends the process of a kit that is gone."""
        try:
            os.write(self._fd, json.dumps(message).encode() + b"\n")
        except BrokenPipeError:
            logging.warning("nobody reads the status pipe")


def _load(settings: Mapping[str, Any], status: Status) -> Database:
    identity = {"id": uuid.uuid4().hex, "account": settings["account"], "region": settings["region"]}
    if settings["data"] is None:
        return Database(Service(identity), None, time.time)
    # The loaded items stay: looking through them for garbage would take a third of the time.
    gc.disable()
    store, content = DataDirectory.open(Path(settings["data"]), identity)
    database = Database(Service(content.identity), store, time.time)
    for warning in content.warnings + database.load(content):
        status.send({"warning": warning})
    gc.freeze()
    gc.enable()
    return database


async def _serve(database: Database, settings: Mapping[str, Any], status: Status) -> None:
    loop = asyncio.get_running_loop()
    compactor = None
    if database.store:
        compactor = Compactor(database, database.store, SnapshotPolicy(settings["snapshot_after"]), loop)
    # The writes of the data directory have been loaded as they were answered.
    database.service.consistency.set_lag(settings["lag"])
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, _stop, stop, compactor)
    loop.add_reader(settings["lifeline"], _end_with_supervisor, settings["lifeline"], compactor)
    app = App(database, compactor, lambda: status.send({"ready": True, "items": database.service.count_items()}))
    run.TCPServer = Connection  # hypercorn has no setting for the class
    expiry = loop.create_task(_expire(database, settings["expiry_interval"]))
    await serve(app, _config(settings["listener"]), shutdown_trigger=stop.wait, mode="asgi")
    expiry.cancel()


def _config(listener: int) -> Config:
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.backlog = 1024
    config.loglevel = "ERROR"
    config.include_server_header = False
    config.keep_alive_timeout = _IDLE
    config.keep_alive_max_requests = 2**62
    config.graceful_timeout = 10 * _GRACE  # the process is gone before
    return config


def _stop(stop: asyncio.Event, compactor: Compactor | None) -> None:
    # Every answered write is in the journal; the grace is for responses on their way out.
    if compactor:
        compactor.stop()
    stop.set()
    asyncio.get_running_loop().call_later(_GRACE, os._exit, 0)


def _end_with_supervisor(lifeline: int, compactor: Compactor | None) -> None:
    if not os.read(lifeline, 1):
        if compactor:
            compactor.stop()
        os._exit(0)


async def _expire(database: Database, interval: float) -> NoReturn:
    while True:
        await asyncio.sleep(interval)
        database.expire()


class App:
    """The ASGI application."""

    def __init__(self, database: Database, compactor: Compactor | None, ready: Callable[[], None]) -> None:
        self._database = database
        self._compactor = compactor
        self._ready = ready

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a request, or the server's lifespan events."""
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve_request(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close"})

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        self._ready()
        self._consider_compaction()
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve_request(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            return
        answer = self._respond(scope, body)
        headers = {**answer.headers, "content-length": str(len(answer.body)), "x-amzn-requestid": str(uuid.uuid4())}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})
        self._consider_compaction()

    def _respond(self, scope: Message, body: bytes) -> DynamoDBResponse:
        if scope["method"] in ("GET", "HEAD"):
            text = b"healthy: homeport's embedded DynamoDB\n" if scope["method"] == "GET" else b""
            return DynamoDBResponse(200, {"content-type": "text/plain"}, text)
        if len(body) > _LARGEST_REQUEST:
            return error_response(413, "RequestEntityTooLargeException", "The request is over 16 MB")
        given = next((value for name, value in scope["headers"] if name == b"x-amz-target"), b"")
        if given == _SET_CONSISTENCY:
            return self._set_consistency(body)
        target = _TARGET.fullmatch(given.decode("latin-1"))
        if target is None:
            return error_response(400, "UnknownOperationException", "X-Amz-Target names no operation of DynamoDB")
        api, action = target.groups()
        if api == "DynamoDBStreams":
            return self._database.service.apply_stream_read(action, body)
        return self._database.call(action, body)

    def _set_consistency(self, body: bytes) -> DynamoDBResponse:
        try:
            self._database.service.consistency.set_lag(lag_of(body))
        except ValueError as error:
            return error_response(400, "ValidationException", str(error))
        return DynamoDBResponse(200, {"content-type": JSON_TYPE}, b"{}")

    def _consider_compaction(self) -> None:
        if self._compactor:
            self._compactor.consider()


async def _body(receive: Receive) -> bytes | None:
    """Return the request's body, cut off after the largest size; None if the client went away."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        if size <= _LARGEST_REQUEST:
            parts.append(part)
            size += len(part)
        if not message.get("more_body", False):
            return b"".join(parts)
