"""A snapshot's file: tables with their definitions and items, in compressed JSON lines.

The first line describes the tables, each further one holds an item as DynamoDB words it, bytes in Base64, and the last
one counts them: a file without it is not whole. Written beside its place and moved there, so what has a name is whole.

Saves what a DynamoDB holds of a project's tables into a file, and brings it back, in any DynamoDB.

Items are read page by page and written batch by batch, so memory stays bounded. A scan sees each item as it is when
its page is read: what is written meanwhile may or may not be in it.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import os
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from homeport.dynamodb.client import BATCH, TRIES, write_batch
from homeport.dynamodb.table_requests import TableDescription, definition_of, replacement_reason
from homeport.dynamodb.tables import current_time_to_live, describe_table, make_table
from homeport.errors import EngineError, HomeportError

VERSION = 1
SUFFIX = ".jsonl.gz"
Item = Mapping[str, Any]
_DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError)


class SnapshotError(HomeportError):
    """A snapshot is missing, damaged, or in the way."""


@dataclass(frozen=True, slots=True)
class SavedTable:
    """``definition`` is a CreateTable request without its name, ``time_to_live`` the attribute that ends an item."""

    definition: Mapping[str, Any]
    time_to_live: str | None = None


@dataclass(frozen=True, slots=True)
class SnapshotHeader:
    """``made`` is an ISO 8601 time, ``tables`` has logical ids."""

    stage: str
    made: str
    tables: Mapping[str, SavedTable]


@contextlib.contextmanager
def writing(file: Path, head: SnapshotHeader) -> Iterator[Callable[[str, Item], None]]:
    """Gives a function that takes items; the file is there when this ends well, and unchanged when it does not.

    Raises SnapshotError where it can't be written.
    """
    with _explained_write(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp lets only its maker read what may be other people's data.
        handle, draft = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as raw:
                with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6) as out:
                    yield from _write(out, head)
                raw.flush()
                os.fsync(raw.fileno())
            Path(draft).replace(file)
        finally:
            Path(draft).unlink(missing_ok=True)


def _write(out: gzip.GzipFile, head: SnapshotHeader) -> Iterator[Callable[[str, Item], None]]:
    counts: Counter[str] = Counter()

    def take(table: str, item: Item) -> None:
        out.write(_line([table, item]))
        counts[table] += 1

    out.write(_line({"homeport": "snapshot", "version": VERSION, **asdict(head)}))
    yield take
    out.write(_line({"items": {table: counts[table] for table in head.tables}}))


def read_snapshot_header(file: Path) -> SnapshotHeader:
    """What a snapshot says of itself. Raises SnapshotError."""
    with _opened(file) as lines:
        return _head(file, json.loads(next(lines, b"null")))


def read_counts(file: Path) -> Mapping[str, int]:
    """Read a snapshot to its end and give how many items each table has. Raises SnapshotError unless it is whole."""
    counts: Counter[str] = Counter()
    with _opened(file) as lines:
        head = _head(file, json.loads(next(lines, b"null")))
        for line in lines:
            value = json.loads(line)
            if isinstance(value, dict):
                if value["items"] != {table: counts[table] for table in head.tables} or next(lines, None) is not None:
                    raise ValueError("its items are not those that it counted")
                return {table: counts[table] for table in head.tables}
            counts[_entry(value)[0]] += 1
        raise EOFError("its end is missing")


def read_items(file: Path) -> Iterator[tuple[str, Item]]:
    """Each item with its table, as boto3 takes it. Raises SnapshotError."""
    with _opened(file) as lines:
        next(lines, None)
        for line in lines:
            value = json.loads(line)
            if isinstance(value, list):
                yield _entry(value)


def _entry(value: Any) -> tuple[str, Item]:
    table, item = value
    return str(table), {name: _from_json(typed) for name, typed in item.items()}


def _head(file: Path, value: Any) -> SnapshotHeader:
    if not isinstance(value, dict) or value.get("homeport") != "snapshot":
        raise ValueError("it does not begin as a snapshot does")
    if value["version"] != VERSION:
        message = f"{file} was written by another release: format {value['version']}, this one reads {VERSION}"
        raise SnapshotError(message, "load it with the release that made it")
    tables = {name: SavedTable(shape["definition"], shape["time_to_live"]) for name, shape in value["tables"].items()}
    return SnapshotHeader(str(value["stage"]), str(value["made"]), tables)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[Iterator[bytes]]:
    try:
        with gzip.open(file, "rb") as lines:
            yield iter(lines)
    except FileNotFoundError as error:
        raise SnapshotError(
            f"there is no snapshot {file.name.removesuffix(SUFFIX)}", "homeport snapshot list"
        ) from error
    except _DAMAGE as error:
        message = f"the snapshot {file} is damaged: {error}"
        raise SnapshotError(message, "nothing was changed; delete it and save another") from error
    except OSError as error:
        raise SnapshotError(f"{file} can't be read: {error.strerror or error}") from error


@contextlib.contextmanager
def _explained_write(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{file} can't be written: {error.strerror or error}"
        raise SnapshotError(message, "make room, or give this user the right to write there") from error


def _line(value: Any) -> bytes:
    return json.dumps(value, default=_to_base64, separators=(",", ":")).encode() + b"\n"


def _to_base64(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is no type of DynamoDB")


def _from_json(typed: Mapping[str, Any]) -> Mapping[str, Any]:
    ((kind, value),) = typed.items()
    match kind:
        case "B":
            return {kind: base64.b64decode(value, validate=True)}
        case "BS":
            return {kind: [base64.b64decode(one, validate=True) for one in value]}
        case "M":
            return {kind: {name: _from_json(inner) for name, inner in value.items()}}
        case "L":
            return {kind: [_from_json(inner) for inner in value]}
        case "S" | "N" | "SS" | "NS" | "BOOL" | "NULL":
            return dict(typed)
    raise ValueError(f"{kind} is no type of DynamoDB")


if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TELL_EVERY = 2.0


@dataclass(frozen=True)
class SnapshotTables:
    """A DynamoDB with a project's tables: ``names`` has their names there by logical id.

    ``makes_tables`` is whether a missing one may be made. ``say`` takes lines of progress; ``clock`` and ``sleep`` are
    in seconds.
    """

    client: DynamoDBClient
    names: Mapping[str, str]
    makes_tables: bool
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def save(tables: SnapshotTables, file: Path, stage: str, made: str) -> Mapping[str, int]:
    """Write all items of the tables that are there into ``file``; gives how many of each.

    ``made`` is the time, ISO 8601. Raises SnapshotError if there are none or the file can't be written, EngineError if
    DynamoDB does not answer.
    """
    with _explained():
        found = {logical_id: describe_table(tables.client, name) for logical_id, name in tables.names.items()}
        shapes = {
            logical_id: SavedTable(
                definition_of(described), current_time_to_live(tables.client, tables.names[logical_id])
            )
            for logical_id, described in found.items()
            if described is not None
        }
        for logical_id in found.keys() - shapes.keys():
            tables.say(f"{logical_id}: left out, there is no table {tables.names[logical_id]}")
        if not shapes:
            raise SnapshotError("none of the project's tables is there", "homeport dev makes them when it starts")
        counts = {}
        with writing(file, SnapshotHeader(stage, made, shapes)) as take:
            for logical_id in shapes:
                progress = SnapshotProgress(tables, f"{logical_id}: read")
                for item in _scan(tables.client, tables.names[logical_id]):
                    take(logical_id, item)
                    progress.step()
                counts[logical_id] = progress.done()
        return counts


def load(tables: SnapshotTables, file: Path, *, replace: bool) -> Mapping[str, int]:
    """Bring the items of ``file`` back; gives how many of each table. Missing tables are made where that is allowed.

    Before anything is written the whole file is read, and every table looked at. Raises SnapshotError for a damaged
    file, for tables with another key, and for tables that hold items unless ``replace`` has these removed;
    EngineError if DynamoDB does not take the items.
    """
    head, counts = read_snapshot_header(file), read_counts(file)
    wanted = [logical_id for logical_id in head.tables if logical_id in tables.names]
    for logical_id in head.tables.keys() - set(wanted):
        tables.say(f"{logical_id}: left out, deploy/resources.yaml has no such table")
    with _explained():
        full = _look(tables, head, wanted, replace=replace)
        with _told_if_stopped(file):
            for logical_id in full:
                _empty(tables, logical_id)
            _fill(tables, file, set(wanted))
    return {logical_id: counts[logical_id] for logical_id in wanted}


def _look(tables: SnapshotTables, head: SnapshotHeader, wanted: Sequence[str], *, replace: bool) -> Sequence[str]:
    """The tables that hold items; makes those that are missing once all the others are found to be fit."""
    found = {logical_id: describe_table(tables.client, tables.names[logical_id]) for logical_id in wanted}
    there = {logical_id: described for logical_id, described in found.items() if described is not None}
    for logical_id, described in there.items():
        _refuse_other_key(logical_id, head.tables[logical_id].definition, described)
    missing = [logical_id for logical_id in wanted if logical_id not in there]
    if missing and not tables.makes_tables:
        raise SnapshotError(f"there is no table for {', '.join(missing)}", "deploy the stage first")
    full = [logical_id for logical_id in there if _has_items(tables.client, tables.names[logical_id])]
    if full and not replace:
        raise SnapshotError(
            f"{', '.join(full)} {'holds' if len(full) == 1 else 'hold'} items already", "--replace removes them first"
        )
    for logical_id in missing:
        shape = head.tables[logical_id]
        request = {**shape.definition, "TableName": tables.names[logical_id]}
        make_table(tables.client, request, shape.time_to_live)
        tables.say(f"{logical_id}: made table {tables.names[logical_id]}")
    return full


def _refuse_other_key(logical_id: str, saved: Mapping[str, Any], described: TableDescription) -> None:
    keys = ("KeySchema", "AttributeDefinitions")
    reason = replacement_reason({name: saved[name] for name in keys}, {name: described[name] for name in keys})
    if reason:
        raise SnapshotError(
            f"{logical_id} can't take the snapshot's items: {reason}", "load it into tables of the same key"
        )


def _has_items(client: DynamoDBClient, name: str) -> bool:
    return client.scan(TableName=name, Limit=1, Select="COUNT", ConsistentRead=True)["Count"] > 0


def _empty(tables: SnapshotTables, logical_id: str) -> None:
    name = tables.names[logical_id]
    keys = [key["AttributeName"] for key in tables.client.describe_table(TableName=name)["Table"]["KeySchema"]]
    names = {f"#{number}": key for number, key in enumerate(keys)}
    progress = SnapshotProgress(tables, f"{logical_id}: removed")
    asked = {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
    requests = ({"DeleteRequest": {"Key": key}} for key in _scan(tables.client, name, **asked))
    _write_snapshot(tables, name, requests, progress)
    progress.done()


def _fill(tables: SnapshotTables, file: Path, wanted: set[str]) -> None:
    for logical_id, entries in groupby(read_items(file), key=itemgetter(0)):
        if logical_id in wanted:
            progress = SnapshotProgress(tables, f"{logical_id}: wrote")
            requests = ({"PutRequest": {"Item": item}} for _, item in entries)
            _write_snapshot(tables, tables.names[logical_id], requests, progress)
            progress.done()


def _write_snapshot(
    tables: SnapshotTables, name: str, requests: Iterator[Mapping[str, Any]], progress: SnapshotProgress
) -> None:
    for batch in _batches(requests):
        left = write_batch(tables.client, name, batch, tables.sleep)
        if left:
            raise EngineError(f"DynamoDB did not take {left} writes to {name} in {TRIES} tries")
        progress.step(len(batch))


def _batches(requests: Iterator[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    batch: list[Mapping[str, Any]] = []
    for request in requests:
        batch.append(request)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _scan(client: DynamoDBClient, name: str, **asked: Any) -> Iterator[Mapping[str, Any]]:
    while True:
        page = client.scan(TableName=name, ConsistentRead=True, **asked)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


class SnapshotProgress:
    """Counts, and tells the number every two seconds."""

    def __init__(self, tables: SnapshotTables, what: str) -> None:
        self._tables, self._what = tables, what
        self._count = 0
        self._told = tables.clock()

    def step(self, more: int = 1) -> None:
        """So many more are done."""
        self._count += more
        if self._tables.clock() - self._told >= _TELL_EVERY:
            self._told = self._tables.clock()
            self._tables.say(f"{self._what} {self._count:,} items so far")

    def done(self) -> int:
        """All are done; gives their number."""
        self._tables.say(f"{self._what} {self._count:,} item{'' if self._count == 1 else 's'}")
        return self._count


@contextmanager
def _told_if_stopped(file: Path) -> Iterator[None]:
    """Between the first change and the last one the tables are neither what they were nor the snapshot."""
    try:
        yield
    except (ClientError, BotoCoreError, HomeportError, KeyboardInterrupt) as error:
        name = file.name.removesuffix(SUFFIX)
        why = str(error) or "interrupted"
        raise SnapshotError(f"the tables are half loaded: {why}", f"load {name} again with --replace") from error


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise EngineError(f"DynamoDB failed: {error}") from error
