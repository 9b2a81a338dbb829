"""The snapshot: the whole state after a certain write, in one file, so that a start need not replay every write.

The file is a line of JSON (kind, format, store, sequence, length and checksum of the rest), then the state as JSON.
It is written beside its place and moved there when complete; its name carries the sequence that it covers.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .journal import FORMAT, damaged, read_header, write_whole

_KIND = "homeport dynamodb snapshot"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state after write ``sequence``."""

    sequence: int
    store: Mapping[str, str]
    state: Any


def write_snapshot(file: Path, snapshot: Snapshot) -> None:
    """Write a snapshot; ``state`` is JSON-like. Raises OSError, and then ``file`` is as it was."""
    payload = json.dumps(snapshot.state, separators=(",", ":")).encode()
    header = {
        "kind": _KIND,
        "format": FORMAT,
        "sequence": snapshot.sequence,
        "store": snapshot.store,
        "length": len(payload),
        "crc32": zlib.crc32(payload),
    }
    write_whole(file, json.dumps(header).encode() + b"\n", payload)


def read_snapshot(file: Path) -> Snapshot:
    """Read a snapshot. Raises StoreError if it is not as it was written."""
    line, _, payload = file.read_bytes().partition(b"\n")
    header = read_header(line, _KIND, file)
    if len(payload) != header["length"] or zlib.crc32(payload) != header["crc32"]:
        raise damaged(file, len(line) + 1, "the state")
    return Snapshot(header["sequence"], header["store"], json.loads(payload))
