"""The SQLite file of recordings: its tables, and the steps from one version of them to the next.

The write-ahead log keeps readers and the writer apart: https://www.sqlite.org/wal.html
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from homeport.errors import HomeportError

VERSION = 4
"""The version of the tables. A file of an earlier version is brought up to it, one of an unknown version replaced."""

_RECORDINGS = """
CREATE TABLE recordings (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, function_id TEXT, received REAL NOT NULL,
    flavor TEXT NOT NULL, stage TEXT NOT NULL, method TEXT NOT NULL, target TEXT NOT NULL, route TEXT, operation TEXT,
    status INTEGER NOT NULL, duration_ms REAL NOT NULL, cold INTEGER, refused TEXT, drift INTEGER NOT NULL,
    api TEXT NOT NULL, size INTEGER NOT NULL, text TEXT NOT NULL
);
CREATE INDEX by_id ON recordings (id);
CREATE INDEX by_function_id ON recordings (function_id);
CREATE INDEX by_size ON recordings (size);
CREATE TABLE details (number INTEGER PRIMARY KEY, detail TEXT NOT NULL);
"""
_RUNS = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, started REAL NOT NULL, origin TEXT NOT NULL,
    function TEXT NOT NULL, error TEXT, duration_ms REAL NOT NULL, cold INTEGER NOT NULL, records INTEGER NOT NULL,
    failed INTEGER NOT NULL, size INTEGER NOT NULL, text TEXT NOT NULL
);
CREATE INDEX by_run_id ON runs (id);
CREATE TABLE run_details (number INTEGER PRIMARY KEY, detail TEXT NOT NULL);
CREATE TABLE links (
    id TEXT NOT NULL, taken INTEGER NOT NULL, owner TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL,
    receives INTEGER NOT NULL, failed INTEGER NOT NULL, what TEXT NOT NULL
);
CREATE INDEX by_link ON links (id, taken);
CREATE INDEX by_owner ON links (owner, number);
"""
_UNTIL = "ALTER TABLE links ADD COLUMN until REAL NOT NULL DEFAULT 0;"
_STEPS: Mapping[int, str] = {2: _RUNS, 3: _UNTIL}
"""What brings the tables of a version to the next one."""
_EVERY = ("recordings", "details", "violations", "runs", "run_details", "links")


class RecordingError(HomeportError):
    """There is no such recording, or none at all."""


def open_database(file: Path) -> sqlite3.Connection:
    """Open the database to write. A damaged file is replaced by a new one: recordings can be made again.

    Raises sqlite3.OperationalError where it can't be opened.
    """
    try:
        return _prepare(file)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
    for part in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
        part.unlink(missing_ok=True)
    return _prepare(file)


def read_rows(file: Path, query: str, values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a query, none where there is no such file or table yet. Raises RecordingError.

    Each query has a connection of its own, so that any number of threads may read.
    """
    if not file.exists():
        return []
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=5.0)) as database:
            return database.execute(query, tuple(values)).fetchall()
    except sqlite3.Error as error:
        if "no such table" in str(error) or "no such column" in str(error):
            # The file was made a moment ago, or by an earlier version.
            return []
        raise RecordingError(f"{file} can't be read: {error}", "delete it: homeport dev begins anew") from error


def _prepare(file: Path) -> sqlite3.Connection:
    # A background thread writes, and the main thread closes: one after the other.
    database = sqlite3.connect(file, timeout=5.0, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA journal_size_limit = 16777216")
        found = database.execute("PRAGMA user_version").fetchone()[0]
        if found != VERSION:
            script = "".join(_STEPS[each] for each in range(found, VERSION)) if found in _STEPS else _from_nothing()
            database.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {VERSION}; COMMIT;")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _from_nothing() -> str:
    return "".join(f"DROP TABLE IF EXISTS {table};" for table in _EVERY) + _RECORDINGS + _RUNS + _UNTIL
