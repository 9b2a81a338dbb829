"""Recordings, read: by page, by filter, by id; from any process, while they are being written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from homeport.errors import HomeportError
from homeport.recordings.recording import SUMMARY, Recording, Summary, Violation, from_json

_COLUMNS = ", ".join(SUMMARY)
_SHORTEST_ID = 4
_CHUNK = 100


class RecordingError(HomeportError):
    """There is no such recording, or none at all."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What recordings are wanted; empty: any.

    ``text`` is looked for, in any case, in ids, target, operation, bodies, log, tables and violations. ``status`` is a
    status (``404``) or a class of them (``4xx``). ``drift`` is whether only answers that differ from the spec count.
    """

    text: str = ""
    method: str = ""
    status: str = ""
    operation: str = ""
    drift: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """``older`` is what to give as ``before`` for the next page, None: this is the last. ``total`` counts all kept."""

    rows: tuple[Summary, ...]
    older: int | None
    total: int


@dataclass(frozen=True, slots=True)
class Repeated:
    """A violation, how often it was seen, and when: seconds since the epoch."""

    violation: Violation
    count: int
    first: float
    last: float


class Recordings:
    """What is kept in ``file``. Safe for any number of threads: each reading has a connection of its own."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def page(self, wanted: Filter | None = None, *, before: int | None = None, after: int = 0, size: int = 50) -> Page:
        """The newest ``size`` recordings, those before a number, or after one.

        Raises RecordingError for a filter that is none.
        """
        where, values = _where(wanted or Filter())
        if before is not None:
            where, values = f"{where} AND number < ?", [*values, before]
        if after:
            where, values = f"{where} AND number > ?", [*values, after]
        query = f"SELECT {_COLUMNS} FROM recordings WHERE {where} ORDER BY number DESC LIMIT ?"
        rows = [_summary(row) for row in self._read(query, (*values, size + 1))]
        total = self._read("SELECT count(*) FROM recordings", ())
        older = rows[size - 1].number if len(rows) > size else None
        return Page(tuple(rows[:size]), older, total[0][0] if total else 0)

    def get(self, id: str) -> Recording:
        """A recording by its request id or the function's, or by the beginning of one, four characters or more.

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

    def select(self, wanted: Filter | None = None, *, after: int = 0, last: int | None = None) -> Iterator[Recording]:
        """Whole recordings in the order in which they came: those after a number, and of them the ``last`` ones.

        Raises RecordingError for a filter that is none.
        """
        where, values = _where(wanted or Filter())
        newest = f"SELECT number FROM recordings WHERE {where} AND number > ? ORDER BY number DESC LIMIT ?"
        limit = -1 if last is None else last
        numbers = sorted(row[0] for row in self._read(newest, (*values, after, limit)))
        for start in range(0, len(numbers), _CHUNK):
            chunk = numbers[start : start + _CHUNK]
            marks = ", ".join("?" * len(chunk))
            rows = self._read(f"SELECT {_COLUMNS} FROM recordings WHERE number IN ({marks}) ORDER BY number", chunk)
            # One that has been dropped meanwhile is not there any more.
            yield from filter(None, map(self._detail, map(_summary, rows)))

    def before(self, recording: Recording, count: int = 500) -> Iterator[Recording]:
        """The recordings before one, the latest first."""
        query = f"SELECT {_COLUMNS} FROM recordings WHERE number < ? ORDER BY number DESC LIMIT ?"
        rows = self._read(query, (recording.summary.number, count))
        yield from filter(None, map(self._detail, map(_summary, rows)))

    def newest(self) -> int:
        """The number of the newest recording, 0: there is none."""
        rows = self._read("SELECT max(number) FROM recordings", ())
        return (rows[0][0] or 0) if rows else 0

    def violations(self) -> tuple[Repeated, ...]:
        """In what ways answers differed from the spec, the latest first."""
        query = "SELECT operation, status, what, place, count, first, last FROM violations ORDER BY last DESC"
        return tuple(Repeated(Violation(*row[:4]), *row[4:]) for row in self._read(query, ()))

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


def _where(wanted: Filter) -> tuple[str, list[Any]]:
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
