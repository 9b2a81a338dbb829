"""Checkpoints: the last record of each shard that a mapping is done with, in a file that outlives the process."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from pathlib import Path


class Checkpoints:
    """The checkpoints of all mappings. Safe for any thread."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._kept: dict[str, str] = {}
        with suppress(FileNotFoundError, ValueError):
            self._kept = json.loads(file.read_text(encoding="utf-8"))

    def get(self, mapping: str, stream_arn: str, shard: str) -> str | None:
        """Return the sequence number of the last record that is done, None: there is none."""
        return self._kept.get(f"{mapping} {stream_arn} {shard}")

    def set(self, mapping: str, stream_arn: str, shard: str, sequence: str) -> None:
        """Keep the sequence number of the last record that is done."""
        with self._lock:
            self._kept[f"{mapping} {stream_arn} {shard}"] = sequence
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self._file.with_suffix(".new")
            unfinished.write_text(json.dumps(self._kept), encoding="utf-8")
            unfinished.replace(self._file)

    def forget(self, mapping: str, stream_arn: str, shard: str) -> None:
        """Forget a checkpoint whose record is not in the stream any more."""
        with self._lock:
            self._kept.pop(f"{mapping} {stream_arn} {shard}", None)
