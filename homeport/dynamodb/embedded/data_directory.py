"""The data directory: a lock, the tables, and the journals of the writes after them.

``tables.sqlite`` is the state after write N; ``journal-N.log`` holds the writes after N, up to where the next journal
starts. A checkpoint first starts ``journal-N``, then commits the state after write N, then removes what is older: at
every moment the files there give the whole state, so the process may die at any of them.

Earlier versions wrote ``snapshot-N.json`` instead of the tables: a line of JSON (kind, format, store, sequence, length
and checksum of the rest), then the state as JSON. It is read once, and stays until the first checkpoint is made.
"""

from __future__ import annotations

import fcntl
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .journal import (
    DataDirectoryError,
    Journal,
    JournalRecord,
    Segment,
    damage_error,
    encode_header,
    read_header,
    read_segment,
    write_whole,
)
from .storage.item_file import FORMAT as ITEMS_FORMAT
from .storage.item_file import ItemFile, ItemFileError

_KIND = "homeport dynamodb snapshot"
_JOURNAL = "journal-{:016d}.log"
_TABLES = "tables.sqlite"


@dataclass(frozen=True, slots=True)
class StoredState:
    """The contents of a data directory: ``records`` are to be replayed onto ``state`` (None: an empty engine).

    ``identity`` is that of the store when it was made. ``warnings`` are for a person.
    """

    identity: Mapping[str, str]
    sequence: int
    state: Any
    records: tuple[JournalRecord, ...] = ()
    warnings: tuple[str, ...] = ()


def read_snapshot(file: Path) -> StoredState:
    """Read a snapshot. Raises DataDirectoryError if it is not as it was written."""
    line, _, payload = file.read_bytes().partition(b"\n")
    header = read_header(line, _KIND, file)
    if len(payload) != header["length"] or zlib.crc32(payload) != header["crc32"]:
        raise damage_error(file, len(line) + 1, "the state")
    return StoredState(header["store"], header["sequence"], json.loads(payload))


@dataclass
class JournalBacklog:
    """The number and the size of the records that a start has to replay."""

    records: int = 0
    bytes: int = 0


class DataDirectory:
    """An open data directory. A lock lets only one process at a time open it.

    ``items`` are its tables. ``is_old`` says that the state came from a file of an earlier version.
    """

    def __init__(
        self, directory: Path, identity: Mapping[str, str], lock: int, journal: Journal, items: ItemFile
    ) -> None:
        self.directory = directory
        self.backlog = JournalBacklog()
        self.items = items
        self.is_old = False
        self._identity = identity
        self._lock = lock
        self._journal = journal

    @classmethod
    def open(cls, directory: Path, identity: Mapping[str, str]) -> tuple[DataDirectory, StoredState]:
        """Open a data directory, made if it is missing; ``identity`` is kept in a new one.

        Raises DataDirectoryError if another process has it, a file is damaged or missing, or is of another version.
        """
        try:
            directory.mkdir(parents=True, exist_ok=True)
            lock = _lock(directory)
        except OSError as error:
            raise _unusable(directory, error) from error
        try:
            _prepare(directory, identity)
            items = _open_tables(directory)
            content, last, size = _read_files(directory, items)
            store = cls(directory, content.identity, lock, Journal(last, size), items)
            store.is_old = bool(_list_numbered(directory, "snapshot")) and _header(items) is None
            store.retire(content.sequence)
        except OSError as error:
            os.close(lock)
            raise _unusable(directory, error) from error
        except DataDirectoryError:
            os.close(lock)
            raise
        store.backlog = _backlog_of(content)
        return store, content

    def append(self, record: JournalRecord) -> int:
        """Append a write and return the offset for ``take_back``. Raises OSError, and then the write is not saved."""
        offset = self._journal.append(record)
        self.backlog.records += 1
        self.backlog.bytes += self._journal.size - offset
        return offset

    def take_back(self, offset: int) -> None:
        """Remove the last write. Raises OSError, and then it stays."""
        size = self._journal.size
        self._journal.take_back(offset)
        self.backlog.records -= 1
        self.backlog.bytes -= size - offset

    def checkpoint(self, sequence: int, state: str) -> None:
        """Commit the tables with the state (JSON) after ``sequence``, the last write, and remove what that covers.

        Raises OSError or ItemFileError; then the journals stay, and the tables may be those of the last checkpoint.
        """
        self._rotate(sequence)
        self.items.set_meta("state", state)
        header = {"format": ITEMS_FORMAT, "store": self._identity, "sequence": sequence}
        self.items.set_meta("header", json.dumps(header))
        self.items.commit()
        self.backlog = JournalBacklog()
        self.is_old = False
        self.retire(sequence)

    def read_again(self) -> StoredState:
        """Return what was saved, after the tables have lost the writes since the last checkpoint."""
        self.items.begin_again()
        content = _read_files(self.directory, self.items)[0]
        self.backlog = _backlog_of(content)
        return content

    def _rotate(self, sequence: int) -> None:
        """Start a new journal for the writes after ``sequence``."""
        file = self.directory / _JOURNAL.format(sequence)
        self._journal.cut()
        if file != self._journal.file:
            journal = _new_journal(file, sequence, self._identity)
            self._journal.close()
            self._journal = journal

    def retire(self, sequence: int) -> None:
        """Remove the journals, and the snapshots of earlier versions, that the tables after ``sequence`` cover."""
        snapshots = _list_numbered(self.directory, "snapshot")
        old = [file for _, file in snapshots] if not self.is_old else [file for _, file in snapshots[:-1]]
        for number, file in _list_numbered(self.directory, "journal"):
            if number < sequence:
                old.append(file)
        for file in old:
            file.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the files and let another process have the directory."""
        self._journal.close()
        self.items.close()
        os.close(self._lock)


def _backlog_of(content: StoredState) -> JournalBacklog:
    return JournalBacklog(len(content.records), sum(len(record.body) for record in content.records))


def _open_tables(directory: Path) -> ItemFile:
    file = directory / _TABLES
    try:
        return ItemFile(file)
    except ItemFileError as error:
        raise _damaged_tables(file, error) from error


def _damaged_tables(file: Path, error: Exception) -> DataDirectoryError:
    return DataDirectoryError(
        f"{file} can't be read as the tables of a DynamoDB: {error}",
        f"restore the file; or start afresh: `make clean-data`, or remove {file.parent}",
    )


def _header(items: ItemFile) -> Mapping[str, Any] | None:
    """Return what the tables are after, None if they were never committed. Raises DataDirectoryError."""
    try:
        header: Mapping[str, Any] | None = items.meta("header")
    except ItemFileError as error:
        assert items.file is not None
        raise _damaged_tables(items.file, error) from error
    if header is not None and header["format"] != ITEMS_FORMAT:
        raise DataDirectoryError(
            f"{items.file} has format {header['format']}; this version of homeport reads format {ITEMS_FORMAT}",
            "run the version of homeport that wrote it; or start afresh: `make clean-data`",
        )
    return header


def _unusable(directory: Path, error: OSError) -> DataDirectoryError:
    return DataDirectoryError(
        f"can't use the data directory {directory}: {error}", "free it, or name another: --data DIR"
    )


def _lock(directory: Path) -> int:
    # A record lock, unlike flock's, is not shared with forked processes: it ends with the process that holds it.
    lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    _take_lock(lock, directory)
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _take_lock(lock: int, directory: Path) -> None:
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        holder = os.pread(lock, 32, 0).decode().strip() or "unknown"
        os.close(lock)
        raise DataDirectoryError(
            f"the data in {directory} is in use by process {holder}",
            "end that process first, or use other data: --data DIR or --no-data",
        ) from None


def _list_numbered(directory: Path, kind: str) -> list[tuple[int, Path]]:
    files = directory.glob(f"{kind}-" + "[0-9]" * 16 + ".*")
    return sorted((int(file.stem.partition("-")[2]), file) for file in files if file.suffix != ".part")


def _new_journal(file: Path, after: int, identity: Mapping[str, str]) -> Journal:
    header = encode_header(after, identity)
    write_whole(file, header)
    return Journal(file, len(header))


def _prepare(directory: Path, identity: Mapping[str, str]) -> None:
    """Remove what a dead process left half written, and make the first journal of a new directory."""
    for leftover in directory.glob("*.part"):
        leftover.unlink(missing_ok=True)
    if not _has_files(directory):
        _new_journal(directory / _JOURNAL.format(0), 0, identity).close()


def _has_files(directory: Path) -> bool:
    numbered = [*_list_numbered(directory, "journal"), *_list_numbered(directory, "snapshot")]
    return bool(numbered) or (directory / _TABLES).exists()


def examine(directory: Path) -> StoredState | None:
    """Return the content of a data directory, which stays as it is; None: it is empty or not there.

    Raises DataDirectoryError as ``DataDirectory.open`` does.
    """
    try:
        if (directory / "lock").exists():
            lock = os.open(directory / "lock", os.O_RDWR | os.O_CLOEXEC)
            _take_lock(lock, directory)
            os.close(lock)
        if not _has_files(directory):
            return None
        items = _open_tables(directory) if (directory / _TABLES).exists() else ItemFile(None)
        try:
            return _read_files(directory, items)[0]
        finally:
            items.close()
    except OSError as error:
        raise _unusable(directory, error) from error


def _read_files(directory: Path, items: ItemFile) -> tuple[StoredState, Path, int]:
    """Return the content, the journal to append to, and the size of its whole records."""
    journals = _list_numbered(directory, "journal")
    base, unreadable = _base(directory, items)
    sequence = base.sequence if base else 0
    try:
        segments = _chain([file for after, file in journals if after >= sequence], sequence, directory)
    except DataDirectoryError as error:
        raise (unreadable or error) from None
    records = tuple(record for segment in segments for record in segment.records)
    file, last = journals[-1][1], segments[-1]
    warnings = [f"{unreadable.message}; the writes before it are still there and were used"] if unreadable else []
    if last.torn:
        lost = file.stat().st_size - last.end
        warnings.append(f"{file} ended in a write that was cut short ({lost} bytes, never answered); it was dropped")
    state = base.state if base else None
    return StoredState(last.store, sequence, state, records, tuple(warnings)), file, last.end


def _base(directory: Path, items: ItemFile) -> tuple[StoredState | None, DataDirectoryError | None]:
    """Return the state that the journals start from, and the error of a snapshot that can't be read."""
    header = _header(items)
    if header is None:
        return _newest(_list_numbered(directory, "snapshot"))
    return StoredState(header["store"], header["sequence"], items.meta("state")), None


def _newest(snapshots: Sequence[tuple[int, Path]]) -> tuple[StoredState | None, DataDirectoryError | None]:
    """Return the newest snapshot that can be read, and the error of the newest of all."""
    first_error = None
    for _, file in reversed(snapshots):
        try:
            return read_snapshot(file), first_error
        except DataDirectoryError as error:
            first_error = first_error or error
    return None, first_error


def _chain(files: Sequence[Path], sequence: int, directory: Path) -> list[Segment]:
    """Return the journals after ``sequence``; each follows the one before without a gap."""
    segments: list[Segment] = []
    expected = sequence
    for file in files:
        segment = read_segment(file)
        if segments and segments[-1].torn:
            raise damage_error(files[len(segments) - 1], segments[-1].end, "its end")
        for number, record in enumerate(segment.records, start=segment.after + 1):
            if record.sequence != number:
                raise damage_error(file, 0, f"the order of its records (write {number} is missing)")
        if segment.after != expected or (segments and segment.store != segments[0].store):
            break
        expected += len(segment.records)
        segments.append(segment)
    if len(segments) < max(1, len(files)):
        raise DataDirectoryError(
            f"the journal of the writes after number {expected} is missing in {directory}",
            f"restore {_JOURNAL.format(expected)}; or start afresh: `make clean-data`, or remove {directory}",
        )
    return segments
