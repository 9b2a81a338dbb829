"""Keep the children of ``homeport dev`` alive: start them, restart one that dies, end them all.

The supervisor holds the write end of one pipe, the lifeline, which every child reads: when the supervisor ends, however
that happens, the pipe closes and the children end as well.
"""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from homeport.child_process import ChildProcess, end_process
from homeport.errors import HomeportError
from homeport.package_cache import Say
from homeport.process_states import ProcessState, State

# A child that dies this often within the window, in seconds, can't be helped by another start.
DEATHS = 5
WINDOW = 20.0
TICK = 0.5
# Seconds that a child which drains has to get ready at the end.
DRAINING = 30.0


@dataclass(frozen=True, slots=True)
class Started:
    """A child's process. The child writes lines to the pipe that ``status`` is the read end of.

    ``take`` returns True for the line that means "ready". It raises HomeportError for an error that the child reports.
    """

    process: ChildProcess
    status: int
    take: Callable[[bytes], bool] = bool


@dataclass(frozen=True, slots=True)
class Child:
    """A child of the supervisor. ``start`` gets the lifeline, an inheritable descriptor.

    A ``oneshot`` child does its work and ends; it runs again whenever the child that it ``follows`` was restarted. An
    ``optional`` child starts when the others are ready, and they continue without it if it can't be kept alive. With
    ``listener``, a listening socket that it inherits, it starts with the first connection there. One that ``drains``
    gets what was sent to it until the end: it is started for a connection that nobody has taken, and has time to get
    ready. ``url`` is where it serves, ``""``: nowhere.
    """

    name: str
    start: Callable[[int], Started]
    oneshot: bool = False
    follows: str = ""
    optional: bool = False
    url: str = ""
    listener: int = -1
    drains: bool = False


@dataclass(slots=True)
class ChildState:
    """A child and its process, None while it has none.

    ``due`` marks a oneshot child that is to run again, ``succeeded`` one that did its work at least once. ``restarts``
    counts its deaths, ``last_exit`` has the last one in words; ``given_up`` says that there is no further start.
    """

    child: Child
    process: ChildProcess | None = None
    status: int = -1
    take: Callable[[bytes], bool] = bool
    pending: bytes = b""
    ready: bool = False
    due: bool = False
    succeeded: bool = False
    deaths: list[float] = field(default_factory=list)
    restarts: int = 0
    last_exit: str = ""
    given_up: bool = False

    def to_process_state(self) -> ProcessState:
        """Return the state as people see it."""
        pid = self.process.pid if self.process is not None else None
        return ProcessState(self.child.name, self._state(), pid, self.restarts, self.last_exit, self.child.url)

    def _state(self) -> State:
        if self.given_up:
            return "stopped"
        if self.process is not None:
            return "running" if self.ready and not self.child.oneshot else "starting"
        if self.child.oneshot and self.last_exit:
            return "failed"
        if self.child.listener >= 0 and not self.last_exit:
            return "waiting"
        return "done" if self.succeeded else "starting"


@dataclass(frozen=True, slots=True)
class Renewal:
    """A process that takes the place of a child's running one as soon as it is ready.

    The old process gets the signal ``retire``, which asks it to end when its work is done; then ``then`` is called.
    """

    name: str
    start: Callable[[int], Started]
    retire: signal.Signals
    then: Callable[[], None]


class ChildFailedError(HomeportError):
    """A child can't be kept alive."""


def describe_exit(code: int) -> str:
    """Return a process's exit in words: ``exit status 3``, ``signal SIGKILL``."""
    if code >= 0:
        return f"exit status {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


class Supervisor:
    """Run the children in the order given and stop them in the same order; ``publish`` gets the state of each."""

    def __init__(
        self,
        children: Sequence[Child],
        say: Say,
        clock: Callable[[], float] = time.monotonic,
        publish: Callable[[Sequence[ProcessState]], None] = lambda _: None,
    ) -> None:
        self._states = [ChildState(child) for child in children]
        self._say = say
        self._clock = clock
        self._publish = publish
        self._selector = selectors.DefaultSelector()
        self._lifeline, self._hold = os.pipe()
        os.set_inheritable(self._lifeline, True)
        self._stopping = False
        self._wake = -1
        self._renewals: deque[Renewal] = deque()
        self._added: deque[Child] = deque()
        self._candidates: list[tuple[Renewal, ChildState]] = []
        self._retired: list[ChildProcess] = []

    def run_again(self, name: str) -> None:
        """Run a oneshot child once more. May be called from any thread."""
        for state in self._states:
            state.due = state.due or state.child.name == name
        os.write(self._wake, b"\0")

    def add(self, children: Sequence[Child]) -> None:
        """Start further children, which are stopped before the last one. May be called from any thread."""
        self._added.extend(children)
        os.write(self._wake, b"\0")

    def renew(self, renewal: Renewal) -> None:
        """Replace a child's process; the old one serves until the new one is ready. May be called from any thread."""
        self._renewals.append(renewal)
        os.write(self._wake, b"\0")

    def run(self, on_ready: Callable[[], None]) -> None:
        """Start everything, call ``on_ready`` once when all are ready, and return after SIGINT or SIGTERM.

        Raises ChildFailedError when a child dies again and again, or before it was ever ready.
        """
        wake = self._catch_signals()
        announced = False
        try:
            self._start_all(optional=False)
            while not self._stopping:
                self._publish([state.to_process_state() for state in self._states])
                self._wait(wake)
                if not announced and all(state.ready or state.child.optional for state in self._states):
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
        for state in self._states:
            if state.child.optional is not optional:
                continue
            if state.child.listener >= 0:
                self._selector.register(state.child.listener, selectors.EVENT_READ, state)
            else:
                self._start(state)

    def _start(self, state: ChildState) -> None:
        started = state.child.start(self._lifeline)
        state.process, state.status, state.take = started.process, started.status, started.take
        state.pending, state.ready = b"", False
        self._selector.register(state.status, selectors.EVENT_READ, state)

    def _wait(self, wake: int) -> None:
        for key, _ in self._selector.select(TICK):
            if key.fd == wake:
                os.read(wake, 512)
            elif key.fd == key.data.child.listener:
                self._selector.unregister(key.fd)
                self._start(key.data)
            else:
                self._read_status(key.data)
        for state in self._states:
            if state.process is not None and state.process.poll() is not None:
                self._on_exit(state)
        while self._added:
            state = ChildState(self._added.popleft())
            self._states.insert(len(self._states) - 1, state)
            self._start(state)
        for state in self._states:
            if state.due and state.process is None:
                state.due = False
                self._start(state)
        self._advance_renewals()

    def _advance_renewals(self) -> None:
        while self._renewals:
            renewal = self._renewals.popleft()
            candidate = ChildState(Child(renewal.name, renewal.start))
            self._start(candidate)
            self._candidates.append((renewal, candidate))
        for pair in list(self._candidates):
            renewal, candidate = pair
            assert candidate.process is not None
            code = candidate.process.poll()
            if candidate.ready or code is not None:
                self._candidates.remove(pair)
                self._finish_renewal(renewal, candidate, code)
        self._retired = [process for process in self._retired if process.poll() is None]

    def _finish_renewal(self, renewal: Renewal, candidate: ChildState, code: int | None) -> None:
        if code is not None:
            self._close_status(candidate)
            self._say(f"{renewal.name} did not start anew ({describe_exit(code)}); it stays as it was")
            return
        (state,) = (state for state in self._states if state.child.name == renewal.name)
        self._close_status(state)
        self._selector.modify(candidate.status, selectors.EVENT_READ, state)
        if state.process is not None:
            state.process.send_signal(renewal.retire)
            self._retired.append(state.process)
        state.child = replace(state.child, start=renewal.start)
        state.process, state.status, state.pending = candidate.process, candidate.status, candidate.pending
        state.ready, state.take = True, candidate.take
        renewal.then()

    def _read_status(self, state: ChildState) -> bool:
        """Read what the child writes to its status pipe. Return False at the end of the pipe."""
        received = os.read(state.status, 4096)
        if not received:
            self._close_status(state)
            return False
        *lines, state.pending = (state.pending + received).split(b"\n")
        for line in lines:
            state.ready = state.take(line) or state.ready
        return True

    def _close_status(self, state: ChildState) -> None:
        if state.status >= 0:
            self._selector.unregister(state.status)
            os.close(state.status)
            state.status = -1

    def _on_exit(self, state: ChildState) -> None:
        assert state.process is not None
        code = state.process.returncode
        self._drain_status(state)
        state.process = None
        done = state.child.oneshot and code == 0 and state.ready
        state.succeeded = state.succeeded or done
        if self._stopping or done:
            state.last_exit = ""
            return
        state.last_exit = describe_exit(code)
        if state.child.oneshot and state.succeeded:
            # A file may have been saved half-way: the child has said what is wrong, and the next change runs it again.
            self._say(f"{state.child.name} failed ({describe_exit(code)}); what it did before stays")
            return
        if not state.ready and not state.deaths and not state.child.optional:
            raise ChildFailedError(f"{state.child.name} did not start: {describe_exit(code)}")
        self._restart(state, code)

    def _drain_status(self, state: ChildState) -> None:
        # The exit of a child that writes and ends at once may be seen before its last line.
        if state.status >= 0:
            os.set_blocking(state.status, False)
            with contextlib.suppress(BlockingIOError):
                while self._read_status(state):
                    continue
            self._close_status(state)

    def _restart(self, state: ChildState, code: int) -> None:
        now = self._clock()
        state.deaths = [*(at for at in state.deaths if now - at < WINDOW), now]
        state.restarts += 1
        if len(state.deaths) >= DEATHS:
            message = f"{state.child.name} ended {DEATHS} times within {WINDOW:.0f} s: {describe_exit(code)}"
            if not state.child.optional:
                raise ChildFailedError(message)
            self._say(f"{message}; the rest goes on without it")
            state.given_up = True
            return
        self._say(f"{state.child.name} ended ({describe_exit(code)}); starting it again")
        self._start(state)
        for follower in self._states:
            if follower.child.follows == state.child.name:
                follower.due = True

    def _let_take(self, state: ChildState) -> None:
        """Have a child take what was sent to it: those that send come before it, and have ended."""
        if state.process is None and not state.given_up and _can_read(state.child.listener, 0.0):
            self._start(state)
        end = time.monotonic() + DRAINING
        while state.process is not None and not state.ready and (left := end - time.monotonic()) > 0:
            if _can_read(state.status, left) and not self._read_status(state):
                return

    def _stop(self) -> None:
        for state in [*self._states, *(candidate for _, candidate in self._candidates)]:
            if state.child.drains:
                self._let_take(state)
            if state.process is not None:
                end_process(state.process)
            self._close_status(state)
        for process in self._retired:
            end_process(process)
        os.close(self._hold)
        self._selector.close()


def _can_read(descriptor: int, timeout: float) -> bool:
    """Return whether there is a connection to accept, data or an end to read, within ``timeout`` seconds."""
    ready = select.poll()
    ready.register(descriptor, select.POLLIN)
    return bool(ready.poll(timeout * 1000))
