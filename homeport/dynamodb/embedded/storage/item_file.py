"""Items, their places in indexes, and stream records in one SQLite file.

All writes since the last ``commit`` are one open transaction: this process sees them, and when it dies the file is as
it was at the commit, from where the journal continues. So a write costs no transaction, and what is not committed needs
no merging with what is. SQLite keeps the pages of the open transaction in memory, so that a full disk is met by
``commit`` alone; a failed commit takes the transaction back (``is_lost``).

Memory is bounded by SQLite's page cache and the pages of the open transaction.

https://sqlite.org/wal.html, https://sqlite.org/pragma.html
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..validation.reads import partition_segment

FORMAT = 1
# Kilobytes of pages that SQLite may keep.
_PAGE_CACHE = 32_000
_BATCH = 1000

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE items (
    id INTEGER PRIMARY KEY, collection INTEGER NOT NULL, partition BLOB NOT NULL, sort BLOB NOT NULL,
    size INTEGER NOT NULL, item BLOB NOT NULL
);
CREATE UNIQUE INDEX items_by_key ON items (collection, partition, sort);
CREATE TABLE entries (
    "index" INTEGER NOT NULL, partition BLOB NOT NULL, place BLOB NOT NULL, item INTEGER NOT NULL,
    PRIMARY KEY ("index", partition, place)
) WITHOUT ROWID;
CREATE TABLE changes (
    id INTEGER PRIMARY KEY, collection INTEGER NOT NULL, time REAL NOT NULL, partition BLOB NOT NULL,
    sort BLOB NOT NULL, size INTEGER NOT NULL, item BLOB
);
CREATE INDEX changes_by_time ON changes (collection, time);
CREATE TABLE records (
    stream INTEGER NOT NULL, number INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY (stream, number)
) WITHOUT ROWID;
"""


class ItemFileError(Exception):
    """SQLite can't open the file, or can't commit; the text is SQLite's."""


class StoredItem(NamedTuple):
    """An item as its row has it: ``size`` is that of DynamoDB in bytes, ``text`` its JSON in UTF-8."""

    id: int
    size: int
    text: bytes


class Span(NamedTuple):
    """The sort keys, or the places in an index, from ``first`` on and before ``end``."""

    first: bytes = b""
    end: bytes = b"\xff"


ALL = Span()


class ItemFile:
    """A SQLite file with one connection, which nothing else opens; ``:memory:`` keeps everything in memory."""

    def __init__(self, file: Path | None) -> None:
        """Open a file, made if it is missing. Raises ItemFileError for one that is damaged or of another kind."""
        self.file = file
        try:
            self._connection = sqlite3.connect(file or ":memory:", isolation_level=None, cached_statements=256)
            self._prepare()
        except sqlite3.Error as error:
            raise ItemFileError(str(error)) from error
        self._select = self._connection.cursor()
        self._write = self._connection.cursor()

    def _prepare(self) -> None:
        execute = self._connection.execute
        # Without other connections no shared memory is needed, and no lock is taken for a read.
        execute("PRAGMA locking_mode = EXCLUSIVE")
        execute(f"PRAGMA journal_mode = {'WAL' if self.file else 'MEMORY'}")
        # A commit is on the disk before the journal that it stands for is removed.
        execute("PRAGMA synchronous = FULL")
        execute(f"PRAGMA cache_size = -{_PAGE_CACHE}")
        if not execute("SELECT 1 FROM sqlite_master").fetchone():
            self._connection.executescript(f"BEGIN; {_SCHEMA} COMMIT")
        self._connection.create_function("segment", 2, partition_segment, deterministic=True)
        execute("BEGIN IMMEDIATE")

    def keep_pages_in_memory(self) -> None:
        """Have the pages of the open transaction stay in memory from now on, so that only ``commit`` writes."""
        self._connection.execute("PRAGMA cache_spill = OFF")

    @property
    def is_lost(self) -> bool:
        """Return True if the writes since the last commit were taken back: SQLite does so when it can't continue."""
        return not self._connection.in_transaction

    def begin_again(self) -> None:
        """Go on from the last commit, without the writes after it."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make the writes since the last commit durable. Raises ItemFileError, and then they are lost."""
        try:
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise ItemFileError(str(error)) from error

    def savepoint(self) -> None:
        """Mark a moment for ``roll_back``."""
        self._connection.execute("SAVEPOINT moment")

    def release(self) -> None:
        """Forget the moment that was marked."""
        self._connection.execute("RELEASE moment")

    def roll_back(self) -> None:
        """Take back the writes since the moment that was marked."""
        self._connection.execute("ROLLBACK TO moment")
        self._connection.execute("RELEASE moment")

    def close(self) -> None:
        """Close the file, without the writes since the last commit."""
        self._connection.close()

    def meta(self, name: str) -> Any:
        """Return a value that ``set_meta`` kept, None for none. Raises ItemFileError for a damaged file."""
        try:
            row = self._select.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
            return None if row is None else json.loads(row[0])
        except (sqlite3.Error, ValueError) as error:
            raise ItemFileError(str(error)) from error

    def set_meta(self, name: str, text: str) -> None:
        """Keep a value, given as JSON, with the next commit."""
        self._write.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, text))

    def new_number(self) -> int:
        """Return a number for a collection, an index or a stream; it is never given twice."""
        number = int(self.meta("last number") or 0) + 1
        self.set_meta("last number", str(number))
        return number

    def find(self, collection: int, partition: bytes, sort: bytes) -> StoredItem | None:
        """Return an item by its key."""
        row = self._select.execute(
            "SELECT id, size, item FROM items WHERE collection = ? AND partition = ? AND sort = ?",
            (collection, partition, sort),
        ).fetchone()
        return None if row is None else StoredItem(*row)

    def insert(self, collection: int, partition: bytes, sort: bytes, size: int, text: bytes) -> int:
        """Add an item and return its id."""
        self._write.execute(
            "INSERT INTO items (collection, partition, sort, size, item) VALUES (?, ?, ?, ?, ?)",
            (collection, partition, sort, size, text),
        )
        number = self._write.lastrowid
        assert number is not None
        return number

    def update(self, item: int, size: int, text: bytes) -> None:
        """Replace an item."""
        self._write.execute("UPDATE items SET size = ?, item = ? WHERE id = ?", (size, text, item))

    def delete(self, item: int) -> None:
        """Remove an item; its entries are the caller's."""
        self._write.execute("DELETE FROM items WHERE id = ?", (item,))

    def add_entry(self, index: int, partition: bytes, place: bytes, item: int) -> None:
        """Add an item to an index."""
        self._write.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", (index, partition, place, item))

    def remove_entry(self, index: int, partition: bytes, place: bytes) -> None:
        """Remove an item from an index."""
        self._write.execute(
            'DELETE FROM entries WHERE "index" = ? AND partition = ? AND place = ?', (index, partition, place)
        )

    def partition_items(
        self, collection: int, partition: bytes, span: Span = ALL, *, forward: bool = True
    ) -> Iterator[StoredItem]:
        """Yield the items of a partition in the order of their sort keys."""
        rows = self._connection.execute(
            "SELECT id, size, item FROM items WHERE collection = ? AND partition = ? AND sort >= ? AND sort < ? "
            f"ORDER BY sort {'ASC' if forward else 'DESC'}",
            (collection, partition, *span),
        )
        return map(StoredItem._make, rows)

    def index_items(
        self, index: int, partition: bytes, span: Span = ALL, *, forward: bool = True
    ) -> Iterator[StoredItem]:
        """Yield the items of a partition of an index in the order of their places."""
        rows = self._connection.execute(
            "SELECT items.id, items.size, items.item FROM entries JOIN items ON items.id = entries.item "
            'WHERE "index" = ? AND entries.partition = ? AND place >= ? AND place < ? '
            f"ORDER BY place {'ASC' if forward else 'DESC'}",
            (index, partition, *span),
        )
        return map(StoredItem._make, rows)

    def collection_items(
        self, collection: int, after: tuple[bytes, bytes] = (b"", b""), segment: tuple[int, int] = (0, 1)
    ) -> Iterator[StoredItem]:
        """Yield the items after a partition and a sort key, ordered by them, of one ``segment`` (number, count)."""
        # The partition of an item is never empty.
        number, segments = segment
        rows = self._connection.execute(
            "SELECT id, size, item FROM items WHERE collection = ? AND (partition, sort) > (?, ?) "
            f"{'AND segment(partition, ?) = ? ' if segments > 1 else ''}ORDER BY partition, sort",
            (collection, *after, *((segments, number) if segments > 1 else ())),
        )
        return map(StoredItem._make, rows)

    def index_entries(self, index: int, after: tuple[bytes, bytes] = (b"", b"")) -> Iterator[StoredItem]:
        """Yield the items of an index after a partition and a place, ordered by them."""
        rows = self._connection.execute(
            "SELECT items.id, items.size, items.item FROM entries JOIN items ON items.id = entries.item "
            'WHERE "index" = ? AND (entries.partition, place) > (?, ?) ORDER BY entries.partition, place',
            (index, *after),
        )
        return map(StoredItem._make, rows)

    def partitions(self, collection: int) -> Iterator[bytes]:
        """Yield the partitions of a collection in order."""
        last = b""
        sql = "SELECT partition FROM items WHERE collection = ? AND partition > ? ORDER BY partition LIMIT 1"
        while row := self._select.execute(sql, (collection, last)).fetchone():
            last = row[0]
            yield last

    def count(self, collection: int, partition: bytes | None = None) -> tuple[int, int]:
        """Return the number and the size of the items of a collection, or of one of its partitions."""
        where, values = ("", ()) if partition is None else (" AND partition = ?", (partition,))
        row = self._select.execute(
            f"SELECT count(*), coalesce(sum(size), 0) FROM items WHERE collection = ?{where}", (collection, *values)
        ).fetchone()
        return int(row[0]), int(row[1])

    def count_entries(self, index: int, partition: bytes | None = None) -> tuple[int, int]:
        """Return the number of the entries of an index, or of one of its partitions, and the size of their items."""
        where, values = ("", ()) if partition is None else (" AND entries.partition = ?", (partition,))
        row = self._select.execute(
            "SELECT count(*), coalesce(sum(size), 0) FROM entries JOIN items ON items.id = entries.item "
            f'WHERE "index" = ?{where}',
            (index, *values),
        ).fetchone()
        return int(row[0]), int(row[1])

    def copy(self, collection: int, target: int) -> None:
        """Add the items of a collection to another one, which is empty."""
        self._write.execute(
            "INSERT INTO items (collection, partition, sort, size, item) "
            "SELECT ?, partition, sort, size, item FROM items WHERE collection = ? ORDER BY partition, sort",
            (target, collection),
        )

    def log_change(self, collection: int, time: float, key: tuple[bytes, bytes], before: StoredItem | None) -> None:
        """Note an item as it is before a change at ``time``, None: there is none."""
        size, text = (before.size, before.text) if before is not None else (0, None)
        self._write.execute(
            "INSERT INTO changes (collection, time, partition, sort, size, item) VALUES (?, ?, ?, ?, ?, ?)",
            (collection, time, *key, size, text),
        )

    def undo_changes(self, collection: int, target: int, time: float) -> None:
        """Give the items of ``target``, a copy of a collection, the state at ``time`` by the changes after it."""
        # The first change of an item after that time has what it was.
        rows = self._connection.execute(
            "SELECT partition, sort, size, item FROM changes WHERE id IN "
            "(SELECT min(id) FROM changes WHERE collection = ? AND time > ? GROUP BY partition, sort)",
            (collection, time),
        )
        for partition, sort, size, text in rows:
            self._write.execute(
                "DELETE FROM items WHERE collection = ? AND partition = ? AND sort = ?", (target, partition, sort)
            )
            if text is not None:
                self.insert(target, partition, sort, size, text)

    def forget_changes(self, collection: int, time: float) -> None:
        """Forget the changes before a time."""
        self._write.execute("DELETE FROM changes WHERE collection = ? AND time < ?", (collection, time))

    def append_record(self, stream: int, number: int, text: bytes) -> None:
        """Add a record to a stream."""
        self._write.execute("INSERT INTO records VALUES (?, ?, ?)", (stream, number, text))

    def stream_records(self, stream: int, first: int, end: int) -> Iterator[bytes]:
        """Yield the records of a stream with the numbers from ``first`` on and before ``end``."""
        rows = self._connection.execute(
            "SELECT record FROM records WHERE stream = ? AND number >= ? AND number < ? ORDER BY number",
            (stream, first, end),
        )
        return (row[0] for row in rows)

    def remove_records(self, stream: int, end: int) -> None:
        """Remove the records of a stream with numbers before ``end``."""
        self._write.execute("DELETE FROM records WHERE stream = ? AND number < ?", (stream, end))

    def sweep(
        self, collections: Iterable[int], logs: Iterable[int], indexes: Iterable[int], streams: Iterable[int]
    ) -> bool:
        """Remove a batch of what belongs to nothing that is named; ``logs`` are the collections with changes.

        Return True if there may be more.
        """
        removed = self._sweep("items", "id", "collection", collections)
        removed += self._sweep("changes", "id", "collection", logs)
        removed += self._sweep_pairs("entries", '"index"', "partition, place", indexes)
        removed += self._sweep_pairs("records", "stream", "number", streams)
        return removed >= _BATCH

    def _find_unnamed(self, table: str, column: str, named: Iterable[int]) -> int | None:
        """Return a number in a column that is not named: the numbers are few, so one look for each is enough."""
        known, last = set(named), 0
        sql = f"SELECT {column} FROM {table} WHERE {column} > ? ORDER BY {column} LIMIT 1"
        while row := self._select.execute(sql, (last,)).fetchone():
            last = int(row[0])
            if last not in known:
                return last
        return None

    def _sweep(self, table: str, key: str, column: str, named: Iterable[int]) -> int:
        number = self._find_unnamed(table, column, named)
        if number is None:
            return 0
        keys = f"SELECT {key} FROM {table} WHERE {column} = ? LIMIT {_BATCH}"
        return self._write.execute(f"DELETE FROM {table} WHERE {key} IN ({keys})", (number,)).rowcount

    def _sweep_pairs(self, table: str, column: str, rest: str, named: Iterable[int]) -> int:
        number = self._find_unnamed(table, column, named)
        if number is None:
            return 0
        keys = f"SELECT {column}, {rest} FROM {table} WHERE {column} = ? LIMIT {_BATCH}"
        return self._write.execute(f"DELETE FROM {table} WHERE ({column}, {rest}) IN ({keys})", (number,)).rowcount
