"""The write journal: one file, one record a write request, written before the request is applied.

A file starts with one line of JSON (what it is, its format, the store it belongs to, the sequence it follows), then
come the records. Each has a checksummed head with its length, so that a record cut short by ``kill -9`` differs from
a damaged one: the first is dropped (its request was never answered), the second stops the start with the place.

A record is one ``write()`` without ``fsync``: the kernel has it, so no death of a process loses it. A power failure
may lose the last seconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
_KIND = "homeport dynamodb journal"
_MAGIC = b"\xf5HPR"
# magic, payload bytes, sequence, seconds since the epoch, action bytes, checksum of the payload
_HEAD = struct.Struct("<4sIQdHI")
_CHECK = struct.Struct("<I")
HEAD_SIZE = _HEAD.size + _CHECK.size


class DataDirectoryError(Exception):
    """The data directory can't be used as it is. ``hint`` is the advice."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """A write request: its number among all writes, its time (seconds since the epoch), and its JSON."""

    sequence: int
    time: float
    action: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """A journal file as read: records up to byte ``end``; ``torn`` says that a cut-off record follows."""

    after: int
    store: Mapping[str, str]
    records: tuple[JournalRecord, ...]
    end: int
    torn: bool


def encode(record: JournalRecord) -> bytes:
    """Return a record in the form of the file."""
    action = record.action.encode()
    payload = action + record.body
    head = _HEAD.pack(_MAGIC, len(payload), record.sequence, record.time, len(action), zlib.crc32(payload))
    return b"".join((head, _CHECK.pack(zlib.crc32(head)), payload))


def encode_header(after: int, store: Mapping[str, str]) -> bytes:
    """Return the first line of a journal file whose records follow sequence ``after``."""
    return json.dumps({"kind": _KIND, "format": FORMAT, "after": after, "store": store}).encode() + b"\n"


def read_header(line: bytes, kind: str, file: Path) -> Mapping[str, Any]:
    """Read the first line of a journal or snapshot. Raises DataDirectoryError for another kind or format."""
    try:
        header = json.loads(line)
        found, version = header["kind"], header["format"]
    except (ValueError, TypeError, KeyError):
        found, version = None, None
    if found != kind:
        raise damage_error(file, 0, f"the first line of a {kind}")
    if version != FORMAT:
        raise DataDirectoryError(
            f"{file} has format {version}; this version of homeport reads format {FORMAT}",
            f"run the version of homeport that wrote it; or start afresh: `make clean-data`, or remove {file.parent}",
        )
    assert isinstance(header, dict)
    return header


def read_segment(file: Path) -> Segment:
    """Read a journal file. Raises DataDirectoryError, with the byte, for damage before a cut-off last record."""
    data = file.read_bytes()
    line_end = data.find(b"\n") + 1
    header = read_header(data[:line_end], _KIND, file)
    records: list[JournalRecord] = []
    offset = line_end
    while offset < len(data):
        record, size = _decode(data, offset, file)
        if record is None:
            return Segment(header["after"], header["store"], tuple(records), offset, torn=True)
        records.append(record)
        offset += size
    return Segment(header["after"], header["store"], tuple(records), offset, torn=False)


def _decode(data: bytes, offset: int, file: Path) -> tuple[JournalRecord | None, int]:
    start = offset + HEAD_SIZE
    if start > len(data):
        return None, 0
    head = data[offset : offset + _HEAD.size]
    magic, length, sequence, time, action_length, payload_crc = _HEAD.unpack(head)
    if magic != _MAGIC or _CHECK.unpack_from(data, offset + _HEAD.size)[0] != zlib.crc32(head):
        raise damage_error(file, offset, "the head of a record", _keep_before(file, offset))
    if start + length > len(data):
        return None, 0
    payload = data[start : start + length]
    if zlib.crc32(payload) != payload_crc:
        raise damage_error(file, offset, f"record {sequence}", _keep_before(file, offset))
    return JournalRecord(sequence, time, payload[:action_length].decode(), payload[action_length:]), HEAD_SIZE + length


def _keep_before(file: Path, offset: int) -> str:
    cut = f"`head -c {offset} {file} > {file}.cut && mv {file}.cut {file}`"
    return f"or keep only what stands before: {cut}, and remove the journals with higher numbers; "


def damage_error(file: Path, offset: int, what: str, hint: str = "") -> DataDirectoryError:
    """Return the error for a file that is not as it was written; nothing is changed on disk."""
    afresh = f"or start afresh: `make clean-data`, or remove {file.parent}"
    return DataDirectoryError(
        f"{file} is damaged at byte {offset}: {what} is not as it was written", f"restore the file; {hint}{afresh}"
    )


def write_whole(file: Path, *parts: bytes) -> None:
    """Write a file under another name and rename it, so that it is whole or not there. Raises OSError."""
    # The process id keeps it apart from the file of a killed engine's forked child, which may still be writing.
    beside = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as out:
            for part in parts:
                out.write(part)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


class Journal:
    """A journal file open for appending; it holds ``size`` bytes of header and whole records."""

    def __init__(self, file: Path, size: int) -> None:
        self.file = file
        self.size = size
        self._fd = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        # True while bytes of a failed append may follow the whole records.
        self._ragged = True
        self.cut()

    def append(self, record: JournalRecord) -> int:
        """Write a record and return the size before it. Raises OSError, and then the record is not in the file."""
        self.cut()
        data = encode(record)
        try:
            self._ragged = True
            self._write(data)
            self._ragged = False
        except OSError:
            with contextlib.suppress(OSError):  # the next append tries again, and fails until it succeeds
                self.cut()
            raise
        before, self.size = self.size, self.size + len(data)
        return before

    def take_back(self, size: int) -> None:
        """Cut the file back to ``size``. Raises OSError, and then it stays as it is."""
        os.ftruncate(self._fd, size)
        self.size = size

    def cut(self) -> None:
        """Remove the rest of a failed append. Raises OSError."""
        if self._ragged:
            os.ftruncate(self._fd, self.size)
            self._ragged = False

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(self._fd, left) :]
