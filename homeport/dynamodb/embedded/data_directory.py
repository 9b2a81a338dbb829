"""The data directory: a lock, the newest snapshot, and the journals of the writes after it.

``snapshot-N.json`` is the state after write N; ``journal-N.log`` holds the writes after N, up to where the next
journal starts. Taking a snapshot first starts ``journal-N``, then writes ``snapshot-N``, then removes what is older:
at every moment the files there give the whole state, so the process may die at any of them.

A snapshot is a line of JSON (kind, format, store, sequence, length and checksum of the rest), then the state as JSON.
It is written beside its final name and renamed when complete. With it a start need not replay every write.
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
    FORMAT,
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

_KIND = "homeport dynamodb snapshot"
_JOURNAL = "journal-{:016d}.log"
_SNAPSHOT = "snapshot-{:016d}.json"


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
    """An open data directory. A lock lets only one process at a time open it."""

    def __init__(self, directory: Path, identity: Mapping[str, str], lock: int, journal: Journal) -> None:
        self.directory = directory
        self.backlog = JournalBacklog()
        self.snapshot_bytes = 0
        self._identity = identity
        self._lock = lock
        self._journal = journal
        self._rotated = JournalBacklog()

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
            content, last, size = _read(directory, identity)
            store = cls(directory, content.identity, lock, Journal(last, size))
            store.retire(content.sequence)
            store.snapshot_bytes = _size(directory / _SNAPSHOT.format(content.sequence))
        except OSError as error:
            os.close(lock)
            raise _unusable(directory, error) from error
        except DataDirectoryError:
            os.close(lock)
            raise
        store.backlog = JournalBacklog(len(content.records), sum(len(record.body) for record in content.records))
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

    def rotate(self, sequence: int) -> None:
        """Start a new journal for the writes after ``sequence``, the last one made. Raises OSError."""
        file = self.directory / _JOURNAL.format(sequence)
        self._journal.cut()
        if file != self._journal.file:
            journal = _new_journal(file, sequence, self._identity)
            self._journal.close()
            self._journal = journal
        self._rotated = JournalBacklog(self.backlog.records, self.backlog.bytes)

    def write_snapshot(self, sequence: int, state: Any) -> None:
        """Write the snapshot of the state after ``sequence``. Raises OSError. Safe in a forked process."""
        payload = json.dumps(state, separators=(",", ":")).encode()
        header = {
            "kind": _KIND,
            "format": FORMAT,
            "sequence": sequence,
            "store": self._identity,
            "length": len(payload),
            "crc32": zlib.crc32(payload),
        }
        write_whole(self.directory / _SNAPSHOT.format(sequence), json.dumps(header).encode() + b"\n", payload)

    def finish_snapshot(self, sequence: int) -> None:
        """Remove the files that the snapshot after ``sequence`` covers."""
        self.retire(sequence)
        self.snapshot_bytes = _size(self.directory / _SNAPSHOT.format(sequence))
        self.backlog.records -= self._rotated.records
        self.backlog.bytes -= self._rotated.bytes

    def retire(self, sequence: int) -> None:
        """Remove snapshots and journals that the snapshot after ``sequence`` covers."""
        for number, file in [*_list_numbered(self.directory, "journal"), *_list_numbered(self.directory, "snapshot")]:
            if number < sequence:
                file.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the journal and let another process have the directory."""
        self._journal.close()
        os.close(self._lock)


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


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _new_journal(file: Path, after: int, identity: Mapping[str, str]) -> Journal:
    header = encode_header(after, identity)
    write_whole(file, header)
    return Journal(file, len(header))


def _read(directory: Path, identity: Mapping[str, str]) -> tuple[StoredState, Path, int]:
    """Return the content, the journal to append to, and the size of its whole records."""
    for leftover in directory.glob("*.part"):
        leftover.unlink(missing_ok=True)
    if not _list_numbered(directory, "journal") and not _list_numbered(directory, "snapshot"):
        _new_journal(directory / _JOURNAL.format(0), 0, identity).close()
    return _read_files(directory)


def examine(directory: Path) -> StoredState | None:
    """Return the content of a data directory, which stays as it is; None: it is empty or not there.

    Raises DataDirectoryError as ``DataDirectory.open`` does.
    """
    try:
        if (directory / "lock").exists():
            lock = os.open(directory / "lock", os.O_RDWR | os.O_CLOEXEC)
            _take_lock(lock, directory)
            os.close(lock)
        has_files = _list_numbered(directory, "journal") or _list_numbered(directory, "snapshot")
        return _read_files(directory)[0] if has_files else None
    except OSError as error:
        raise _unusable(directory, error) from error


def _read_files(directory: Path) -> tuple[StoredState, Path, int]:
    journals, snapshots = _list_numbered(directory, "journal"), _list_numbered(directory, "snapshot")
    base, unreadable = _newest(snapshots)
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
