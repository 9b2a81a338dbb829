"""ministack's DynamoDB as one synchronous function of the request, the time and the write's number.

ministack reads the clock, draws random ids and has a thread that removes expired items. Here the time and the ids
come with the write, and expired items are removed by ordinary writes: the same writes in the same order give the
same state, to the last table id. For that reason a journal of requests is enough.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import logging
import os
import re
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from . import READ_ACTIONS
from .attachments import Attachments
from .backups import Backups
from .capacity import Capacity
from .consistency import ReadConsistency
from .data_directory import StoredState
from .expressions.values import normalise
from .item_collections import ItemCollections
from .ministack_module import find_table
from .partiql import Statements
from .point_in_time import PointInTimeRecovery
from .storage.item_file import ItemFile
from .storage.page_reads import PageReads
from .storage.storage import Storage
from .stream_records import StreamRecords
from .time_to_live import EXPIRE, expiry_writes
from .validation.replacements import Replacements
from .validation.request_model import request_model
from .validation.tables import TableChecks
from .validation.types import type_error

JSON_TYPE = "application/x-amz-json-1.0"
_ERRORS = "com.amazonaws.dynamodb.v20120810"

# Actions on other services' data, which is not here.
_OTHER_SERVICES: Mapping[str, str] = {
    "ImportTable": "S3",
    "ExportTableToPointInTime": "S3",
    "EnableKinesisStreamingDestination": "Kinesis",
    "DisableKinesisStreamingDestination": "Kinesis",
    "UpdateKinesisStreamingDestination": "Kinesis",
}
# Actions that have changed nothing when they answer with a 4xx, by a reading of ministack's code.
_ATOMIC = frozenset({"CreateTable", "DeleteTable", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem", EXPIRE})
_NEVER_STARTED = frozenset({"SerializationException", "UnknownOperationException"})
# The actions on items, and the functions of ministack that carry them out.
_ITEM_ACTIONS: Mapping[str, str] = {
    **{"GetItem": "_get_item", "PutItem": "_put_item", "UpdateItem": "_update_item", "DeleteItem": "_delete_item"},
    **{"Query": "_query", "Scan": "_scan", "BatchGetItem": "_batch_get_item", "BatchWriteItem": "_batch_write_item"},
    **{"TransactGetItems": "_transact_get_items", "TransactWriteItems": "_transact_write_items"},
    **{"ExecuteStatement": "_execute_statement", "BatchExecuteStatement": "_batch_execute_statement"},
    **{"ExecuteTransaction": "_execute_transaction", EXPIRE: "_delete_item"},
}
_NO_OBJECT = "the body is not a JSON object"
_SELECT = re.compile(r"\s*SELECT\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DynamoDBResponse:
    """A response of DynamoDB; ``error`` is the exception's short name, "" for a success."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    error: str = ""

    def with_body(self, body: bytes) -> DynamoDBResponse:
        """Return the response with another body."""
        return replace(self, body=body)


def error_response(status: int, name: str, message: str) -> DynamoDBResponse:
    """Return an error in DynamoDB's form."""
    body = json.dumps({"__type": f"{_ERRORS}#{name}", "message": message}).encode()
    return DynamoDBResponse(status, {"content-type": JSON_TYPE, "x-amzn-errortype": name}, body, name)


def is_read(action: str, body: bytes) -> bool:
    """Return True for a request that the journal can leave out: the known reads, and PartiQL that only selects."""
    if action in READ_ACTIONS:
        return True
    if action not in ("ExecuteStatement", "BatchExecuteStatement"):
        return False
    try:
        document = json.loads(body)
        members = document["Statements"] if action == "BatchExecuteStatement" else [document]
        return all(_SELECT.match(member["Statement"]) for member in members)
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def changed_nothing(action: str, answer: DynamoDBResponse) -> bool:
    """Return True for a write that was rejected before it changed anything, so that it need not be kept."""
    rejected = 400 <= answer.status < 500
    return rejected and (action in _ATOMIC or answer.error in _NEVER_STARTED)


def stored_tables(content: StoredState) -> Mapping[str, Mapping[str, Any]]:
    """Return by their names the tables of a stored state, with the parts that never change: keys and local indexes."""
    tables: dict[str, Any] = {}
    if content.state is not None:
        tables.update((name, table) for *_, name, table in content.state["scopes"]["_tables"])
    for record in content.records:
        if record.action in ("CreateTable", "DeleteTable"):
            request = json.loads(record.body)
            if record.action == "CreateTable":
                tables[request["TableName"]] = request
            else:
                tables.pop(request["TableName"], None)
    return tables


class Service:
    """ministack's DynamoDB in this process, for one account and one region, whatever a client's credentials say.

    A process has only one, since ministack keeps its tables in a module. Their items are in ``file``.
    """

    def __init__(self, identity: Mapping[str, str], file: ItemFile) -> None:
        os.environ["MINISTACK_ACCOUNT_ID"] = identity["account"]
        os.environ["MINISTACK_REGION"] = identity["region"]
        with _no_threads():
            self._dynamodb = _module("ministack.services.dynamodb")
        self._streams = _module("ministack.services.dynamodb_streams")
        scoped: type[Any] = _module("ministack.core.responses").AccountRegionScopedDict
        self._store_id = identity["id"]
        self._now = 0.0
        self._uuid_count = 0
        self._sequence = 0
        self._dynamodb.time = self
        self._dynamodb.new_uuid = self._new_uuid
        self._dynamodb.now_iso = self._now_iso
        self.storage = Storage(self._dynamodb, scoped, file)
        Capacity(self._dynamodb)
        Backups(self._dynamodb, self.storage)
        self.point_in_time = PointInTimeRecovery(self._dynamodb, self.storage)
        PageReads(self._dynamodb, self.storage)
        self.item_collections = ItemCollections(self._dynamodb, self.storage)
        Replacements(self._dynamodb)
        self.consistency = ReadConsistency(self._dynamodb, self.storage, self.time)
        self.statements = Statements(self._dynamodb, self.storage, self.consistency)
        TableChecks(self._dynamodb)
        Attachments(self._dynamodb)
        self._stream_records = StreamRecords(self._dynamodb)

    def apply(self, action: str, body: bytes, now: float, sequence: int) -> DynamoDBResponse:
        """Carry out a request of the DynamoDB API at ``now`` (seconds since the epoch) as the write ``sequence``."""
        if action in _OTHER_SERVICES:
            message = f"{action} works on {_OTHER_SERVICES[action]}, which the embedded DynamoDB does not have"
            return error_response(400, "UnknownOperationException", message)
        self._now, self._sequence, self._uuid_count = now, sequence, 0
        data = _read_object(body)
        if data is None:
            return error_response(400, "SerializationException", _NO_OBJECT)
        if action not in _ITEM_ACTIONS:
            return self._apply_to_table(action, data, body)
        wrong = type_error(action, data)
        if wrong is not None:
            return error_response(400, "SerializationException", wrong)
        carry_out = getattr(self._dynamodb, _ITEM_ACTIONS[action])
        self._stream_records.expiring = action == EXPIRE
        with self.consistency.view(action, data):
            return with_checksum(_respond(lambda: carry_out(_with_numbers(data, body)), action))

    def _apply_to_table(self, action: str, data: Mapping[str, Any], body: bytes) -> DynamoDBResponse:
        wrong = request_model().error(action, data)
        if wrong is not None:
            return error_response(400, *wrong)
        headers = {"x-amz-target": f"DynamoDB_20120810.{action}"}
        answer = _respond(lambda: _finish(self._dynamodb.handle_request("POST", "/", headers, body, {})), action)
        if action not in READ_ACTIONS:
            self.storage.refresh()
        return answer

    def apply_stream_read(self, action: str, body: bytes) -> DynamoDBResponse:
        """Carry out a request of the DynamoDB Streams API; all of them read."""
        self._now = time.time()
        data = _read_object(body)
        if data is None:
            return error_response(400, "SerializationException", _NO_OBJECT)
        wrong = request_model("dynamodbstreams").error(action, data)
        if wrong is not None:
            return error_response(400, *wrong)
        headers = {"x-amz-target": f"DynamoDBStreams_20120810.{action}"}
        return _respond(lambda: _finish(self._streams.handle_request("POST", "/", headers, body, {})), action)

    def time(self) -> float:
        """Return the time of the current request; ministack uses it as its clock."""
        return self._now

    def find_table(self, name: Any) -> Any:
        """Return the record of a table by its name or its ARN, None for none."""
        return find_table(self._dynamodb, name)

    def count_items(self) -> int:
        """Return the number of items in all tables."""
        return sum(int(table["ItemCount"]) for table in self._dynamodb._tables.all_values())

    def state(self) -> str:
        """Return the state besides what the file has as rows, as JSON."""
        return self.storage.state()

    def restore(self, state: Any) -> None:
        """Replace the state by one that ``state`` returned, or by one of an earlier version; None: by nothing."""
        self.storage.clear()
        if state is not None:
            self.storage.restore(state)
            self.point_in_time.take_over()

    def expiry_writes(self, now: float) -> Iterator[tuple[str, bytes]]:
        """Yield the writes that remove the items whose time to live is over at ``now``, unless they change before."""
        yield from expiry_writes(self._dynamodb, self.storage, now)

    def _new_uuid(self) -> str:
        self._uuid_count += 1
        seed = f"{self._store_id}/{self._sequence}/{self._uuid_count}"
        return str(uuid.UUID(bytes=hashlib.sha256(seed.encode()).digest()[:16], version=4))

    def _now_iso(self) -> str:
        return datetime.fromtimestamp(self._now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _module(name: str) -> Any:
    return importlib.import_module(name)


@contextlib.contextmanager
def _no_threads() -> Iterator[None]:
    # ministack starts a thread on import that removes expired items; its deletions would not be in the journal.
    def ignore(self: threading.Thread) -> None:
        return None

    start = threading.Thread.start
    threading.Thread.start = ignore  # type: ignore[method-assign]
    try:
        yield
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]


def _respond(carry_out: Callable[[], Any], action: str) -> DynamoDBResponse:
    try:
        status, headers, reply = carry_out()
    except Exception as error:
        logging.exception("ministack failed on %s", action)
        return error_response(500, "InternalServerError", f"the embedded DynamoDB failed on {action}: {error!r}")
    names = {name.lower(): value for name, value in headers.items()}
    data = reply if isinstance(reply, bytes) else reply.encode()
    return DynamoDBResponse(status, names, data, names.get("x-amzn-errortype", ""))


def _with_numbers(data: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Return a request whose numbers have DynamoDB's spelling."""
    if b'"N' in body:
        normalise(data)
    return data


def with_checksum(answer: DynamoDBResponse) -> DynamoDBResponse:
    """Return a response with the checksum of its body, which the SDK for Go compares."""
    headers = {**answer.headers, "x-amz-crc32": str(zlib.crc32(answer.body))}
    return DynamoDBResponse(answer.status, headers, answer.body, answer.error)


def _finish(handler: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits to its end, so that no other request comes between two writes."""
    try:
        handler.send(None)
    except StopIteration as end:
        return end.value
    handler.close()
    raise RuntimeError("ministack's handler waited for something")


def _read_object(body: bytes) -> dict[str, Any] | None:
    """Return a request, None if it is not a JSON object."""
    try:
        data = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
