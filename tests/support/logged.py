"""What a test logs. pytest's own ``caplog`` would have every test pay for it, and ``tests.fast`` does without."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class Logged(logging.Handler):
    """A handler of the root logger that keeps the records, in ``records``."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)

    @property
    def messages(self) -> list[str]:
        """The messages, without what a formatter adds."""
        return [record.getMessage() for record in self.records]

    @property
    def errors(self) -> list[str]:
        """The messages of errors."""
        return [record.getMessage() for record in self.records if record.levelno >= logging.ERROR]


@contextmanager
def logged_at(level: int) -> Iterator[Logged]:
    """Keep what is logged at a level and above, whatever the root logger's own level is."""
    handler, root = Logged(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(level)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
