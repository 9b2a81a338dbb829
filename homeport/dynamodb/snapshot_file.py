"""A snapshot's file: tables with their definitions and items, in compressed JSON lines.

The first line describes the tables, each further one holds an item as DynamoDB words it, bytes in Base64, and the last
one counts them: a file without it is not whole. Written beside its place and moved there, so what has a name is whole.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import os
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError

VERSION = 1
SUFFIX = ".jsonl.gz"
Item = Mapping[str, Any]
_DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError)


class SnapshotError(HomeportError):
    """A snapshot is missing, damaged, or in the way."""


@dataclass(frozen=True, slots=True)
class TableShape:
    """``definition`` is a CreateTable request without its name, ``time_to_live`` the attribute that ends an item."""

    definition: Mapping[str, Any]
    time_to_live: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """``made`` is an ISO 8601 time, ``tables`` has logical ids."""

    stage: str
    made: str
    tables: Mapping[str, TableShape]


@contextlib.contextmanager
def writing(file: Path, head: Head) -> Iterator[Callable[[str, Item], None]]:
    """Gives a function that takes items; the file is there when this ends well, and unchanged when it does not.

    Raises SnapshotError where it can't be written.
    """
    with _explained_write(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp lets only its maker read what may be other people's data.
        handle, draft = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as raw:
                with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6) as out:
                    yield from _write(out, head)
                raw.flush()
                os.fsync(raw.fileno())
            Path(draft).replace(file)
        finally:
            Path(draft).unlink(missing_ok=True)


def _write(out: gzip.GzipFile, head: Head) -> Iterator[Callable[[str, Item], None]]:
    counts: Counter[str] = Counter()

    def take(table: str, item: Item) -> None:
        out.write(_line([table, item]))
        counts[table] += 1

    out.write(_line({"homeport": "snapshot", "version": VERSION, **asdict(head)}))
    yield take
    out.write(_line({"items": {table: counts[table] for table in head.tables}}))


def read_head(file: Path) -> Head:
    """What a snapshot says of itself. Raises SnapshotError."""
    with _opened(file) as lines:
        return _head(file, json.loads(next(lines, b"null")))


def read_counts(file: Path) -> Mapping[str, int]:
    """Read a snapshot to its end and give how many items each table has. Raises SnapshotError unless it is whole."""
    counts: Counter[str] = Counter()
    with _opened(file) as lines:
        head = _head(file, json.loads(next(lines, b"null")))
        for line in lines:
            value = json.loads(line)
            if isinstance(value, dict):
                if value["items"] != {table: counts[table] for table in head.tables} or next(lines, None) is not None:
                    raise ValueError("its items are not those that it counted")
                return {table: counts[table] for table in head.tables}
            counts[_entry(value)[0]] += 1
        raise EOFError("its end is missing")


def read_items(file: Path) -> Iterator[tuple[str, Item]]:
    """Each item with its table, as boto3 takes it. Raises SnapshotError."""
    with _opened(file) as lines:
        next(lines, None)
        for line in lines:
            value = json.loads(line)
            if isinstance(value, list):
                yield _entry(value)


def _entry(value: Any) -> tuple[str, Item]:
    table, item = value
    return str(table), {name: _from_json(typed) for name, typed in item.items()}


def _head(file: Path, value: Any) -> Head:
    if not isinstance(value, dict) or value.get("homeport") != "snapshot":
        raise ValueError("it does not begin as a snapshot does")
    if value["version"] != VERSION:
        message = f"{file} was written by another release: format {value['version']}, this one reads {VERSION}"
        raise SnapshotError(message, "load it with the release that made it")
    tables = {name: TableShape(shape["definition"], shape["time_to_live"]) for name, shape in value["tables"].items()}
    return Head(str(value["stage"]), str(value["made"]), tables)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[Iterator[bytes]]:
    try:
        with gzip.open(file, "rb") as lines:
            yield iter(lines)
    except FileNotFoundError as error:
        raise SnapshotError(
            f"there is no snapshot {file.name.removesuffix(SUFFIX)}", "homeport snapshot list"
        ) from error
    except _DAMAGE as error:
        message = f"the snapshot {file} is damaged: {error}"
        raise SnapshotError(message, "nothing was changed; delete it and save another") from error
    except OSError as error:
        raise SnapshotError(f"{file} can't be read: {error.strerror or error}") from error


@contextlib.contextmanager
def _explained_write(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{file} can't be written: {error.strerror or error}"
        raise SnapshotError(message, "make room, or give this user the right to write there") from error


def _line(value: Any) -> bytes:
    return json.dumps(value, default=_to_base64, separators=(",", ":")).encode() + b"\n"


def _to_base64(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is no type of DynamoDB")


def _from_json(typed: Mapping[str, Any]) -> Mapping[str, Any]:
    ((kind, value),) = typed.items()
    match kind:
        case "B":
            return {kind: base64.b64decode(value, validate=True)}
        case "BS":
            return {kind: [base64.b64decode(one, validate=True) for one in value]}
        case "M":
            return {kind: {name: _from_json(inner) for name, inner in value.items()}}
        case "L":
            return {kind: [_from_json(inner) for inner in value]}
        case "S" | "N" | "SS" | "NS" | "BOOL" | "NULL":
            return dict(typed)
    raise ValueError(f"{kind} is no type of DynamoDB")
