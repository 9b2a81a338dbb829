"""The order of requests, one at a time: a write is saved first, then applied, then answered.

On a full disk nothing has changed and the client gets an error; an answered write is in the journal file: no death of
a process loses it, a power failure may. A write that was rejected before it changed anything is taken out of the
journal again. A write that was saved but not yet answered when the process died is applied at the next start, as with
any database whose response is lost.

Snapshots are taken while the engine serves: a forked child, which has the state as it was at the fork, writes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .data_directory import DataDirectory, JournalBacklog, StoredState
from .journal import JournalRecord
from .service import DynamoDBResponse, Service, changed_nothing, error_response, is_read


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
        if content.state is not None:
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
        if changed_nothing(record.action, answer) and self._try_take_back(place):
            return answer
        self.sequence = record.sequence
        return answer

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


_BYTES = 1_500_000


@dataclass(frozen=True, slots=True)
class SnapshotPolicy:
    """The size of the journals from which a snapshot is worth its work.

    It is ``records`` writes, or a fifth of the items if that is more; 1.5 MB, or a third of the last snapshot if that
    is more. Replaying either takes about a third of a second.
    """

    records: int = 4000

    def is_due(self, backlog: JournalBacklog, items: int, snapshot_bytes: int) -> bool:
        """Return True if a start from here would take notably longer than one from a snapshot."""
        return backlog.records > max(self.records, items // 5) or backlog.bytes > max(_BYTES, snapshot_bytes // 3)


class Compactor:
    """A task that takes a snapshot when the journals have grown, one at a time."""

    def __init__(
        self, database: Database, store: DataDirectory, policy: SnapshotPolicy, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._database = database
        self._store = store
        self._policy = policy
        self._loop = loop
        self._child = 0
        self._resume_at = 0

    def consider(self) -> None:
        """Take a snapshot if one is due. Called between requests."""
        backlog = self._store.backlog
        if self._child or backlog.records < self._resume_at:
            return
        if self._policy.is_due(backlog, self._database.service.count_items(), self._store.snapshot_bytes):
            try:
                self._start()
            except OSError as error:
                self._on_snapshot_error(str(error))

    def stop(self) -> None:
        """End a child that is still writing; the journals hold everything it would have."""
        if self._child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
            self._child = 0

    def _start(self) -> None:
        sequence = self._database.sequence
        self._store.rotate(sequence)
        done, in_child = os.pipe()
        sys.stderr.flush()
        pid = os.fork()
        if not pid:
            self._write_and_exit(sequence, in_child)
        os.close(in_child)
        self._child = pid
        self._loop.add_reader(done, self._on_snapshot_end, done, sequence)

    def _write_and_exit(self, sequence: int, done: int) -> None:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            # The port, its connections and the supervisor's pipe must end with the engine, not with this process.
            for name in list(Path("/dev/fd").iterdir()):
                if (fd := int(name.name)) > 2 and fd != done:
                    with contextlib.suppress(OSError):
                        os.close(fd)
            self._store.write_snapshot(sequence, self._database.service.state())
            status = 0
        except Exception:
            logging.exception("the snapshot could not be written")
        finally:
            os._exit(status)

    def _on_snapshot_end(self, done: int, sequence: int) -> None:
        self._loop.remove_reader(done)
        os.close(done)
        if not self._child:
            return
        _, status = os.waitpid(self._child, 0)
        self._child = 0
        if os.waitstatus_to_exitcode(status) == 0:
            self._store.finish_snapshot(sequence)
            self._resume_at = 0
        else:
            self._on_snapshot_error("see above")

    def _on_snapshot_error(self, reason: str) -> None:
        self._resume_at = 2 * self._store.backlog.records
        logging.error("no snapshot was taken, the journals stay: %s", reason)
