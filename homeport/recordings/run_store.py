"""Runs and links in the SQLite file of recordings: written by its one writer, read by any process."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.recordings.database import RecordingError, read_rows
from homeport.recordings.links import Link, OwnedLink, Owner
from homeport.recordings.recording import RecordedInvocation, invocation_from_json
from homeport.recordings.run import RUN_SUMMARY, RecordedRun, RunSummary, run_from_json, run_to_json

# Characters of each text that a search looks through.
_SEARCHED = 2000
_COLUMNS = ", ".join(RUN_SUMMARY)
_INSERTED = (*RUN_SUMMARY[1:], "size", "text")
_INSERT = f"INSERT INTO runs ({', '.join(_INSERTED)}) VALUES ({', '.join('?' * len(_INSERTED))})"
_EXTENT = "SELECT (SELECT total(size) FROM runs), (SELECT min(number) FROM runs), max(number) FROM runs"
_LINK = "id, taken, at, receives, failed, what, until"
# Ids that are looked up at once.
_AT_ONCE = 200
_MOST_OWNERS = 500


def insert_run(database: sqlite3.Connection, run: RecordedRun, links: Iterable[Link]) -> None:
    """Store a run. Raises sqlite3.Error."""
    detail, text = run_to_json(run), _search_text(run)
    values = [getattr(run.summary, name) for name in RUN_SUMMARY[1:]]
    number = database.execute(_INSERT, (*values, len(detail) + len(text), text)).lastrowid or 0
    database.execute("INSERT INTO run_details VALUES (?, ?)", (number, detail))
    insert_links(database, "run", number, links)


def insert_links(database: sqlite3.Connection, owner: Owner, number: int, links: Iterable[Link]) -> None:
    """Store the links of a recording. Raises sqlite3.Error."""
    rows = [
        (each.id, each.taken, owner, number, each.at, each.receives, each.failed, each.what, each.until)
        for each in links
    ]
    if rows:
        database.executemany("INSERT INTO links VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def delete_links(database: sqlite3.Connection, owner: Owner, first: int) -> None:
    """Delete the links of the recordings before a number. Raises sqlite3.Error."""
    database.execute("DELETE FROM links WHERE owner = ? AND number < ?", (owner, first))


def delete_oldest_runs(database: sqlite3.Connection, most: int, size: int) -> None:
    """Keep at most ``most`` runs, of ``size`` bytes together: delete the oldest. Raises sqlite3.Error."""
    total, oldest, newest = database.execute(_EXTENT).fetchone()
    first = max(oldest or 0, (newest or 0) - most + 1)
    if total > size:
        for number, bytes_of_run in database.execute("SELECT number, size FROM runs ORDER BY number"):
            if total <= size or number == newest:
                break
            total -= bytes_of_run
            first = max(first, number + 1)
    if oldest is not None and first > oldest:
        database.execute("DELETE FROM run_details WHERE number < ?", (first,))
        database.execute("DELETE FROM runs WHERE number < ?", (first,))
        delete_links(database, "run", first)


def _search_text(run: RecordedRun) -> str:
    invocation = run.invocation
    parts = [run.summary.id, run.summary.origin, run.summary.function]
    parts += [invocation.event.text[:_SEARCHED], invocation.log.text[:_SEARCHED]]
    return "\n".join((*parts, *(call.resource for call in invocation.calls))).lower()


@dataclass(frozen=True, slots=True)
class RunPage:
    """``older`` is the ``before`` of the next page, None: this is the last. ``total`` counts all that are stored."""

    rows: tuple[RunSummary, ...]
    older: int | None
    total: int


class Runs:
    """The runs and links in ``file``, to read. Safe for any number of threads."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def page(
        self, text: str = "", function: str = "", *, failed: bool = False, before: int | None = None, size: int = 50
    ) -> RunPage:
        """Return the newest ``size`` runs, of those before a number, that have a text and are of a function."""
        where, values = ["1"], list[Any]()
        conditions = (("instr(text, ?) > 0", text.lower()), ("function = ?", function), ("number < ?", before))
        for condition, value in conditions:
            if value:
                where.append(condition)
                values.append(value)
        if failed:
            where.append("(error IS NOT NULL OR failed > 0)")
        query = f"SELECT {_COLUMNS} FROM runs WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?"
        rows = list(map(_summary, read_rows(self._file, query, (*values, size + 1))))
        total = read_rows(self._file, "SELECT count(*) FROM runs", ())
        older = rows[size - 1].number if len(rows) > size else None
        return RunPage(tuple(rows[:size]), older, total[0][0] if total else 0)

    def invocations(self) -> Iterator[RecordedInvocation]:
        """Yield the invocation of each run that is stored, the oldest first."""
        for (number,) in read_rows(self._file, "SELECT number FROM runs ORDER BY number", ()):
            for (detail,) in read_rows(self._file, "SELECT detail FROM run_details WHERE number = ?", (number,)):
                yield invocation_from_json(json.loads(detail))

    def get(self, number: int) -> RecordedRun:
        """Return a run by its number. Raises RecordingError where it is not there, or no longer."""
        found = self.summaries([number]).get(number)
        rows = read_rows(self._file, "SELECT detail FROM run_details WHERE number = ?", (number,))
        if found is None or not rows:
            raise RecordingError(f"no run has the number {number}, or it is no longer kept")
        return run_from_json(found, rows[0][0])

    def summaries(self, numbers: Sequence[int]) -> dict[int, RunSummary]:
        """Return the summaries of those that are still there, by their numbers."""
        marks = ", ".join("?" * len(numbers))
        rows = read_rows(self._file, f"SELECT {_COLUMNS} FROM runs WHERE number IN ({marks})", numbers)
        return {found.number: found for found in map(_summary, rows)}

    def links_of(self, owner: Owner, number: int) -> list[Link]:
        """Return the links of a request or a run, in the order in which they were stored."""
        query = f"SELECT {_LINK} FROM links WHERE owner = ? AND number = ? ORDER BY rowid"
        return [_link(*row) for row in read_rows(self._file, query, (owner, number))]

    def owners(self, ids: Sequence[str], *, taken: bool) -> list[OwnedLink]:
        """Return the requests and runs that took, or made, something with one of these ids: the latest, in order."""
        found: list[OwnedLink] = []
        for start in range(0, len(ids), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(part))
            query = (
                f"SELECT {_LINK}, owner, number FROM links WHERE id IN ({marks}) "
                f"AND taken = ? ORDER BY rowid DESC LIMIT {_MOST_OWNERS}"
            )
            rows = read_rows(self._file, query, (*part, taken))
            found += [OwnedLink(_link(*row[:7]), row[7], row[8]) for row in reversed(rows)]
        return found

    def newest(self) -> int:
        """Return the number of the newest run, 0: there is none."""
        rows = read_rows(self._file, "SELECT max(number) FROM runs", ())
        return (rows[0][0] or 0) if rows else 0


def _link(id: str, taken: int, at: float, receives: int, failed: int, what: str, until: float) -> Link:
    return Link(id, bool(taken), at, receives, bool(failed), what, until)


def _summary(row: tuple[Any, ...]) -> RunSummary:
    named = dict(zip(RUN_SUMMARY, row, strict=True))
    return RunSummary(**{**named, "cold": bool(named["cold"])})
