"""Recordings in SQLite, written: one writer, and never more than so many of them, or bytes.

https://www.sqlite.org/wal.html
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from homeport.recordings.recording import SUMMARY, Recording, Violation, to_json

# The tables' version; a file of another one is begun anew.
VERSION = 1
# Of what is searched for text.
_SEARCHED = 2000

_TABLES = """
CREATE TABLE recordings (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, function_id TEXT, received REAL NOT NULL,
    flavor TEXT NOT NULL, stage TEXT NOT NULL, method TEXT NOT NULL, target TEXT NOT NULL, route TEXT, operation TEXT,
    status INTEGER NOT NULL, duration_ms REAL NOT NULL, cold INTEGER, refused TEXT, drift INTEGER NOT NULL,
    size INTEGER NOT NULL, text TEXT NOT NULL
);
CREATE INDEX by_id ON recordings (id);
CREATE INDEX by_function_id ON recordings (function_id);
CREATE INDEX by_size ON recordings (size);
CREATE TABLE details (number INTEGER PRIMARY KEY, detail TEXT NOT NULL);
CREATE TABLE violations (
    operation TEXT NOT NULL, status INTEGER NOT NULL, what TEXT NOT NULL, place TEXT NOT NULL,
    count INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL, PRIMARY KEY (operation, status, what, place)
);
"""
_INSERTED = (*SUMMARY[1:], "size", "text")
_INSERT = f"INSERT INTO recordings ({', '.join(_INSERTED)}) VALUES ({', '.join('?' * len(_INSERTED))})"
_VIOLATED = """
INSERT INTO violations VALUES (?, ?, ?, ?, 1, ?, ?)
ON CONFLICT DO UPDATE SET count = count + 1, last = excluded.last
"""
_EXTENT = (
    "SELECT (SELECT total(size) FROM recordings), (SELECT min(number) FROM recordings), max(number) FROM recordings"
)
_SIZES = "SELECT number, size FROM recordings ORDER BY number"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept: so many recordings, the newest, and so many bytes of them."""

    recordings: int = 10_000
    size: int = 256 * 1024 * 1024


class Store:
    """The database at ``file``, made if it is not there. Raises sqlite3.Error and OSError where it can't be."""

    def __init__(self, file: Path, bounds: Bounds | None = None) -> None:
        self._bounds = bounds or Bounds()
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        self._database = _open(file)
        self._inode = file.stat().st_ino

    @property
    def in_place(self) -> bool:
        """Whether the file is still there; a person may have deleted it."""
        try:
            return self._file.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def add(self, recordings: Iterable[Recording]) -> None:
        """Keep these, and drop the oldest where they are too many now. Raises sqlite3.Error."""
        with self._database:
            for recording in recordings:
                self._insert(recording)
            self._drop()

    def close(self) -> None:
        """Finish."""
        self._database.close()

    def _insert(self, recording: Recording) -> None:
        summary, detail = recording.summary, to_json(recording)
        values = [getattr(summary, name) for name in SUMMARY[1:]]
        text = _searched(recording)
        number = self._database.execute(_INSERT, (*values, len(detail) + len(text), text)).lastrowid
        self._database.execute("INSERT INTO details VALUES (?, ?)", (number, detail))
        for violation in dict.fromkeys(recording.violations):
            self._database.execute(_VIOLATED, (*_key(violation), summary.received, summary.received))

    def _drop(self) -> None:
        """Delete what is too much, the oldest in one go."""
        total, oldest, newest = self._database.execute(_EXTENT).fetchone()
        first = max(oldest or 0, (newest or 0) - self._bounds.recordings + 1)
        if total > self._bounds.size:
            for number, size in self._database.execute(_SIZES):
                if total <= self._bounds.size or number == newest:
                    break
                total -= size
                first = max(first, number + 1)
        if oldest is not None and first > oldest:
            self._database.execute("DELETE FROM details WHERE number < ?", (first,))
            self._database.execute("DELETE FROM recordings WHERE number < ?", (first,))


def _open(file: Path) -> sqlite3.Connection:
    """One that is damaged, or another version's, gives way to a new one: recordings can be made again."""
    try:
        return _prepared(file)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
    for part in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
        part.unlink(missing_ok=True)
    return _prepared(file)


def _prepared(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, timeout=5.0)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA journal_size_limit = 16777216")
        found = database.execute("PRAGMA user_version").fetchone()[0]
        if found != VERSION:
            drops = "".join(f"DROP TABLE IF EXISTS {table};" for table in ("recordings", "details", "violations"))
            database.executescript(f"BEGIN IMMEDIATE; {drops} {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _key(violation: Violation) -> tuple[str, int, str, str]:
    return violation.operation, violation.status, violation.what, violation.place


def _searched(recording: Recording) -> str:
    """What a search for text looks through."""
    parts = [recording.summary.id, recording.summary.operation or "", recording.summary.target]
    parts += [recording.request_body.text[:_SEARCHED], recording.reply_body.text[:_SEARCHED]]
    called = recording.function
    if called is not None:
        parts += [called.request_id, called.log.text[:_SEARCHED], *(call.table for call in called.calls)]
    parts += [violation.line for violation in recording.violations]
    return "\n".join(parts).lower()
