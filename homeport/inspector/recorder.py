"""The recorder's process: takes what the gateway hands over, holds it against the spec, and keeps it.

``python -m homeport.inspector.recorder SETTINGS``, started by the supervisor of ``homeport dev``. Nothing waits for it:
what is wrong with it is said once, and the API goes on.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from homeport.inspector.keep import recording_of
from homeport.inspector.recording import Recording, Violation
from homeport.inspector.seen import Seen, from_frame
from homeport.inspector.settings import RecorderSettings
from homeport.inspector.specs import Specs
from homeport.inspector.store import Store
from homeport.runtime.worker.frames import FrameReader
from homeport.terminal import Palette, palette_of, printable, show

_INDENT = " " * 9
_BATCH = 200
# Recording gives way to answering.
_NICENESS = 10
# A process of low priority still has a core for some milliseconds before it is taken away. So few recordings rest
# before each, for so many seconds.
_FEW, _REST = 50, 0.0003
_MOST_WAITING = 100
_CHUNK = 65536

Frame = tuple[dict[str, Any], bytes]


class Recorder:
    """Keeps what it is given in ``file``, and says to ``out`` what drifts from the spec, each violation once."""

    def __init__(self, file: Path, specs: Specs, out: TextIO, palette: Palette) -> None:
        self._file = file
        self._specs = specs
        self._out = out
        self._palette = palette
        self._store: Store | None = None
        self._failed = False
        self._counts: dict[Violation, int] = {}

    def take(self, frames: Sequence[Frame]) -> None:
        """Keep a batch, a small one at leisure."""
        self._specs.follow()
        recordings = []
        for header, body in frames:
            if len(frames) <= _FEW:
                time.sleep(_REST)
            if "lost" in header:
                self._say("yellow", f"warning: {header['lost']} requests came too fast to be recorded")
            else:
                recordings.append(self._recording(from_frame(header, body)))
        self._keep(recordings)

    def close(self) -> None:
        """Finish; say what drifted more than once."""
        repeated = {violation: count for violation, count in self._counts.items() if count > 1}
        for violation, count in repeated.items():
            self._say("yellow", f"drift {printable(violation.line, 400)}: {count} times")
        self._leave_store()

    def _recording(self, seen: Seen) -> Recording:
        violations = self._specs.violations(seen)
        for violation in violations:
            self._counts[violation] = self._counts.get(violation, 0) + 1
            if self._counts[violation] == 1:
                self._say("yellow", f"{_INDENT}drift {printable(violation.line, 400)}")
        return recording_of(seen, self._specs.named(), violations)

    def _keep(self, recordings: list[Recording]) -> None:
        if not recordings:
            return
        try:
            if self._store is not None and not self._store.in_place:
                self._leave_store()
            if self._store is None:
                self._store = Store(self._file)
            self._store.add(recordings)
        except (sqlite3.Error, OSError) as error:
            self._leave_store()
            if not self._failed:
                self._say("yellow", f"warning: requests are not recorded: {self._file}: {error}")
            self._failed = True
        else:
            if self._failed:
                self._say("yellow", "requests are recorded again")
            self._failed = False

    def _leave_store(self) -> None:
        if self._store is not None:
            with suppress(sqlite3.Error):
                self._store.close()
            self._store = None

    def _say(self, colour: Any, line: str) -> None:
        show(self._out, self._palette.paint(colour, line) + "\n")


def main(argument: str) -> None:
    """Record until SIGTERM, or until the supervisor is gone."""
    settings = RecorderSettings(**json.loads(argument))
    threading.Thread(target=_end_with, args=(settings.lifeline,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    frames: queue.Queue[list[Frame]] = queue.Queue(_MOST_WAITING)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with suppress(OSError):
        os.nice(_NICENESS)
    with suppress(FileNotFoundError):
        Path(settings.place).unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(settings.place)
    listener.listen()
    threading.Thread(target=_accept, args=(listener, frames), daemon=True).start()
    os.write(settings.status, b"ready\n")
    specs = Specs(Path(settings.project), settings.stage)
    recorder = Recorder(Path(settings.file), specs, sys.stdout, palette_of(sys.stdout))
    while batch := _batch(frames, ended):
        recorder.take(batch)
    recorder.close()


def _batch(frames: queue.Queue[list[Frame]], ended: threading.Event) -> list[Frame]:
    """What has come, at least one; nothing once it is over and everything is taken."""
    while True:
        try:
            batch = list(frames.get(timeout=0.05 if ended.is_set() else 0.2))
        except queue.Empty:
            if ended.is_set():
                return []
            continue
        with suppress(queue.Empty):
            while len(batch) < _BATCH:
                batch += frames.get_nowait()
        return batch


def _accept(listener: socket.socket, frames: queue.Queue[list[Frame]]) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_read, args=(connection, frames), daemon=True).start()


def _read(connection: socket.socket, frames: queue.Queue[list[Frame]]) -> None:
    reader = FrameReader()
    with connection, suppress(OSError):
        while data := connection.recv(_CHUNK):
            reader.feed(data)
            if came := list(iter(reader.take, None)):
                frames.put(came)


def _end_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
