"""Saves what a DynamoDB holds of a project's tables into a file, and brings it back, in any DynamoDB.

Items are read page by page and written batch by batch, so memory stays bounded. A scan sees each item as it is when
its page is read: what is written meanwhile may or may not be in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from homeport.dynamodb.batches import BATCH, TRIES, write_batch
from homeport.dynamodb.snapshot_file import (
    SUFFIX,
    Head,
    SnapshotError,
    TableShape,
    read_counts,
    read_head,
    read_items,
    writing,
)
from homeport.dynamodb.table_changes import Described, replacement_reason
from homeport.dynamodb.table_definitions import definition_of
from homeport.dynamodb.tables import describe_table, found_time_to_live, make_table
from homeport.errors import EngineError, HomeportError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TELL_EVERY = 2.0


@dataclass(frozen=True)
class Shelf:
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


def save(shelf: Shelf, file: Path, stage: str, made: str) -> Mapping[str, int]:
    """Write all items of the tables that are there into ``file``; gives how many of each.

    ``made`` is the time, ISO 8601. Raises SnapshotError if there are none or the file can't be written, EngineError if
    DynamoDB does not answer.
    """
    with _explained():
        found = {logical_id: describe_table(shelf.client, name) for logical_id, name in shelf.names.items()}
        shapes = {
            logical_id: TableShape(definition_of(described), found_time_to_live(shelf.client, shelf.names[logical_id]))
            for logical_id, described in found.items()
            if described is not None
        }
        for logical_id in found.keys() - shapes.keys():
            shelf.say(f"{logical_id}: left out, there is no table {shelf.names[logical_id]}")
        if not shapes:
            raise SnapshotError("none of the project's tables is there", "homeport dev makes them when it starts")
        counts = {}
        with writing(file, Head(stage, made, shapes)) as take:
            for logical_id in shapes:
                progress = Progress(shelf, f"{logical_id}: read")
                for item in _scan(shelf.client, shelf.names[logical_id]):
                    take(logical_id, item)
                    progress.step()
                counts[logical_id] = progress.done()
        return counts


def load(shelf: Shelf, file: Path, *, replace: bool) -> Mapping[str, int]:
    """Bring the items of ``file`` back; gives how many of each table. Missing tables are made where that is allowed.

    Before anything is written the whole file is read, and every table looked at. Raises SnapshotError for a damaged
    file, for tables with another key, and for tables that hold items unless ``replace`` has these removed;
    EngineError if DynamoDB does not take the items.
    """
    head, counts = read_head(file), read_counts(file)
    wanted = [logical_id for logical_id in head.tables if logical_id in shelf.names]
    for logical_id in head.tables.keys() - set(wanted):
        shelf.say(f"{logical_id}: left out, deploy/resources.yaml has no such table")
    with _explained():
        full = _look(shelf, head, wanted, replace=replace)
        with _told_if_stopped(file):
            for logical_id in full:
                _empty(shelf, logical_id)
            _fill(shelf, file, set(wanted))
    return {logical_id: counts[logical_id] for logical_id in wanted}


def _look(shelf: Shelf, head: Head, wanted: Sequence[str], *, replace: bool) -> Sequence[str]:
    """The tables that hold items; makes those that are missing once all the others are found to be fit."""
    found = {logical_id: describe_table(shelf.client, shelf.names[logical_id]) for logical_id in wanted}
    there = {logical_id: described for logical_id, described in found.items() if described is not None}
    for logical_id, described in there.items():
        _refuse_other_key(logical_id, head.tables[logical_id].definition, described)
    missing = [logical_id for logical_id in wanted if logical_id not in there]
    if missing and not shelf.makes_tables:
        raise SnapshotError(f"there is no table for {', '.join(missing)}", "deploy the stage first")
    full = [logical_id for logical_id in there if _has_items(shelf.client, shelf.names[logical_id])]
    if full and not replace:
        raise SnapshotError(
            f"{', '.join(full)} {'holds' if len(full) == 1 else 'hold'} items already", "--replace removes them first"
        )
    for logical_id in missing:
        shape = head.tables[logical_id]
        request = {**shape.definition, "TableName": shelf.names[logical_id]}
        make_table(shelf.client, request, shape.time_to_live)
        shelf.say(f"{logical_id}: made table {shelf.names[logical_id]}")
    return full


def _refuse_other_key(logical_id: str, saved: Mapping[str, Any], described: Described) -> None:
    keys = ("KeySchema", "AttributeDefinitions")
    reason = replacement_reason({name: saved[name] for name in keys}, {name: described[name] for name in keys})
    if reason:
        raise SnapshotError(
            f"{logical_id} can't take the snapshot's items: {reason}", "load it into tables of the same key"
        )


def _has_items(client: DynamoDBClient, name: str) -> bool:
    return client.scan(TableName=name, Limit=1, Select="COUNT", ConsistentRead=True)["Count"] > 0


def _empty(shelf: Shelf, logical_id: str) -> None:
    name = shelf.names[logical_id]
    keys = [key["AttributeName"] for key in shelf.client.describe_table(TableName=name)["Table"]["KeySchema"]]
    names = {f"#{number}": key for number, key in enumerate(keys)}
    progress = Progress(shelf, f"{logical_id}: removed")
    asked = {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
    requests = ({"DeleteRequest": {"Key": key}} for key in _scan(shelf.client, name, **asked))
    _write(shelf, name, requests, progress)
    progress.done()


def _fill(shelf: Shelf, file: Path, wanted: set[str]) -> None:
    for logical_id, entries in groupby(read_items(file), key=itemgetter(0)):
        if logical_id in wanted:
            progress = Progress(shelf, f"{logical_id}: wrote")
            requests = ({"PutRequest": {"Item": item}} for _, item in entries)
            _write(shelf, shelf.names[logical_id], requests, progress)
            progress.done()


def _write(shelf: Shelf, name: str, requests: Iterator[Mapping[str, Any]], progress: Progress) -> None:
    for batch in _batches(requests):
        left = write_batch(shelf.client, name, batch, shelf.sleep)
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


class Progress:
    """Counts, and tells the number every two seconds."""

    def __init__(self, shelf: Shelf, what: str) -> None:
        self._shelf, self._what = shelf, what
        self._count = 0
        self._told = shelf.clock()

    def step(self, more: int = 1) -> None:
        """So many more are done."""
        self._count += more
        if self._shelf.clock() - self._told >= _TELL_EVERY:
            self._told = self._shelf.clock()
            self._shelf.say(f"{self._what} {self._count:,} items so far")

    def done(self) -> int:
        """All are done; gives their number."""
        self._shelf.say(f"{self._what} {self._count:,} item{'' if self._count == 1 else 's'}")
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
