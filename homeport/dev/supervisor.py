"""A child process as the supervisor knows it: how it is started, and how it fares.

Keeps the children of ``homeport dev`` alive: starts them, brings back one that dies, ends them all.

The supervisor holds the write end of one pipe, the lifeline, that every child reads: when the supervisor ends, however
it ends, the pipe closes and so do they.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from homeport.errors import HomeportError


@dataclass(frozen=True, slots=True)
class Started:
    """A child's process. On ``status``, the read end of a pipe, it writes lines; ``take`` says which means "ready",
    and may raise HomeportError for what the child reports.
    """

    process: subprocess.Popen[bytes]
    status: int
    take: Callable[[bytes], bool] = bool


@dataclass(frozen=True, slots=True)
class Child:
    """How to start one child; ``start`` gets the lifeline, which is inheritable. One with ``once`` does its work and
    ends; it does it again whenever the child that it ``follows`` was started again. The others do without one that is
    ``aside``: it starts when they are ready, and they go on when it can't be kept alive.
    """

    name: str
    start: Callable[[int], Started]
    oneshot: bool = False
    follows: str = ""
    optional: bool = False


@dataclass(slots=True)
class Running:
    """A child and its process, None while it has none. ``due`` is one that is to do its work again."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    status: int = -1
    take: Callable[[bytes], bool] = bool
    pending: bytes = b""
    ready: bool = False
    due: bool = False
    deaths: list[float] = field(default_factory=list)


def describe_exit(code: int) -> str:
    """``exit status 3``, ``signal SIGKILL``."""
    if code >= 0:
        return f"exit status {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


Say = Callable[[str], None]

# A child that dies this often within the window can't be helped by another start.
DEATHS = 5
WINDOW = 20.0
GRACE = 4.0
TICK = 0.5


@dataclass(frozen=True, slots=True)
class Renewal:
    """A process that is to take the place of a child's running one, once it is ready.

    ``retire`` is the signal by which that one is told to end when it is done; ``then`` is called afterwards.
    """

    name: str
    start: Callable[[int], Started]
    retire: signal.Signals
    then: Callable[[], None]


class ChildFailed(HomeportError):
    """A child can't be kept alive."""


class Supervisor:
    """Runs the children in the order given and stops them in that order, too."""

    def __init__(self, children: Sequence[Child], say: Say, clock: Callable[[], float] = time.monotonic) -> None:
        self._running = [Running(child) for child in children]
        self._say = say
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._lifeline, self._hold = os.pipe()
        os.set_inheritable(self._lifeline, True)
        self._stopping = False
        self._wake = -1
        self._wanted: deque[Renewal] = deque()
        self._candidates: list[tuple[Renewal, Running]] = []
        self._retired: list[subprocess.Popen[bytes]] = []

    def do_again(self, name: str) -> None:
        """Have a child with ``once`` do its work again; for any thread."""
        for running in self._running:
            running.due = running.due or running.child.name == name
        os.write(self._wake, b"\0")

    def renew(self, renewal: Renewal) -> None:
        """Have a child go on as another process, the old one serving until that is ready; for any thread."""
        self._wanted.append(renewal)
        os.write(self._wake, b"\0")

    def run(self, on_ready: Callable[[], None]) -> None:
        """Start everything, call ``on_ready`` once when all are ready, and return after SIGINT or SIGTERM.

        Raises ChildFailed when a child dies again and again, or before it was ever ready.
        """
        wake = self._catch_signals()
        announced = False
        try:
            self._start_all(optional=False)
            while not self._stopping:
                self._wait(wake)
                if not announced and all(running.ready or running.child.optional for running in self._running):
                    announced = True
                    on_ready()
                    self._start_all(optional=True)
        finally:
            self._stop()

    def _catch_signals(self) -> int:
        wake, write = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write)
        self._wake = write
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(wake, selectors.EVENT_READ)
        return wake

    def _on_signal(self, *_: object) -> None:
        self._stopping = True

    def _start_all(self, *, optional: bool) -> None:
        for running in self._running:
            if running.child.optional is optional:
                self._start(running)

    def _start(self, running: Running) -> None:
        started = running.child.start(self._lifeline)
        running.process, running.status, running.take = started.process, started.status, started.take
        running.pending, running.ready = b"", False
        self._selector.register(running.status, selectors.EVENT_READ, running)

    def _wait(self, wake: int) -> None:
        for key, _ in self._selector.select(TICK):
            if key.fd == wake:
                os.read(wake, 512)
            else:
                self._read_status(key.data)
        for running in self._running:
            if running.process is not None and running.process.poll() is not None:
                self._ended(running)
        for running in self._running:
            if running.due and running.process is None:
                running.due = False
                self._start(running)
        self._look_after_renewals()

    def _look_after_renewals(self) -> None:
        while self._wanted:
            renewal = self._wanted.popleft()
            candidate = Running(Child(renewal.name, renewal.start))
            self._start(candidate)
            self._candidates.append((renewal, candidate))
        for pair in list(self._candidates):
            renewal, candidate = pair
            assert candidate.process is not None
            code = candidate.process.poll()
            if candidate.ready or code is not None:
                self._candidates.remove(pair)
                self._decide(renewal, candidate, code)
        self._retired = [process for process in self._retired if process.poll() is None]

    def _decide(self, renewal: Renewal, candidate: Running, code: int | None) -> None:
        if code is not None:
            self._forget_status(candidate)
            self._say(f"{renewal.name} did not start anew ({describe_exit(code)}); it stays as it was")
            return
        (running,) = (running for running in self._running if running.child.name == renewal.name)
        self._forget_status(running)
        self._selector.modify(candidate.status, selectors.EVENT_READ, running)
        if running.process is not None:
            running.process.send_signal(renewal.retire)
            self._retired.append(running.process)
        running.child = replace(running.child, start=renewal.start)
        running.process, running.status, running.pending = candidate.process, candidate.status, candidate.pending
        running.ready, running.take = True, candidate.take
        renewal.then()

    def _read_status(self, running: Running) -> bool:
        """Take in what the child says; False once it can say no more."""
        received = os.read(running.status, 4096)
        if not received:
            self._forget_status(running)
            return False
        *lines, running.pending = (running.pending + received).split(b"\n")
        for line in lines:
            running.ready = running.take(line) or running.ready
        return True

    def _forget_status(self, running: Running) -> None:
        if running.status >= 0:
            self._selector.unregister(running.status)
            os.close(running.status)
            running.status = -1

    def _ended(self, running: Running) -> None:
        assert running.process is not None
        code = running.process.returncode
        self._drain_status(running)
        running.process = None
        if self._stopping or (running.child.oneshot and code == 0 and running.ready):
            return
        if not running.ready and not running.deaths and not running.child.optional:
            raise ChildFailed(f"{running.child.name} did not start: {describe_exit(code)}")
        self._again(running, code)

    def _drain_status(self, running: Running) -> None:
        # A child that says something and ends at once may be seen to end first.
        if running.status >= 0:
            os.set_blocking(running.status, False)
            with contextlib.suppress(BlockingIOError):
                while self._read_status(running):
                    continue
            self._forget_status(running)

    def _again(self, running: Running, code: int) -> None:
        now = self._clock()
        running.deaths = [*(at for at in running.deaths if now - at < WINDOW), now]
        if len(running.deaths) >= DEATHS:
            told = f"{running.child.name} ended {DEATHS} times within {WINDOW:.0f} s: {describe_exit(code)}"
            if not running.child.optional:
                raise ChildFailed(told)
            self._say(f"{told}; the rest goes on without it")
            return
        self._say(f"{running.child.name} ended ({describe_exit(code)}); starting it again")
        self._start(running)
        for follower in self._running:
            if follower.child.follows == running.child.name:
                follower.due = True

    def _stop(self) -> None:
        for running in [*self._running, *(candidate for _, candidate in self._candidates)]:
            self._end(running.process)
            self._forget_status(running)
        for process in self._retired:
            self._end(process)
        os.close(self._hold)
        self._selector.close()

    def _end(self, process: subprocess.Popen[bytes] | None) -> None:
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
