"""Recordings in an SQLite file: one process writes them, within bounds; any process reads them meanwhile.

The write-ahead log keeps readers and the writer apart: https://www.sqlite.org/wal.html
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from homeport.errors import HomeportError
from homeport.recordings.recording import SUMMARY, Recording, Summary, from_json, to_json

# The version of the tables; a file of another version is replaced.
VERSION = 2
# Characters of each text that a search looks through.
_SEARCHED = 2000

_TABLES = """
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
# The table keeps the column's name of earlier versions, so that their files can be read.
_SUMMARY_COLUMNS = tuple("refused" if name == "gateway_error" else name for name in SUMMARY)
_INSERTED = (*_SUMMARY_COLUMNS[1:], "size", "text")
_INSERT = f"INSERT INTO recordings ({', '.join(_INSERTED)}) VALUES ({', '.join('?' * len(_INSERTED))})"
_EXTENT = (
    "SELECT (SELECT total(size) FROM recordings), (SELECT min(number) FROM recordings), max(number) FROM recordings"
)
_SIZES = "SELECT number, size FROM recordings ORDER BY number"
_COLUMNS = ", ".join(_SUMMARY_COLUMNS)
_SHORTEST_ID = 4
_CHUNK = 100


@dataclass(frozen=True, slots=True)
class Bounds:
    """The largest number of recordings, and of their bytes; the newest stay."""

    recordings: int = 10_000
    size: int = 256 * 1024 * 1024


class RecordingStore:
    """The database at ``file``, for its one writer; made if it is not there. Raises sqlite3.Error and OSError."""

    def __init__(self, file: Path, bounds: Bounds | None = None) -> None:
        self._bounds = bounds or Bounds()
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        self._database = _open(file)
        self._inode = file.stat().st_ino

    @property
    def in_place(self) -> bool:
        """True while the file is there; a person may have deleted it."""
        try:
            return self._file.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def add(self, recordings: Iterable[Recording]) -> None:
        """Store these, and delete the oldest that are over the bounds. Raises sqlite3.Error."""
        with self._database:
            for recording in recordings:
                self._insert(recording)
            self._delete_oldest()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _insert(self, recording: Recording) -> None:
        summary, detail = recording.summary, to_json(recording)
        values = [getattr(summary, name) for name in SUMMARY[1:]]
        text = _search_text(recording)
        number = self._database.execute(_INSERT, (*values, len(detail) + len(text), text)).lastrowid
        self._database.execute("INSERT INTO details VALUES (?, ?)", (number, detail))

    def _delete_oldest(self) -> None:
        """Delete the oldest recordings that are over the bounds, all at once."""
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
    """Open the database. A damaged file is replaced by a new one: recordings can be made again."""
    try:
        return _prepare(file)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
    for part in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
        part.unlink(missing_ok=True)
    return _prepare(file)


def _prepare(file: Path) -> sqlite3.Connection:
    # A background thread writes, and the main thread closes: one after the other.
    database = sqlite3.connect(file, timeout=5.0, check_same_thread=False)
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


def _search_text(recording: Recording) -> str:
    """Return the text that a search looks through."""
    parts = [recording.summary.id, recording.summary.operation or "", recording.summary.target]
    parts += [recording.request_body.text[:_SEARCHED], recording.reply_body.text[:_SEARCHED]]
    function = recording.function
    if function is not None:
        parts += [function.request_id, function.log.text[:_SEARCHED], *(call.table for call in function.calls)]
    parts += [violation.line for violation in recording.violations]
    return "\n".join(parts).lower()


class RecordingError(HomeportError):
    """There is no such recording, or none at all."""


@dataclass(frozen=True, slots=True)
class RecordingFilter:
    """Conditions on recordings; an empty one holds for all.

    ``text`` is searched, in any case, in ids, target, operation, bodies, log, tables and violations. ``status`` is a
    status (``404``) or a class of them (``4xx``). ``drift`` leaves only responses that differ from the spec.
    """

    text: str = ""
    method: str = ""
    status: str = ""
    operation: str = ""
    drift: bool = False


@dataclass(frozen=True, slots=True)
class RecordingPage:
    """``older`` is the ``before`` of the next page, None: this is the last. ``total`` counts all that are stored."""

    rows: tuple[Summary, ...]
    older: int | None
    total: int


class Recordings:
    """The recordings in ``file``, to read. Safe for any number of threads: each query has a connection of its own."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def page(
        self, wanted: RecordingFilter | None = None, *, before: int | None = None, after: int = 0, size: int = 50
    ) -> RecordingPage:
        """Return the newest ``size`` recordings, of those before a number, or after one.

        Raises RecordingError for a filter that is none.
        """
        where, values = _where(wanted or RecordingFilter())
        if before is not None:
            where, values = f"{where} AND number < ?", [*values, before]
        if after:
            where, values = f"{where} AND number > ?", [*values, after]
        query = f"SELECT {_COLUMNS} FROM recordings WHERE {where} ORDER BY number DESC LIMIT ?"
        rows = [_summary(row) for row in self._read(query, (*values, size + 1))]
        total = self._read("SELECT count(*) FROM recordings", ())
        older = rows[size - 1].number if len(rows) > size else None
        return RecordingPage(tuple(rows[:size]), older, total[0][0] if total else 0)

    def get(self, id: str) -> Recording:
        """Return a recording by its request id or the function's, or by the beginning of one, four characters or more.

        Raises RecordingError where there is none, or where several begin so.
        """
        pattern = "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in id) + "%"
        query = f"SELECT {_COLUMNS} FROM recordings WHERE {{}} LIKE ? ESCAPE '\\' ORDER BY number DESC LIMIT 5"
        if len(id) < _SHORTEST_ID:
            raise RecordingError(f"{id!r} is too short for an id", f"give {_SHORTEST_ID} characters or more")
        found = self._read(query.format("id"), (pattern,)) or self._read(query.format("function_id"), (pattern,))
        rows = [_summary(row) for row in found]
        exact = [row for row in rows if id in (row.id, row.function_id)]
        chosen = exact[:1] or rows
        if not chosen:
            raise RecordingError(f"no recorded request has the id {id!r}", "homeport dev shows it after each request")
        if len(chosen) > 1:
            raise RecordingError(f"several ids begin with {id!r}", ", ".join(row.id for row in chosen))
        return self._whole(chosen[0])

    def select(
        self, wanted: RecordingFilter | None = None, *, after: int = 0, last: int | None = None
    ) -> Iterator[Recording]:
        """Yield recordings in the order in which they came: those after a number, and of them the ``last`` ones.

        Raises RecordingError for a filter that is none.
        """
        where, values = _where(wanted or RecordingFilter())
        newest = f"SELECT number FROM recordings WHERE {where} AND number > ? ORDER BY number DESC LIMIT ?"
        limit = -1 if last is None else last
        numbers = sorted(row[0] for row in self._read(newest, (*values, after, limit)))
        for start in range(0, len(numbers), _CHUNK):
            chunk = numbers[start : start + _CHUNK]
            marks = ", ".join("?" * len(chunk))
            rows = self._read(f"SELECT {_COLUMNS} FROM recordings WHERE number IN ({marks}) ORDER BY number", chunk)
            # A recording may have been deleted meanwhile.
            yield from filter(None, map(self._detail, map(_summary, rows)))

    def before(self, recording: Recording, count: int) -> Iterator[Recording]:
        """Yield up to ``count`` recordings before one, the latest first."""
        query = f"SELECT {_COLUMNS} FROM recordings WHERE number < ? ORDER BY number DESC LIMIT ?"
        rows = self._read(query, (recording.summary.number, count))
        yield from filter(None, map(self._detail, map(_summary, rows)))

    def newest(self) -> int:
        """Return the number of the newest recording, 0: there is none."""
        rows = self._read("SELECT max(number) FROM recordings", ())
        return (rows[0][0] or 0) if rows else 0

    def _whole(self, summary: Summary) -> Recording:
        found = self._detail(summary)
        if found is None:
            raise RecordingError(f"the request {summary.id} is no longer kept", "send it again")
        return found

    def _detail(self, summary: Summary) -> Recording | None:
        rows = self._read("SELECT detail FROM details WHERE number = ?", (summary.number,))
        return from_json(summary, rows[0][0]) if rows else None

    def _read(self, query: str, values: Any) -> list[tuple[Any, ...]]:
        if not self._file.exists():
            return []
        try:
            with closing(sqlite3.connect(f"file:{quote(str(self._file))}?mode=ro", uri=True, timeout=5.0)) as database:
                return database.execute(query, tuple(values)).fetchall()
        except sqlite3.Error as error:
            if "no such table" in str(error):
                # The file was made a moment ago.
                return []
            raise RecordingError(
                f"{self._file} can't be read: {error}", "delete it: homeport dev begins anew"
            ) from error


def _where(wanted: RecordingFilter) -> tuple[str, list[Any]]:
    terms, values = ["1"], list[Any]()
    if wanted.method:
        terms.append("method = ?")
        values.append(wanted.method.upper())
    if wanted.operation:
        terms.append("operation = ?")
        values.append(wanted.operation)
    if wanted.status:
        low, high = _statuses(wanted.status)
        terms.append("status BETWEEN ? AND ?")
        values += [low, high]
    if wanted.drift:
        terms.append("drift > 0")
    if wanted.text:
        terms.append("instr(text, ?) > 0")
        values.append(wanted.text.lower())
    return " AND ".join(terms), values


def _statuses(text: str) -> tuple[int, int]:
    if len(text) == 3 and text[0].isdecimal() and text[1:].lower() == "xx":
        return int(text[0]) * 100, int(text[0]) * 100 + 99
    if text.isdecimal() and len(text) == 3:
        return int(text), int(text)
    raise RecordingError(f"{text!r} is no status", "give one as 404, or a class of them as 4xx")


def _summary(row: tuple[Any, ...]) -> Summary:
    named = dict(zip(SUMMARY, row, strict=True))
    return Summary(**{**named, "cold": None if named["cold"] is None else bool(named["cold"])})
