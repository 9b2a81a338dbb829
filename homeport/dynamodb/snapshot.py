"""Save the items of a project's tables into a file, and load them into any DynamoDB.

The file is compressed JSON lines. The first line describes the tables, each further one holds an item in DynamoDB's
JSON, bytes in Base64, and the last one counts them: a file without it is incomplete. It is written under another name
and renamed when complete.

Items are read page by page and written batch by batch, so memory stays bounded. A scan sees each item as it is when
its page is read: it may or may not see concurrent writes.
"""

from __future__ import annotations

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
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from homeport.dynamodb.calls import BATCH, TRIES, is_empty, translate_errors, write_batch
from homeport.dynamodb.item_json import encode_line, from_json
from homeport.dynamodb.table_requests import TableDescription, definition_of, replacement_reason
from homeport.dynamodb.tables import current_time_to_live, describe_table, make_table
from homeport.errors import EngineError, HomeportError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

VERSION = 1
SUFFIX = ".jsonl.gz"
Item = Mapping[str, Any]
# Seconds between two lines of progress.
_PROGRESS_INTERVAL = 2.0
_DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError)


class SnapshotError(HomeportError):
    """A snapshot is missing, damaged, or in the way."""


@dataclass(frozen=True, slots=True)
class SavedTable:
    """A table of a snapshot: a CreateTable request without its name, and the attribute for time to live."""

    definition: Mapping[str, Any]
    time_to_live: str | None = None


@dataclass(frozen=True, slots=True)
class SnapshotHeader:
    """The first line of a snapshot. ``made`` is an ISO 8601 time, ``tables`` has logical ids."""

    stage: str
    made: str
    tables: Mapping[str, SavedTable]


@contextmanager
def write_snapshot(file: Path, header: SnapshotHeader) -> Iterator[Callable[[str, Item], None]]:
    """Yield a function that takes items. The file is there when this ends well, and unchanged when it does not.

    Raises SnapshotError where it can't be written.
    """
    counts: Counter[str] = Counter()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp lets only this user read the file, which may hold other people's data.
        handle, draft = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as raw:
                with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6) as out:

                    def take(table: str, item: Item) -> None:
                        out.write(encode_line([table, item]))
                        counts[table] += 1

                    out.write(encode_line({"homeport": "snapshot", "version": VERSION, **asdict(header)}))
                    yield take
                    out.write(encode_line({"items": {table: counts[table] for table in header.tables}}))
                raw.flush()
                os.fsync(raw.fileno())
            Path(draft).replace(file)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        message = f"{file} can't be written: {error.strerror or error}"
        raise SnapshotError(message, "make room, or give this user the right to write there") from error


def read_snapshot_header(file: Path) -> SnapshotHeader:
    """Read the first line of a snapshot. Raises SnapshotError."""
    with _open_lines(file) as lines:
        return _parse_header(file, json.loads(next(lines, b"null")))


def read_counts(file: Path) -> Mapping[str, int]:
    """Read a snapshot to its end. Return the number of items of each table. Raises SnapshotError unless it is whole."""
    counts: Counter[str] = Counter()
    with _open_lines(file) as lines:
        header = _parse_header(file, json.loads(next(lines, b"null")))
        for line in lines:
            value = json.loads(line)
            if isinstance(value, dict):
                if value["items"] != {table: counts[table] for table in header.tables} or next(lines, None) is not None:
                    raise ValueError("its items are not those that it counted")
                return {table: counts[table] for table in header.tables}
            counts[_parse_entry(value)[0]] += 1
        raise EOFError("its end is missing")


def read_items(file: Path) -> Iterator[tuple[str, Item]]:
    """Yield each item with its table, in boto3's form. Raises SnapshotError."""
    with _open_lines(file) as lines:
        next(lines, None)
        for line in lines:
            value = json.loads(line)
            if isinstance(value, list):
                yield _parse_entry(value)


def _parse_entry(value: Any) -> tuple[str, Item]:
    table, item = value
    return str(table), {name: from_json(typed) for name, typed in item.items()}


def _parse_header(file: Path, value: Any) -> SnapshotHeader:
    if not isinstance(value, dict) or value.get("homeport") != "snapshot":
        raise ValueError("it does not begin as a snapshot does")
    if value["version"] != VERSION:
        message = f"{file} was written by another release: format {value['version']}, this one reads {VERSION}"
        raise SnapshotError(message, "load it with the release that made it")
    tables = {name: SavedTable(shape["definition"], shape["time_to_live"]) for name, shape in value["tables"].items()}
    return SnapshotHeader(str(value["stage"]), str(value["made"]), tables)


@contextmanager
def _open_lines(file: Path) -> Iterator[Iterator[bytes]]:
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


@dataclass(frozen=True)
class SnapshotTables:
    """A project's tables in a DynamoDB: ``names`` has their names there by logical id.

    ``makes_tables`` allows to make missing ones. ``say`` takes lines of progress; ``clock`` and ``sleep`` are
    in seconds.
    """

    client: DynamoDBClient
    names: Mapping[str, str]
    makes_tables: bool
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def save(tables: SnapshotTables, file: Path, stage: str, made: str) -> Mapping[str, int]:
    """Write all items of the existing tables into ``file``. Return the number of items of each.

    ``made`` is the time, ISO 8601. Raises SnapshotError if there are none or the file can't be written, EngineError if
    DynamoDB does not answer.
    """
    with translate_errors("DynamoDB failed"):
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
        with write_snapshot(file, SnapshotHeader(stage, made, shapes)) as take:
            for logical_id in shapes:
                progress = SnapshotProgress(tables, f"{logical_id}: read")
                for item in _scan(tables.client, tables.names[logical_id]):
                    take(logical_id, item)
                    progress.step()
                counts[logical_id] = progress.finish()
        return counts


def load(tables: SnapshotTables, file: Path, *, replace: bool) -> Mapping[str, int]:
    """Write the items of ``file``. Return the number of items of each table. Makes missing tables if that is allowed.

    Before anything is written the whole file is read, and every table examined. Raises SnapshotError for a damaged
    file, for tables with another key, and for tables that hold items unless ``replace`` has these removed;
    EngineError if DynamoDB does not take the items.
    """
    header, counts = read_snapshot_header(file), read_counts(file)
    wanted = [logical_id for logical_id in header.tables if logical_id in tables.names]
    for logical_id in header.tables.keys() - set(wanted):
        tables.say(f"{logical_id}: left out, the project has no such table")
    with translate_errors("DynamoDB failed"):
        full = _prepare_tables(tables, header, wanted, replace=replace)
        try:
            for logical_id in full:
                _remove_items(tables, logical_id)
            _write_items(tables, file, set(wanted))
        except (ClientError, BotoCoreError, HomeportError, KeyboardInterrupt) as error:
            name, why = file.name.removesuffix(SUFFIX), str(error) or "interrupted"
            raise SnapshotError(f"the tables are half loaded: {why}", f"load {name} again with --replace") from error
    return {logical_id: counts[logical_id] for logical_id in wanted}


def _prepare_tables(
    tables: SnapshotTables, header: SnapshotHeader, wanted: Sequence[str], *, replace: bool
) -> Sequence[str]:
    """Return the tables that hold items. Missing ones are made, after all others were found to be fit."""
    found = {logical_id: describe_table(tables.client, tables.names[logical_id]) for logical_id in wanted}
    there = {logical_id: described for logical_id, described in found.items() if described is not None}
    for logical_id, described in there.items():
        _check_key(logical_id, header.tables[logical_id].definition, described)
    missing = [logical_id for logical_id in wanted if logical_id not in there]
    if missing and not tables.makes_tables:
        raise SnapshotError(f"there is no table for {', '.join(missing)}", "deploy the stage first")
    full = [logical_id for logical_id in there if not is_empty(tables.client, tables.names[logical_id])]
    if full and not replace:
        raise SnapshotError(
            f"{', '.join(full)} {'holds' if len(full) == 1 else 'hold'} items already", "--replace removes them first"
        )
    for logical_id in missing:
        shape = header.tables[logical_id]
        request = {**shape.definition, "TableName": tables.names[logical_id]}
        make_table(tables.client, request, shape.time_to_live)
        tables.say(f"{logical_id}: made table {tables.names[logical_id]}")
    return full


def _check_key(logical_id: str, saved: Mapping[str, Any], described: TableDescription) -> None:
    keys = ("KeySchema", "AttributeDefinitions")
    reason = replacement_reason({name: saved[name] for name in keys}, {name: described[name] for name in keys})
    if reason:
        raise SnapshotError(
            f"{logical_id} can't take the snapshot's items: {reason}", "load it into tables of the same key"
        )


def _remove_items(tables: SnapshotTables, logical_id: str) -> None:
    name = tables.names[logical_id]
    keys = [key["AttributeName"] for key in tables.client.describe_table(TableName=name)["Table"]["KeySchema"]]
    names = {f"#{number}": key for number, key in enumerate(keys)}
    progress = SnapshotProgress(tables, f"{logical_id}: removed")
    asked = {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
    requests = ({"DeleteRequest": {"Key": key}} for key in _scan(tables.client, name, **asked))
    _write_requests(tables, name, requests, progress)
    progress.finish()


def _write_items(tables: SnapshotTables, file: Path, wanted: set[str]) -> None:
    for logical_id, entries in groupby(read_items(file), key=itemgetter(0)):
        if logical_id in wanted:
            progress = SnapshotProgress(tables, f"{logical_id}: wrote")
            requests = ({"PutRequest": {"Item": item}} for _, item in entries)
            _write_requests(tables, tables.names[logical_id], requests, progress)
            progress.finish()


def _write_requests(
    tables: SnapshotTables, name: str, requests: Iterator[Mapping[str, Any]], progress: SnapshotProgress
) -> None:
    for batch in iter(lambda: list(islice(requests, BATCH)), []):
        left = write_batch(tables.client, name, batch, tables.sleep)
        if left:
            raise EngineError(f"DynamoDB did not take {left} writes to {name} in {TRIES} tries")
        progress.step(len(batch))


def _scan(client: DynamoDBClient, name: str, **asked: Any) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator("scan").paginate(TableName=name, ConsistentRead=True, **asked):
        yield from page["Items"]


class SnapshotProgress:
    """A counter that prints its number every two seconds."""

    def __init__(self, tables: SnapshotTables, what: str) -> None:
        self._tables, self._what = tables, what
        self._count = 0
        self._reported = tables.clock()

    def step(self, more: int = 1) -> None:
        """Count ``more`` items."""
        self._count += more
        if self._tables.clock() - self._reported >= _PROGRESS_INTERVAL:
            self._reported = self._tables.clock()
            self._tables.say(f"{self._what} {self._count:,} items so far")

    def finish(self) -> int:
        """Print the total, and return it."""
        self._tables.say(f"{self._what} {self._count:,} item{'' if self._count == 1 else 's'}")
        return self._count
