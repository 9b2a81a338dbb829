"""The project's spec as the recorder needs it, followed as its file changes.

The recorder's process: takes what the gateway hands over, holds it against the spec, and keeps it.

``python -m homeport.recordings.recorder SETTINGS``, started by the supervisor of ``homeport dev``.
Nothing waits for it: what is wrong with it is said once, and the API goes on.
"""

from __future__ import annotations

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
from typing import TYPE_CHECKING, Any, TextIO

from homeport.child_process import RecorderSettings
from homeport.errors import HomeportError
from homeport.project.load import load_project
from homeport.project.project import SPEC_FILES, Project
from homeport.recordings.build_recording import recording_of
from homeport.recordings.recording import Recording, Seen, Violation, from_frame
from homeport.recordings.redaction import Named
from homeport.recordings.store import Store
from homeport.runtime.worker.frames import FrameReader
from homeport.terminal import Palette, palette_of, printable, show

if TYPE_CHECKING:
    from homeport.recordings.drift import Drift

_HEADER = ("$request.header.", "method.request.header.")
_QUERY = ("$request.querystring.", "method.request.querystring.")


class Specs:
    """The project in ``root`` for a stage. One that can't be read leaves what was known before."""

    def __init__(self, root: Path, stage: str) -> None:
        self._root = root
        self._stage = stage
        self._state: tuple[int | None, ...] | None = None
        self._drift: Drift | None = None
        self._named = Named()

    def violations(self, seen: Seen) -> tuple[Violation, ...]:
        """In what ways an answer differs from the spec; the gateway's own answers are none of a function's."""
        facts = seen.facts
        if self._drift is None or facts["function"] is None or facts["refused"] or not facts["operation"]:
            return ()
        from homeport.recordings.drift import Answer

        headers = tuple((name, value) for name, value in facts["replyHeaders"])
        body = seen.parts["reply_body"]
        return self._drift.check(Answer(facts["operation"], facts["method"], facts["status"], headers, body))

    def named(self) -> Named:
        """The names that the project has for credentials."""
        return self._named

    def follow(self) -> None:
        """Take up the file as it is now, if it has changed."""
        state = tuple(_changed(self._root / name) for name in SPEC_FILES)
        if state == self._state:
            return
        self._state = state
        with suppress(HomeportError):
            from homeport.recordings.drift import Drift

            project = load_project(self._root, self._stage)
            self._drift, self._named = Drift(project), named_in(project)


def named_in(project: Project) -> Named:
    """What a project's authorizers and API keys call their credentials, lower case."""
    sources = [source for authorizer in project.api.authorizers.values() for source in authorizer.identity_sources]
    schemes = project.api.document.get("components", {}).get("securitySchemes", {}).values()
    keys = [scheme for scheme in schemes if isinstance(scheme, dict) and scheme.get("type") == "apiKey"]
    headers = {source[len(start) :] for source in sources for start in _HEADER if source.startswith(start)}
    query = {source[len(start) :] for source in sources for start in _QUERY if source.startswith(start)}
    headers |= {str(key.get("name")) for key in keys if key.get("in") == "header"}
    query |= {str(key.get("name")) for key in keys if key.get("in") == "query"}
    return Named(frozenset(map(str.lower, headers)), frozenset(map(str.lower, query)))


def _changed(file: Path) -> int | None:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return None


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
    settings = RecorderSettings.from_argument(argument)
    settings.follow_supervisor()
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
    settings.report_ready()
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


if __name__ == "__main__":
    main(sys.argv[1])
