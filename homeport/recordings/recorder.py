"""The recorder's process: it receives exchanges from the gateway, compares them with the spec, and stores them.

``python -m homeport.recordings.recorder SETTINGS``, started by the supervisor of ``homeport dev``. Nothing waits for
it: a failure of it is reported once, and the API continues.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sqlite3
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from homeport.background import BackgroundQueue
from homeport.child_process import RecorderSettings
from homeport.errors import HomeportError
from homeport.project.load import ProjectFollower
from homeport.project.project import Project
from homeport.project.shared import follower_of
from homeport.project.triggers.trigger import QueueTrigger
from homeport.recordings.build_recording import RecordingRules, build_recording, build_run, links_of
from homeport.recordings.exchange_frame import ExchangeFrame, facts_reader, from_frame
from homeport.recordings.recording import Violation
from homeport.recordings.redaction import credential_names
from homeport.recordings.store import Linked, RecordingStore
from homeport.terminal import Palette, palette_of, printable, show

if TYPE_CHECKING:
    from homeport.recordings.drift import DriftCheck


class SpecFollower:
    """The project's contract and rules, as its files are now. Broken files leave those before them in force."""

    def __init__(self, projects: ProjectFollower) -> None:
        self.rules = RecordingRules()
        self._projects = projects
        self._project: Project | None = None
        self._drifts: Mapping[str, DriftCheck] = {}

    def violations(self, frame: ExchangeFrame) -> tuple[Violation, ...]:
        """Return in what ways a function's response differs from the spec; the gateway's own are not compared."""
        facts = frame.facts
        drift = self._drifts.get(facts["api"])
        if drift is None or facts["function"] is None or facts["refused"] or not facts["operation"]:
            return ()
        from homeport.recordings.drift import OperationReply

        headers = tuple((name, value) for name, value in facts["replyHeaders"])
        body = frame.parts["reply_body"]
        return drift.check(OperationReply(facts["operation"], facts["method"], facts["status"], headers, body))

    def follow(self) -> None:
        """Take up changed files."""
        with suppress(HomeportError):
            project = self._projects.current()
            if project is not self._project:
                from homeport.recordings.drift import DriftCheck

                self._drifts = {each.api.name: DriftCheck(each) for each in project.every_api}
                self._project, self.rules = project, rules_of(project)


def rules_of(project: Project) -> RecordingRules:
    """Return how the exchanges and runs of a project are recorded."""
    tables = project.resources.tables.values()
    keys = {
        table.name: tuple(part["AttributeName"] for part in table.properties.get("KeySchema", ())) for table in tables
    }
    every = project.triggers.every
    partial = frozenset(each.function for each in every if isinstance(each, QueueTrigger) and each.partial)
    return RecordingRules(credential_names(project), keys=keys, partial=partial)


_INDENT = " " * 9
# Secret values that are remembered: an environment may have got one long ago.
_MOST_SECRETS = 200
_BATCH = 200
# Recording gives way to answering.
_NICENESS = 10
_CAPACITY = 1000
_MAX_SIZE = 64 * 1024 * 1024
# Seconds that the end waits for the last frames of a connection.
_LAST_WAIT = 10.0
_CHUNK = 65536

RawFrame = tuple[dict[str, Any], bytes]


class Recorder:
    """Stores exchanges in ``file``, and prints to ``out`` how they drift from the spec, each violation once."""

    def __init__(self, file: Path, spec: SpecFollower, out: TextIO, palette: Palette, scheme: str = "http") -> None:
        self._file = file
        self._scheme = scheme
        self._spec = spec
        self._out = out
        self._palette = palette
        self._store: RecordingStore | None = None
        self._failed = False
        self._counts: dict[Violation, int] = {}
        self._secrets: dict[str, None] = {}

    def take(self, frames: Sequence[RawFrame]) -> None:
        """Store a batch."""
        self._spec.follow()
        whole = []
        for header, body in frames:
            if "lost" in header:
                self._print("yellow", f"warning: {header['lost']} requests came too fast to be recorded")
            else:
                whole.append(from_frame(header, body))
        self._learn_secrets(whole)
        rules = replace(self._spec.rules, secrets=tuple(self._secrets), scheme=self._scheme)
        self._write([self._build(frame, rules) for frame in whole])

    def close(self) -> None:
        """Close the store, and print which violations came more than once."""
        repeated = {violation: count for violation, count in self._counts.items() if count > 1}
        for violation, count in repeated.items():
            self._print("yellow", f"drift {printable(violation.line, 400)}: {count} times")
        self._close_store()

    def _learn_secrets(self, frames: Sequence[ExchangeFrame]) -> None:
        """Remember the secret values that functions got: they are masked wherever they stand from now on."""
        for frame in frames:
            for invocation in filter(None, (frame.facts.get("authorizer"), frame.facts.get("function"))):
                for call in invocation["services"]:
                    self._secrets |= dict.fromkeys(call["secrets"])
            if frame.facts.get("backend"):
                self._secrets |= dict.fromkeys(frame.facts["backend"]["secrets"])
        for value in list(self._secrets)[:-_MOST_SECRETS]:
            del self._secrets[value]

    def _build(self, frame: ExchangeFrame, rules: RecordingRules) -> Linked:
        if "run" in frame.facts:
            links = links_of(frame, rules)
            return Linked(build_run(frame, rules, links), links)
        violations = self._spec.violations(frame)
        for violation in violations:
            self._counts[violation] = self._counts.get(violation, 0) + 1
            if self._counts[violation] == 1:
                self._print("yellow", f"{_INDENT}drift {printable(violation.line, 400)}")
        return Linked(build_recording(frame, rules, violations), links_of(frame, rules))

    def _write(self, recordings: list[Linked]) -> None:
        if not recordings:
            return
        try:
            if self._store is not None and not self._store.in_place:
                self._close_store()
            if self._store is None:
                self._store = RecordingStore(self._file)
            self._store.add(recordings)
        except (sqlite3.Error, OSError) as error:
            self._close_store()
            if not self._failed:
                self._print("yellow", f"warning: requests are not recorded: {self._file}: {error}")
            self._failed = True
        else:
            if self._failed:
                self._print("yellow", "requests are recorded again")
            self._failed = False

    def _close_store(self) -> None:
        if self._store is not None:
            with suppress(sqlite3.Error):
                self._store.close()
            self._store = None

    def _print(self, colour: Any, line: str) -> None:
        show(self._out, self._palette.paint(colour, line) + "\n")


def main(argument: str) -> None:
    """Record until SIGTERM, or until the supervisor is gone."""
    settings = RecorderSettings.from_argument(argument)
    settings.follow_supervisor()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with suppress(OSError):
        os.nice(_NICENESS)
    listener = socket.socket(fileno=settings.listener)
    spec = SpecFollower(follower_of(settings))
    recorder = Recorder(Path(settings.file), spec, sys.stdout, palette_of(sys.stdout), settings.scheme)
    frames = BackgroundQueue(
        recorder.take, name="recorder", interval=0.0, capacity=_CAPACITY, batch=_BATCH, size=_size, max_size=_MAX_SIZE
    )
    acceptor = _Acceptor(listener, frames)
    threading.Thread(target=acceptor.run, daemon=True).start()
    settings.report_ready()
    ended.wait()
    # The gateway ends first, and its connection with it: the rest of its frames is on the way. A connection that it
    # made just before may not have been accepted.
    acceptor.accept_waiting()
    acceptor.join()
    frames.close()
    recorder.close()


class _Acceptor:
    """The threads that read from the connections to a listener."""

    def __init__(self, listener: socket.socket, frames: BackgroundQueue[RawFrame]) -> None:
        listener.setblocking(False)
        self._listener, self._frames = listener, frames
        self._readers: list[threading.Thread] = []
        # A connection that one thread has accepted has its reader before another thread looks at the readers.
        self._lock = threading.Lock()

    def run(self) -> None:
        """Accept connections for good."""
        waiting = select.poll()
        waiting.register(self._listener, select.POLLIN)
        while True:
            waiting.poll()
            self.accept_waiting()

    def accept_waiting(self) -> None:
        """Read from each connection that waits, in a thread."""
        with self._lock, suppress(BlockingIOError):
            while True:
                connection, _ = self._listener.accept()
                connection.setblocking(True)
                reader = threading.Thread(target=_read, args=(connection, self._frames), daemon=True)
                reader.start()
                self._readers[:] = [*(known for known in self._readers if known.is_alive()), reader]

    def join(self) -> None:
        """Wait until the connections have ended."""
        for reader in self._readers:
            reader.join(_LAST_WAIT)


def _read(connection: socket.socket, frames: BackgroundQueue[RawFrame]) -> None:
    reader = facts_reader()
    with connection, suppress(OSError):
        while data := connection.recv(_CHUNK):
            reader.feed(data)
            for frame in iter(reader.take, None):
                # A full queue holds the gateway's sender up, which counts what it drops.
                frames.put(frame, threading.TIMEOUT_MAX)


def _size(frame: RawFrame) -> int:
    return len(frame[1])


if __name__ == "__main__":
    main(sys.argv[1])
