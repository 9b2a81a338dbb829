"""Every request passes here, one at a time: a write is saved first, then applied, then answered.

Saved before applied: where the disk is full nothing has changed and the client is told so, and what was answered is
always on disk. A write that was refused untouched is taken out of the journal again. A write that was saved but not
yet answered when the process died is applied at the next start, as a lost answer of any database may mean.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from .journal import Record
from .service import Answer, Service, changed_nothing, error_answer, is_read
from .store import Content, Store


class Database:
    """The engine and its store; ``store`` None keeps everything in memory. ``clock`` gives seconds since the epoch."""

    def __init__(self, service: Service, store: Store | None, clock: Callable[[], float]) -> None:
        self.service = service
        self.store = store
        self.sequence = 0
        self._clock = clock
        self._saving = True

    def load(self, content: Content) -> tuple[str, ...]:
        """Become what the store holds. Gives warnings: writes that the engine accepted once and now refuses."""
        if content.state is not None:
            self.service.restore(content.state)
        self.sequence = content.sequence
        refused = []
        for record in content.records:
            answer = self.service.apply(record.action, record.body, record.time, record.sequence)
            # The last one may have been on its way out of the journal when the process died.
            if changed_nothing(record.action, answer) and record is not content.records[-1]:
                refused.append(f"{record.action} (write {record.sequence}): {answer.error}")
            self.sequence = record.sequence
        if not refused:
            return ()
        return (f"{len(refused)} saved writes are refused by this version of the engine, the first: {refused[0]}",)

    def call(self, action: str, body: bytes) -> Answer:
        """Answer a request of the DynamoDB API."""
        if is_read(action, body):
            return self.service.apply(action, body, self._clock(), self.sequence + 1)
        return self._write(Record(self.sequence + 1, self._clock(), action, body))

    def expire(self) -> int:
        """Remove the items whose time to live is over; gives how many."""
        due = list(self.service.expired(self._clock()))
        return sum(self.call(action, body).status == 200 for action, body in due)

    def _write(self, record: Record) -> Answer:
        try:
            place = self.store.append(record) if self.store else 0
        except OSError as error:
            return self._unsaved(error)
        self._saving = True
        answer = self.service.apply(record.action, record.body, record.time, record.sequence)
        if changed_nothing(record.action, answer) and self._taken_back(place):
            return answer
        self.sequence = record.sequence
        return answer

    def _taken_back(self, place: int) -> bool:
        try:
            if self.store:
                self.store.take_back(place)
        except OSError:
            return False
        return True

    def _unsaved(self, error: OSError) -> Answer:
        if self._saving:
            logging.error("writes are refused, they can't be saved: %s", error)
        self._saving = False
        message = f"The write was not made: it can't be saved in the data directory ({error.strerror})"
        return error_answer(500, "InternalServerError", message)
