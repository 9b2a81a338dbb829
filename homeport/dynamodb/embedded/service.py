"""What reads cost on AWS: ministack bills each of them like one small item, and batches not at all.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html

ministack's DynamoDB as one synchronous function of the request, the time and the write's number.

ministack reads the clock, draws random ids and has a thread that removes expired items. Here the time and the ids
come with the write, and expired items are removed by writes of our own: the same writes in the same order give the
same state, to the last table id, which is what makes a journal of requests enough.
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
from collections import defaultdict
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .pages import Pages

_UNIT = 4096
"""Bytes that a strongly consistent read unit reads."""


class Capacity:
    """True ConsumedCapacity for ``dynamodb``, ministack's module: its functions are replaced by those here."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._read = 0
        self._page, dynamodb._paginate_evaluated_items = dynamodb._paginate_evaluated_items, self.page
        self._bill, dynamodb._add_consumed_capacity = dynamodb._add_consumed_capacity, self.bill
        self._batch, dynamodb._batch_get_item = dynamodb._batch_get_item, self.batch

    def page(self, items: Any, limit: Any, table: Any, index_name: Any = None) -> Any:
        """One page of items that were read, filtered or not: it is those that cost."""
        found, more = self._page(items, limit, table, index_name)
        project = self._dynamodb._apply_index_projection
        entries = (project(item, table, index_name) if index_name else item for item in found)
        self._read = sum(map(self._dynamodb._item_size_bytes, entries))
        return found, more

    def bill(self, result: Any, data: Any, table_name: str, write: bool = False, **changed: Any) -> None:
        """Add to a result what its request consumed."""
        asked = data.get("ReturnConsumedCapacity", "NONE")
        if asked == "NONE":
            return
        if write:
            self._bill(result, data, table_name, write=True, **changed)
            return
        size = self._item_size(table_name, data["Key"]) if "Key" in data else self._read
        units = _units(size, data.get("ConsistentRead"))
        if asked == "TOTAL":
            result["ConsumedCapacity"] = {"TableName": table_name, "CapacityUnits": units}
            return
        self._bill(result, data, table_name, **changed)
        consumed = result["ConsumedCapacity"]
        consumed["CapacityUnits"] = units
        places = [consumed.get("Table"), *consumed.get("GlobalSecondaryIndexes", {}).values()]
        for place in [*places, *consumed.get("LocalSecondaryIndexes", {}).values()]:
            if place is not None and place["CapacityUnits"]:
                place["CapacityUnits"] = units

    def batch(self, data: Any) -> Any:
        """Do a BatchGetItem request."""
        status, headers, body = self._batch(data)
        asked = data.get("ReturnConsumedCapacity", "NONE")
        if status != 200 or asked == "NONE":
            return status, headers, body
        result = json.loads(body)
        result["ConsumedCapacity"] = [
            self._of_batch(name, config, asked) for name, config in data["RequestItems"].items()
        ]
        return self._dynamodb.json_response(result)

    def _of_batch(self, name: str, config: Any, asked: str) -> dict[str, Any]:
        table = self._dynamodb._normalize_table_name(name)
        consistent = config.get("ConsistentRead")
        units = sum(_units(self._item_size(table, key), consistent) for key in config["Keys"])
        consumed: dict[str, Any] = {"TableName": table, "CapacityUnits": units}
        return {**consumed, "Table": {"CapacityUnits": units}} if asked == "INDEXES" else consumed

    def _item_size(self, table_name: str, key: Any) -> int:
        item = self._dynamodb._get_item_by_key(self._dynamodb._tables.get(table_name), key)
        size: int = self._dynamodb._item_size_bytes(item) if item else 0
        return size


def _units(size: int, consistent: Any) -> float:
    return max(-(-size // _UNIT), 1) * (1.0 if consistent is True else 0.5)


JSON_TYPE = "application/x-amz-json-1.0"
_ERRORS = "com.amazonaws.dynamodb.v20120810"
_COUNTERS = ("_stream_seq_counter", "_txn_token_sweep_at")
# What ministack derives from the items on first use.
_DERIVED = "_index_members"

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations.html
READS = frozenset(
    {"BatchGetItem", "GetItem", "Query", "Scan", "SearchVectors", "TransactGetItems"}
    | {"DescribeBackup", "DescribeContinuousBackups", "DescribeContributorInsights", "DescribeEndpoints"}
    | {"DescribeExport", "DescribeGlobalTable", "DescribeGlobalTableSettings", "DescribeImport", "DescribeLimits"}
    | {"DescribeKinesisStreamingDestination", "DescribeTable", "DescribeTableReplicaAutoScaling"}
    | {"DescribeTimeToLive", "GetResourcePolicy", "ListBackups", "ListContributorInsights", "ListExports"}
    | {"ListGlobalTables", "ListImports", "ListTables", "ListTagsOfResource"}
)
# They work on other services' data, which is not here.
ELSEWHERE: Mapping[str, str] = {
    "ImportTable": "S3",
    "ExportTableToPointInTime": "S3",
    "EnableKinesisStreamingDestination": "Kinesis",
    "DisableKinesisStreamingDestination": "Kinesis",
    "UpdateKinesisStreamingDestination": "Kinesis",
}
# Read in ministack: where these answer with a 4xx, they have changed nothing.
CLEAN_WHEN_REFUSED = frozenset(
    {"CreateTable", "DeleteTable", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"}
)
_NEVER_STARTED = frozenset({"SerializationException", "UnknownOperationException"})
_SELECT = re.compile(r"\s*SELECT\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """A DynamoDB reply; ``error`` is the exception's short name, "" for a success."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    error: str = ""


def error_answer(status: int, name: str, message: str) -> Answer:
    """An error as DynamoDB words it."""
    body = json.dumps({"__type": f"{_ERRORS}#{name}", "message": message}).encode()
    return Answer(status, {"content-type": JSON_TYPE, "x-amzn-errortype": name}, body, name)


def is_read(action: str, body: bytes) -> bool:
    """Whether a request can be left out of the journal: the known reads, and PartiQL that only selects."""
    if action in READS:
        return True
    if action not in ("ExecuteStatement", "BatchExecuteStatement"):
        return False
    try:
        document = json.loads(body)
        members = document["Statements"] if action == "BatchExecuteStatement" else [document]
        return all(_SELECT.match(member["Statement"]) for member in members)
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def changed_nothing(action: str, answer: Answer) -> bool:
    """Whether a write was refused before it touched anything, so that it need not be kept."""
    refused = 400 <= answer.status < 500
    return refused and (action in CLEAN_WHEN_REFUSED or answer.error in _NEVER_STARTED)


class Service:
    """ministack's DynamoDB in this process, for one account and one region, whatever a client's credentials say.

    There is one: ministack keeps its tables in a module.
    """

    def __init__(self, identity: Mapping[str, str]) -> None:
        os.environ["MINISTACK_ACCOUNT_ID"] = identity["account"]
        os.environ["MINISTACK_REGION"] = identity["region"]
        with _no_threads():
            self._dynamodb = _module("ministack.services.dynamodb")
        self._streams = _module("ministack.services.dynamodb_streams")
        _module("ministack.core.hypercorn_compat").install()
        self._scoped: type[Any] = _module("ministack.core.responses").AccountRegionScopedDict
        self._store_id = identity["id"]
        self._now = 0.0
        self._drawn = 0
        self._sequence = 0
        self._dynamodb.time = self
        self._dynamodb.new_uuid = self._new_uuid
        self._dynamodb.now_iso = self._now_iso
        Pages(self._dynamodb)
        Capacity(self._dynamodb)

    def apply(self, action: str, body: bytes, now: float, sequence: int) -> Answer:
        """Do a request of the DynamoDB API at time ``now`` (seconds since the epoch) as the write ``sequence``."""
        if action in ELSEWHERE:
            message = f"{action} works on {ELSEWHERE[action]}, which the embedded DynamoDB does not have"
            return error_answer(400, "UnknownOperationException", message)
        self._now, self._sequence, self._drawn = now, sequence, 0
        headers = {"x-amz-target": f"DynamoDB_20120810.{action}"}
        return _answer(self._dynamodb.handle_request("POST", "/", headers, body, {}), action, body)

    def apply_stream_read(self, action: str, body: bytes) -> Answer:
        """Do a request of the DynamoDB Streams API; all of them read."""
        self._now = time.time()
        headers = {"x-amz-target": f"DynamoDBStreams_20120810.{action}"}
        return _answer(self._streams.handle_request("POST", "/", headers, body, {}), action, body)

    def time(self) -> float:
        """ministack's clock: the time of the request in work."""
        return self._now

    def items(self) -> int:
        """How many items all tables hold."""
        return sum(int(table["ItemCount"]) for table in self._dynamodb._tables.all_values())

    def state(self) -> Any:
        """All of it, JSON-like; it shares its parts with the live state."""
        scopes: dict[str, list[tuple[Any, ...]]] = {}
        for name, store in vars(self._dynamodb).items():
            if isinstance(store, self._scoped):
                scopes[name] = [(*scope, _without_derived(value)) for scope, value in store.all_items()]
        return {"scopes": scopes, "counters": {name: getattr(self._dynamodb, name) for name in _COUNTERS}}

    def restore(self, state: Any) -> None:
        """Become what ``state`` gave."""
        for name, entries in state["scopes"].items():
            store = getattr(self._dynamodb, name)
            for account, region, key, value in entries:
                if name == "_tables":
                    value["items"] = defaultdict(dict, value["items"])
                store.set_scoped(account, region, key, value)
        for name, value in state["counters"].items():
            setattr(self._dynamodb, name, value)

    def expired(self, now: float) -> Iterator[tuple[str, bytes]]:
        """The writes that remove what time to live has ended by ``now``, unless it changes before.

        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
        """
        for (*_, name), setting in self._dynamodb._ttl_settings.all_items():
            table = self._dynamodb._tables.get(name)
            if table is None or setting["TimeToLiveStatus"] != "ENABLED":
                continue
            keys = [key for key in (table["pk_name"], table["sk_name"]) if key]
            for partition in list(table["items"].values()):
                for item in list(partition.values()):
                    if _is_over(item.get(setting["AttributeName"]), now):
                        yield "DeleteItem", _delete_if_same(name, keys, item, setting["AttributeName"])

    def _new_uuid(self) -> str:
        self._drawn += 1
        seed = f"{self._store_id}/{self._sequence}/{self._drawn}"
        return str(uuid.UUID(bytes=hashlib.sha256(seed.encode()).digest()[:16], version=4))

    def _now_iso(self) -> str:
        return datetime.fromtimestamp(self._now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _module(name: str) -> Any:
    return importlib.import_module(name)


@contextlib.contextmanager
def _no_threads() -> Iterator[None]:
    # ministack starts its remover of expired items on import; its deletions would not be in the journal.
    def stay(self: threading.Thread) -> None:
        return None

    start = threading.Thread.start
    threading.Thread.start = stay  # type: ignore[method-assign]
    try:
        yield
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]


def _answer(handler: Coroutine[Any, Any, Any], action: str, body: bytes) -> Answer:
    try:
        status, headers, reply = _finish(handler)
    except Exception as error:
        if not _is_object(body):
            return error_answer(400, "SerializationException", "the body is not a JSON object")
        logging.exception("ministack failed on %s", action)
        return error_answer(500, "InternalServerError", f"the embedded DynamoDB failed on {action}: {error!r}")
    names = {name.lower(): value for name, value in headers.items()}
    data = reply if isinstance(reply, bytes) else reply.encode()
    return Answer(status, names, data, names.get("x-amzn-errortype", ""))


def _finish(handler: Coroutine[Any, Any, Any]) -> Any:
    """Run a handler that never waits, so that nothing comes between two writes."""
    try:
        handler.send(None)
    except StopIteration as end:
        return end.value
    handler.close()
    raise RuntimeError("ministack's handler waited for something")


def _is_object(body: bytes) -> bool:
    try:
        return not body or isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def _without_derived(value: Any) -> Any:
    return {k: v for k, v in value.items() if k != _DERIVED} if isinstance(value, dict) and _DERIVED in value else value


def _is_over(value: Any, now: float) -> bool:
    """Whether a time to live attribute has passed: a Number, at most five years ago."""
    try:
        return 0 <= now - float(value["N"]) < 5 * 365 * 86400
    except (TypeError, KeyError, ValueError):
        return False


def _delete_if_same(table: str, keys: list[str], item: Mapping[str, Any], attribute: str) -> bytes:
    request = {
        "TableName": table,
        "Key": {key: item[key] for key in keys},
        "ConditionExpression": "#ttl = :ttl",
        "ExpressionAttributeNames": {"#ttl": attribute},
        "ExpressionAttributeValues": {":ttl": item[attribute]},
    }
    return json.dumps(request).encode()
