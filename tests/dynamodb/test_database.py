"""A write is saved before it is applied: what can't be saved has not happened."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

from homeport.dynamodb.embedded.data_directory import DataDirectory
from homeport.dynamodb.embedded.database import Database
from homeport.dynamodb.embedded.journal import JournalRecord
from homeport.dynamodb.embedded.service import DynamoDBResponse, Service
from tests.support.logged import Logged

IDENTITY = {"id": "s", "account": "000000000000", "region": "us-east-1"}
OK = DynamoDBResponse(200, {}, b"{}")
REJECTED = DynamoDBResponse(400, {}, b"{}", "ConditionalCheckFailedException")


class FakeService(Service):
    """Keeps the requests it was given; a body of ``refuse`` is refused."""

    def __init__(self) -> None:
        self.applied: list[JournalRecord] = []

    def apply(self, action: str, body: bytes, now: float, sequence: int) -> DynamoDBResponse:
        if body == b"refuse":
            return REJECTED
        self.applied.append(JournalRecord(sequence, now, action, body))
        return OK

    def restore(self, state: Any) -> None:
        self.applied = list(state or ())


class FullDisk(DataDirectory):
    """A store whose disk is full while ``full``."""

    full = False

    def append(self, record: JournalRecord) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().append(record)


def open_database(directory: Path) -> tuple[Database, FakeService]:
    store, content = FullDisk.open(directory, IDENTITY)
    service = FakeService()
    database = Database(service, store, lambda: 1763715000.0)
    assert database.load(content) == ()
    return database, service


def reopen(database: Database) -> tuple[Database, FakeService]:
    """What the next process finds."""
    assert database.store is not None
    database.store.close()
    return open_database(database.store.directory)


def test_writes_are_numbered_and_replayed_as_they_were(tmp_path: Path) -> None:
    database, service = open_database(tmp_path)
    assert [database.call("PutItem", body) for body in (b"a", b"b")] == [OK, OK]
    assert service.applied == [
        JournalRecord(1, 1763715000.0, "PutItem", b"a"),
        JournalRecord(2, 1763715000.0, "PutItem", b"b"),
    ]
    again, replayed = reopen(database)
    assert replayed.applied == service.applied
    assert again.sequence == 2


def test_a_clock_that_jumps_back_and_forth_changes_no_order(tmp_path: Path) -> None:
    store, content = DataDirectory.open(tmp_path, IDENTITY)
    times = iter((1763715000.0, 1863715000.0, -5.0, 1763715001.0))
    service = FakeService()
    database = Database(service, store, lambda: next(times))
    database.load(content)
    for body in (b"a", b"b", b"c", b"d"):
        assert database.call("PutItem", body) == OK
    assert [(record.sequence, record.body) for record in service.applied] == [
        (1, b"a"),
        (2, b"b"),
        (3, b"c"),
        (4, b"d"),
    ]
    store.close()
    again, replayed = open_database(tmp_path)
    assert (replayed.applied, again.sequence) == (service.applied, 4)


def test_reads_are_not_saved(tmp_path: Path) -> None:
    database, _ = open_database(tmp_path)
    database.call("GetItem", b"{}")
    assert reopen(database)[1].applied == []


def test_a_rejected_write_leaves_no_trace(tmp_path: Path) -> None:
    database, _ = open_database(tmp_path)
    assert database.call("PutItem", b"refuse") == REJECTED
    database.call("PutItem", b"a")
    assert [record.sequence for record in reopen(database)[1].applied] == [1]


def test_a_rejection_that_may_have_changed_something_stays(tmp_path: Path) -> None:
    database, _ = open_database(tmp_path)
    database.call("UpdateTable", b"refuse")
    database.call("PutItem", b"a")
    assert [record.sequence for record in reopen(database)[1].applied] == [2]


def test_write_that_cannot_be_saved_is_not_done_and_the_next_one_is(tmp_path: Path, logged: Logged) -> None:
    database, service = open_database(tmp_path)
    database.call("PutItem", b"a")
    assert isinstance(database.store, FullDisk)
    database.store.full = True
    answers = [database.call("PutItem", body) for body in (b"b", b"c")]
    database.store.full = False
    database.call("PutItem", b"d")
    assert [(answer.status, answer.error) for answer in answers] == [(500, "InternalServerError")] * 2
    assert b"it can't be saved in the data directory (No space left on device)" in answers[0].body
    assert [(record.sequence, record.body) for record in service.applied] == [(1, b"a"), (2, b"d")]
    assert reopen(database)[1].applied == service.applied
    assert len(logged.records) == 1


def test_writes_that_an_engine_now_refuses_are_reported(tmp_path: Path) -> None:
    store, _ = DataDirectory.open(tmp_path, IDENTITY)
    for sequence, body in enumerate((b"a", b"refuse", b"b"), start=1):
        store.append(JournalRecord(sequence, 1.0, "PutItem", body))
    store.close()
    store, content = DataDirectory.open(tmp_path, IDENTITY)
    warnings = Database(FakeService(), store, lambda: 1.0).load(content)
    assert warnings == (
        "1 saved writes are refused by this version of the engine, "
        "the first: PutItem (write 2): ConditionalCheckFailedException",
    )


def test_a_rejected_write_that_was_saved_last_is_no_reason_to_warn(tmp_path: Path) -> None:
    store, _ = DataDirectory.open(tmp_path, IDENTITY)
    store.append(JournalRecord(1, 1.0, "PutItem", b"refuse"))
    store.close()
    store, content = DataDirectory.open(tmp_path, IDENTITY)
    assert Database(FakeService(), store, lambda: 1.0).load(content) == ()
