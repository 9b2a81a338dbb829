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
import socket
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from .consistency import read_lag_order
from .data_directory import DataDirectory
from .database import Checkpointer, CheckpointPolicy, Database
from .http_connection import DynamoDBConnection, HttpRequest
from .journal import DataDirectoryError
from .service import JSON_TYPE, DynamoDBResponse, Service, error_response
from .storage.item_file import ItemFile
from .table_access import Call, TableAccesses
from .table_states import TableStates
from .throttling import ProvisionedThroughput

Message = dict[str, Any]

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CommonErrors.html
_LARGEST_REQUEST = 16 * 1024 * 1024
_TARGET = re.compile(rb"(DynamoDB|DynamoDBStreams)_20120810\.([A-Za-z]{1,64})")
# The order of the kit's that sets how far reads lag behind the writes: {"Lag": seconds, null: for ever, "Seed": …}.
_SET_CONSISTENCY = b"Homeport.SetReadConsistency"
_GRACE = 0.5
# Seconds between looks for rows that belong to nothing, and between batches of them.
_SWEEP_INTERVAL, _SWEEP_PAUSE = 5.0, 0.02
_BATCHES_OF_CHECKPOINT = 20


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
        return Database(Service(identity, ItemFile(None)), None, time.time)
    store, content = DataDirectory.open(Path(settings["data"]), identity)
    database = Database(Service(content.identity, store.items), store, time.time)
    for warning in content.warnings + database.load(content):
        status.send({"warning": warning})
    # From here on there are answers that a full disk must not change.
    store.items.keep_pages_in_memory()
    # What is loaded stays, and is not looked through for garbage again.
    gc.freeze()
    return database


async def _serve(database: Database, settings: Mapping[str, Any], status: Status) -> None:
    loop = asyncio.get_running_loop()
    checkpointer = None
    if database.store:
        checkpointer = Checkpointer(database, database.store, CheckpointPolicy(settings["checkpoint_after"]))
    # The writes of the data directory have been loaded as they were answered.
    database.service.consistency.set_lag(settings["lag"], settings["stale_seed"])
    app = App(database, checkpointer, _with_limits(database, settings))
    connections: set[asyncio.Transport] = set()
    listener = socket.socket(fileno=os.dup(settings["listener"]))
    listener.setblocking(False)
    server = await loop.create_server(
        lambda: DynamoDBConnection(app.respond, _LARGEST_REQUEST, connections), sock=listener, backlog=1024
    )
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    loop.add_reader(settings["lifeline"], _end_with_supervisor, settings["lifeline"])
    expiry = loop.create_task(_expire(database, settings["expiry_interval"]))
    sweep = loop.create_task(_tidy(database, checkpointer))
    status.send({"ready": True, "items": database.service.count_items()})
    app.consider_checkpoint()
    await stopped.wait()
    # Every answered write is in the journal; the grace is for responses on their way out.
    server.close()
    expiry.cancel()
    sweep.cancel()
    for connection in connections:
        connection.close()
    loop.call_later(_GRACE, os._exit, 0)
    while connections:
        await asyncio.sleep(_GRACE / 20)


def _with_limits(database: Database, settings: Mapping[str, Any]) -> Call:
    """Return what carries out requests: the database, with what is asked for before it."""
    call: Call = database.call
    accesses = TableAccesses(database.service.statements.target)
    if settings["throttle"]:
        call = ProvisionedThroughput(call, database.service.find_table, accesses, time.time).call
    if settings["table_delay"]:
        call = TableStates(call, accesses, settings["table_delay"], time.time).call
    return call


def _end_with_supervisor(lifeline: int) -> None:
    if not os.read(lifeline, 1):
        os._exit(0)


async def _expire(database: Database, interval: float) -> NoReturn:
    while True:
        await asyncio.sleep(interval)
        database.expire()


async def _tidy(database: Database, checkpointer: Checkpointer | None) -> NoReturn:
    """Do what can wait: checkpoints while nobody writes, and batches of rows of tables that are gone."""
    batches = 0
    while True:
        await asyncio.sleep(_SWEEP_PAUSE if batches else _SWEEP_INTERVAL)
        if not batches:
            database.service.point_in_time.forget(time.time())
        batches = batches + 1 if database.service.storage.sweep() else 0
        if not checkpointer:
            continue
        if batches:
            if batches % _BATCHES_OF_CHECKPOINT == 0:
                checkpointer.make()
        else:
            checkpointer.consider_when_idle()


class App:
    """Answers to the requests of DynamoDB's HTTP API, and to the orders of the kit."""

    def __init__(self, database: Database, checkpointer: Checkpointer | None, call: Call) -> None:
        self._database = database
        self._call = call
        self._checkpointer = checkpointer

    def respond(self, request: HttpRequest) -> DynamoDBResponse:
        """Carry out a request."""
        answer = self._answer(request)
        self.consider_checkpoint()
        return answer

    def consider_checkpoint(self) -> None:
        """Make a checkpoint if one is due."""
        if self._checkpointer:
            self._checkpointer.consider()

    def _answer(self, request: HttpRequest) -> DynamoDBResponse:
        if request.method in ("GET", "HEAD"):
            return DynamoDBResponse(200, {"content-type": "text/plain"}, b"healthy: homeport's embedded DynamoDB\n")
        if len(request.body) > _LARGEST_REQUEST:
            return error_response(413, "RequestEntityTooLargeException", "The request is over 16 MB")
        given = request.headers.get(b"x-amz-target", b"")
        if given == _SET_CONSISTENCY:
            return self._set_consistency(request.body)
        target = _TARGET.fullmatch(given)
        if target is None:
            return error_response(400, "UnknownOperationException", "X-Amz-Target names no operation of DynamoDB")
        if target[1] == b"DynamoDBStreams":
            return self._database.service.apply_stream_read(target[2].decode(), request.body)
        return self._call(target[2].decode(), request.body)

    def _set_consistency(self, body: bytes) -> DynamoDBResponse:
        try:
            self._database.service.consistency.set_lag(*read_lag_order(body))
        except ValueError as error:
            return error_response(400, "ValidationException", str(error))
        return DynamoDBResponse(200, {"content-type": JSON_TYPE}, b"{}")
