"""Recordings in an SQLite file: one process writes them, within bounds; any process reads them meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.recordings.database import RecordingError, open_database, read_rows
from homeport.recordings.links import Link
from homeport.recordings.recording import SUMMARY, Recording, Summary, from_json, to_json
from homeport.recordings.run import RecordedRun
from homeport.recordings.run_store import delete_links, delete_oldest_runs, insert_links, insert_run

# Characters of each text that a search looks through.
_SEARCHED = 2000

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
    """The largest number of recordings, and of their bytes; the newest stay. Runs have the same bounds of their own."""

    recordings: int = 10_000
    size: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Linked:
    """A recording or a run as it is stored, with its links."""

    value: Recording | RecordedRun
    links: Sequence[Link] = ()


class RecordingStore:
    """The database at ``file``, for its one writer; made if it is not there. Raises sqlite3.Error and OSError."""

    def __init__(self, file: Path, bounds: Bounds | None = None) -> None:
        self._bounds = bounds or Bounds()
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        self._database = open_database(file)
        self._inode = file.stat().st_ino

    @property
    def in_place(self) -> bool:
        """True while the file is there; a person may have deleted it."""
        try:
            return self._file.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def add(self, recordings: Iterable[Recording | Linked]) -> None:
        """Store these, and delete the oldest that are over the bounds. Raises sqlite3.Error."""
        with self._database:
            has_runs = False
            for each in recordings:
                linked = each if isinstance(each, Linked) else Linked(each)
                if isinstance(linked.value, RecordedRun):
                    has_runs = True
                    insert_run(self._database, linked.value, linked.links)
                else:
                    insert_links(self._database, "request", self._insert(linked.value), linked.links)
            self._delete_oldest()
            if has_runs:
                delete_oldest_runs(self._database, self._bounds.recordings, self._bounds.size)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _insert(self, recording: Recording) -> int:
        summary, detail = recording.summary, to_json(recording)
        values = [getattr(summary, name) for name in SUMMARY[1:]]
        text = _search_text(recording)
        number = self._database.execute(_INSERT, (*values, len(detail) + len(text), text)).lastrowid
        self._database.execute("INSERT INTO details VALUES (?, ?)", (number, detail))
        return number or 0

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
            delete_links(self._database, "request", first)


def _search_text(recording: Recording) -> str:
    """Return the text that a search looks through."""
    parts = [recording.summary.id, recording.summary.operation or "", recording.summary.target]
    parts += [recording.request_body.text[:_SEARCHED], recording.reply_body.text[:_SEARCHED]]
    function = recording.function
    if function is not None:
        parts += [function.request_id, function.log.text[:_SEARCHED], *(call.resource for call in function.calls)]
    parts += [violation.line for violation in recording.violations]
    return "\n".join(parts).lower()


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

    def summaries(self, numbers: Sequence[int]) -> dict[int, Summary]:
        """Return the summaries of those that are still there, by their numbers."""
        marks = ", ".join("?" * len(numbers))
        rows = self._read(f"SELECT {_COLUMNS} FROM recordings WHERE number IN ({marks})", numbers)
        return {found.number: found for found in map(_summary, rows)}

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
        return read_rows(self._file, query, values)


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
