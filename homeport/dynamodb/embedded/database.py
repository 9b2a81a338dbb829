"""The order of requests, one at a time: a write is saved first, then applied, then answered.

On a full disk nothing has changed and the client gets an error; an answered write is in the journal file: no death of
a process loses it, a power failure may. A write that was rejected before it changed anything is taken out of the
journal again. A write that was saved but not yet answered when the process died is applied at the next start, as with
any database whose response is lost.

Between requests, when the journal has grown, a checkpoint commits the tables, so that a start replays little.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from .data_directory import DataDirectory, JournalBacklog, StoredState
from .journal import JournalRecord
from .service import DynamoDBResponse, Service, changed_nothing, error_response, is_read
from .storage.item_file import ItemFileError


class Database:
    """The engine and its store; ``store`` None keeps everything in memory. ``clock`` gives seconds since the epoch."""

    def __init__(self, service: Service, store: DataDirectory | None, clock: Callable[[], float]) -> None:
        self.service = service
        self.store = store
        self.sequence = 0
        self._clock = clock
        self._saving = True

    def load(self, content: StoredState) -> tuple[str, ...]:
        """Load the state and the writes of the store. Return a warning if some are rejected now."""
        self.service.restore(content.state)
        self.sequence = content.sequence
        rejected = []
        for record in content.records:
            answer = self.service.apply(record.action, record.body, record.time, record.sequence)
            # The last one may have been on its way out of the journal when the process died.
            if changed_nothing(record.action, answer) and record is not content.records[-1]:
                rejected.append(f"{record.action} (write {record.sequence}): {answer.error}")
            self.sequence = record.sequence
        if not rejected:
            return ()
        return (f"{len(rejected)} saved writes are refused by this version of the engine, the first: {rejected[0]}",)

    def call(self, action: str, body: bytes) -> DynamoDBResponse:
        """Carry out a request of the DynamoDB API, and return its response."""
        if is_read(action, body):
            return self.service.apply(action, body, self._clock(), self.sequence + 1)
        return self._write(JournalRecord(self.sequence + 1, self._clock(), action, body))

    def expire(self) -> int:
        """Remove the items whose time to live is over, and return their number."""
        due = list(self.service.expiry_writes(self._clock()))
        return sum(self.call(action, body).status == 200 for action, body in due)

    def _write(self, record: JournalRecord) -> DynamoDBResponse:
        try:
            place = self.store.append(record) if self.store else 0
        except OSError as error:
            return self._on_save_error(error)
        self._saving = True
        answer = self.service.apply(record.action, record.body, record.time, record.sequence)
        if self.store and self.store.items.is_lost:
            self._try_take_back(place)
            self.reload()
            return answer
        if changed_nothing(record.action, answer) and self._try_take_back(place):
            return answer
        self.sequence = record.sequence
        return answer

    def checkpoint(self) -> None:
        """Commit the tables, so that the next start replays no write. Raises OSError or ItemFileError."""
        assert self.store is not None
        try:
            self.store.checkpoint(self.sequence, self.service.state())
        finally:
            if self.store.items.is_lost:
                self.reload()

    def reload(self) -> None:
        """Make the state again from what was saved: SQLite took the writes since the last checkpoint back."""
        assert self.store is not None
        with self.service.consistency.without_lag():
            self.load(self.store.read_again())

    def _try_take_back(self, place: int) -> bool:
        try:
            if self.store:
                self.store.take_back(place)
        except OSError:
            return False
        return True

    def _on_save_error(self, error: OSError) -> DynamoDBResponse:
        if self._saving:
            logging.error("writes are refused, they can't be saved: %s", error)
        self._saving = False
        message = f"The write was not made: it can't be saved in the data directory ({error.strerror})"
        return error_response(500, "InternalServerError", message)


_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class CheckpointPolicy:
    """The size of the journals from which a checkpoint is worth its work: ``records`` writes, or 4 MB.

    Replaying either takes some tenths of a second, a checkpoint a tenth of that. While nobody writes, a tenth of the
    writes is enough.
    """

    records: int = 2000

    def is_due(self, backlog: JournalBacklog) -> bool:
        """Return True if a start from here would take notably longer than one from a checkpoint."""
        return backlog.records > self.records or backlog.bytes > _BYTES

    def is_due_when_idle(self, backlog: JournalBacklog) -> bool:
        """Return True if a start would be quicker for a checkpoint that holds nobody up."""
        return backlog.records > self.records // 10 or backlog.bytes > _BYTES // 10


class Checkpointer:
    """Makes a checkpoint when the journals have grown. After one that failed it waits for twice as many writes."""

    def __init__(self, database: Database, store: DataDirectory, policy: CheckpointPolicy) -> None:
        self._database = database
        self._store = store
        self._policy = policy
        self._resume_at = 0
        self._looked_at = 0

    def consider(self) -> None:
        """Make a checkpoint if one is due. Called between requests."""
        backlog = self._store.backlog
        if backlog.records >= self._resume_at and (self._store.is_old or self._policy.is_due(backlog)):
            self.make()

    def consider_when_idle(self) -> None:
        """Make a checkpoint if there was no write since the last call and one is worth it."""
        backlog, idle = self._store.backlog, self._database.sequence == self._looked_at
        self._looked_at = self._database.sequence
        if idle and backlog.records >= self._resume_at and self._policy.is_due_when_idle(backlog):
            self.make()

    def make(self) -> None:
        """Make a checkpoint."""
        try:
            self._database.checkpoint()
            self._resume_at = 0
        except (OSError, ItemFileError) as error:
            self._resume_at = max(1, 2 * self._store.backlog.records)
            logging.error("no checkpoint was made, the journals stay: %s", error)
