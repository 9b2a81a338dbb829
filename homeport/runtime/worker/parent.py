"""The worker parent: one single-threaded process that has boto3 loaded and forks a worker whenever it is asked to.

The gateway connects to the parent's socket and sends the specs of workers. The parent answers each with the worker's
pid and the gateway's ends of three things: the worker's socket, the pipe with its output, and its lifeline. From then
on gateway and worker talk directly, and the parent only reports how the worker ended. For a runtime that is not
Python's, the forked process executes that runtime's program. The parent ends a gateway's
workers when that gateway's connection closes, and everything when the supervisor's lifeline closes. A parent that has
been replaced gets a signal to retire: it ends with its last worker.

A function may bring another boto3, or another version of what boto3 needs, in its package set. A module that is loaded
can't be unloaded for good, and to load boto3 in each worker takes 0.3 s: so the parent forks a branch for such a set, a
parent in its turn, whose gateway is the parent that forked it. The parent passes on what the gateway and the branch
send each other.
"""

from __future__ import annotations

import fcntl
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import termios
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from .code_folder import CodeFolder, has_any
from .frames import FrameReader, pack
from .module_finder import OVERLAY, PACKAGE
from .preload import forget, loaded_from, preload
from .process_setup import Descriptors, WorkerSpec, in_bytes
from .program import execute
from .sandbox import Sandbox, prepare
from .worker import run

# Seconds after which a gateway that does not read is dropped.
_SEND_TIMEOUT = 5.0
# A worker's socket, its output and its lifeline.
_HANDED_OVER = 3


@dataclass(eq=False)
class _Gateway:
    sock: socket.socket
    reader: FrameReader = field(default_factory=FrameReader)


@dataclass(eq=False)
class _Branch:
    """A branch: its process, its workers, and the starts that it has not answered, with the gateway's numbers."""

    pid: int
    sock: socket.socket
    reader: FrameReader = field(default_factory=FrameReader)
    waiting: dict[int, tuple[_Gateway, int]] = field(default_factory=dict)
    descriptors: deque[int] = field(default_factory=deque)
    workers: set[int] = field(default_factory=set)
    started: int = 0


class _BranchStart(NamedTuple):
    """The first moment of a branch, in the forked process: its package sets, and the socket to the parent."""

    sets: tuple[str, ...]
    sock: socket.socket


def main(project: str, packages: str, lifeline: int, status: int) -> None:
    """Load boto3 of the functions' package set, then run a project's parent with the setup that standard input has.

    ``lifeline`` and ``status`` are the supervisor's descriptors, -1 for none. The setup is a JSON object: ``socket``
    (the path to listen at), ``sets`` (further package sets of functions with code of their own, by name),
    ``scratch`` (an empty folder of its own) and ``namespaces`` (whether to have them where it can). Where there is no
    setup, the supervisor has ended or needs another parent, and this one ends.
    """
    sys.path.insert(0, packages)
    _leave_terminal()
    preload()
    setup = _read_setup()
    if setup is None:
        return
    parent = Parent({**setup, "project": project}, packages, lifeline)
    parent.open()
    parent.announce(status)
    outcome = parent.serve()
    while isinstance(outcome, _BranchStart):
        outcome = parent.serve_as_branch(outcome)
    if outcome is not None:
        (execute if outcome.function.get("program") else run)(outcome)


def _read_setup() -> Mapping[str, Any] | None:
    """Read standard input to its end, and leave it empty for what the parent starts. Return None if it had nothing."""
    with open(0, closefd=False) as stream:
        text = stream.read()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return json.loads(text) if text else None


def _leave_terminal() -> None:
    """Give up the terminal of the session: on Lambda there is none that a function could open."""
    with suppress(OSError):
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(terminal, termios.TIOCNOTTY)
        os.close(terminal)


class Parent:
    """The parent's state: its connections, and the gateway of each worker."""

    def __init__(self, setup: Mapping[str, Any], packages: str, lifeline: int) -> None:
        self._project = Path(setup["project"])
        self._scratch = Path(setup["scratch"])
        self._cache = self._scratch / "bytecode"
        self._cache.mkdir(parents=True, exist_ok=True)
        self._task = _make_task_folder(self._scratch / "task", self._project)
        self._sandbox = self._prepare_sandbox(packages) if setup["namespaces"] else None
        self._path = Path(setup["socket"])
        self._own_path = self._path.with_name(f"w.{os.getpid()}")
        self._lifeline = lifeline
        self._workers: dict[int, _Gateway] = {}
        self._gateways: set[_Gateway] = set()
        self._ending = False
        self._retired = False
        self._sets: Mapping[str, str] = setup["sets"]
        self._packages: tuple[str, ...] = (packages,)
        self._branches: dict[tuple[str, ...], _Branch] = {}
        self._is_branch = False
        self._preloaded: frozenset[str] = frozenset()
        # poll keeps its state in this process; that of epoll would be shared with every fork.
        self._selector = selectors.PollSelector()
        self._signals = self._catch_signals()
        self._listener = self._listen()
        self._watch(self._signals, self._on_signal)
        self._watch(self._listener.fileno(), self._on_connection)
        if self._lifeline >= 0:
            self._watch(self._lifeline, self._on_lifeline)

    def open(self) -> None:
        """Move the socket to the path at which gateways connect, in place of an earlier parent's."""
        self._own_path.replace(self._path)

    def announce(self, status: int) -> None:
        """Report to the supervisor that workers can be started."""
        if status >= 0:
            os.write(status, b"ready\n")
            os.close(status)

    def serve(self) -> WorkerSpec | _BranchStart | None:
        """Serve until the end. In a forked process this returns what that process is to be: a worker, or a branch."""
        self._preloaded = loaded_from(self._packages)
        while not self._ending:
            for key, _ in self._selector.select():
                outcome: WorkerSpec | _BranchStart | None = key.data()
                if outcome is not None:
                    return outcome
        self._end()
        return None

    def serve_as_branch(self, start: _BranchStart) -> WorkerSpec | _BranchStart | None:
        """Serve as ``serve`` does, with boto3 of the branch's package sets, the parent in a gateway's place."""
        gateway = _Gateway(start.sock)
        self._is_branch, self._gateways, self._workers, self._branches = True, {gateway}, {}, {}
        self._packages = (*start.sets, *self._packages)
        sys.path[:0] = start.sets
        forget(self._preloaded)
        # A set whose boto3 can't be loaded is a matter of the functions that import it.
        with suppress(Exception):
            preload()
        self._selector = selectors.PollSelector()
        self._signals = self._catch_signals()
        self._watch(self._signals, self._on_signal)
        self._watch(start.sock.fileno(), lambda: self._on_specs(gateway))
        return self.serve()

    def _watch(self, descriptor: int, react: Callable[[], WorkerSpec | _BranchStart | None]) -> None:
        self._selector.register(descriptor, selectors.EVENT_READ, react)

    def _prepare_sandbox(self, packages: str) -> Sandbox | None:
        read = [Path(packages), self._project / OVERLAY, Path(__file__).parent, Path(sys.base_prefix)]
        return prepare(self._scratch, self._task, self._project / PACKAGE, read, [self._cache])

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self._own_path))
        listener.listen(16)
        return listener

    def _catch_signals(self) -> int:
        read, write = os.pipe()
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, lambda *_: None)
        return read

    def _on_signal(self) -> None:
        numbers = os.read(self._signals, 512)
        if signal.SIGTERM in numbers:
            self._ending = True
        self._reap()
        self._retired = self._retired or signal.SIGUSR1 in numbers
        if self._retired and not self._workers:
            self._ending = True

    def _on_lifeline(self) -> None:
        self._ending = True

    def _on_connection(self) -> None:
        sock, _ = self._listener.accept()
        sock.settimeout(_SEND_TIMEOUT)
        gateway = _Gateway(sock)
        self._gateways.add(gateway)
        self._watch(sock.fileno(), lambda: self._on_specs(gateway))

    def _on_specs(self, gateway: _Gateway) -> WorkerSpec | _BranchStart | None:
        try:
            data = gateway.sock.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._drop(gateway)
            return None
        gateway.reader.feed(data)
        while (frame := gateway.reader.take()) is not None:
            outcome = self._start(gateway, frame[0])
            if outcome is not None:
                return outcome
        return None

    def _start(self, gateway: _Gateway, function: dict[str, Any]) -> WorkerSpec | _BranchStart | None:
        code = CodeFolder.of(function, self._sets)
        if code is not None and not self._is_branch and not function.get("program"):
            sets = tuple(str(folder) for folder in code.sets if has_any([folder], self._preloaded))
            if sets:
                return self._start_in_branch(sets, gateway, function)
        gateway_end, worker_end = socket.socketpair()
        output_read, output_write = os.pipe()
        lifeline_read, lifeline_write = os.pipe()
        hand_over = [gateway_end.detach(), output_read, lifeline_write]
        sock = worker_end.detach()
        try:
            pid = os.fork()
        except OSError as exc:
            self._send(gateway, {"id": function["id"], "failed": exc.strerror})
        else:
            if pid == 0:
                descriptors = Descriptors(sock, output_write, lifeline_read)
                folders = (self._project, self._task, self._cache)
                spec = WorkerSpec(function, descriptors, *folders, self._sandbox, code, self._preloaded)
                self._leave(hand_over)
                return spec
            with suppress(OSError):
                os.setpgid(pid, pid)
            self._workers[pid] = gateway
            self._send(gateway, {"id": function["id"], "pid": pid}, hand_over)
        for descriptor in (*hand_over, sock, output_write, lifeline_read):
            os.close(descriptor)
        return None

    def _leave(self, gateway_ends: Sequence[int]) -> None:
        """Give a forked process a process group of its own, and close its copies of the parent's sockets."""
        # Objects left to the garbage collector would close their descriptors when those numbers are in use again.
        os.setpgid(0, 0)
        for descriptor in gateway_ends:
            os.close(descriptor)
        for sock in [each.sock for each in self._gateways] + [each.sock for each in self._branches.values()]:
            sock.detach()
        self._listener.detach()

    def _start_in_branch(
        self, sets: tuple[str, ...], gateway: _Gateway, function: dict[str, Any]
    ) -> _BranchStart | None:
        """Have the branch for some package sets start a worker. In a newly forked branch this returns its start."""
        branch = self._branches.get(sets)
        if branch is None:
            own_end, branch_end = socket.socketpair()
            try:
                pid = os.fork()
            except OSError as exc:
                self._send(gateway, {"id": function["id"], "failed": exc.strerror})
                return None
            if pid == 0:
                return self._become_branch(sets, own_end, branch_end)
            branch_end.close()
            own_end.settimeout(_SEND_TIMEOUT)
            with suppress(OSError):
                os.setpgid(pid, pid)
            branch = self._branches[sets] = _Branch(pid, own_end)
            new = branch
            self._watch(own_end.fileno(), lambda: self._on_branch(new))
        branch.started += 1
        branch.waiting[branch.started] = (gateway, function["id"])
        try:
            branch.sock.sendall(pack({**function, "id": branch.started}))
        except OSError:
            self._drop_branch(branch)
        return None

    def _become_branch(self, sets: tuple[str, ...], own_end: socket.socket, branch_end: socket.socket) -> _BranchStart:
        signal.set_wakeup_fd(-1)
        descriptors = [gateway.sock.fileno() for gateway in self._gateways]
        descriptors += [branch.sock.fileno() for branch in self._branches.values()]
        descriptors += [self._signals, self._listener.fileno(), self._lifeline]
        self._leave([own_end.detach(), *(descriptor for descriptor in descriptors if descriptor >= 0)])
        branch_end.settimeout(_SEND_TIMEOUT)
        return _BranchStart(sets, branch_end)

    def _on_branch(self, branch: _Branch) -> None:
        """Pass on what a branch sends: a new worker's ends of its connections, or how a worker ended."""
        try:
            data, descriptors, _, _ = socket.recv_fds(branch.sock, 65536, _HANDED_OVER)
        except OSError:
            data, descriptors = b"", []
        if not data:
            self._drop_branch(branch)
            return
        branch.descriptors += descriptors
        branch.reader.feed(data)
        while (frame := branch.reader.take()) is not None:
            self._pass_on(branch, frame[0])

    def _pass_on(self, branch: _Branch, message: dict[str, Any]) -> None:
        if "exited" in message:
            branch.workers.discard(message["exited"])
            self._report(message)
            self._ending = self._ending or (self._retired and not self._workers)
            return
        gateway, number = branch.waiting.pop(message["id"])
        ends = [branch.descriptors.popleft() for _ in range(_HANDED_OVER)] if "pid" in message else []
        if "pid" in message:
            self._workers[message["pid"]] = gateway
            branch.workers.add(message["pid"])
            if gateway not in self._gateways:
                _kill_group(message["pid"])
        self._send(gateway, {**message, "id": number}, ends)
        for descriptor in ends:
            os.close(descriptor)

    def _drop_branch(self, branch: _Branch) -> None:
        """Forget a branch that has ended: its workers end as it does, and the next start makes another one."""
        self._branches = {sets: each for sets, each in self._branches.items() if each is not branch}
        if branch.sock.fileno() >= 0:
            self._selector.unregister(branch.sock)
            branch.sock.close()
        for gateway, number in branch.waiting.values():
            self._send(gateway, {"id": number, "failed": "its packages could not be loaded"})
        for pid in branch.workers:
            _kill_group(pid)
            self._report({"exited": pid, "code": -signal.SIGKILL, "peak": 0})

    def _report(self, ended: Mapping[str, Any]) -> None:
        """Tell the gateway of a worker how it ended."""
        gateway = self._workers.pop(ended["exited"], None)
        if gateway is not None:
            self._send(gateway, ended)

    def _send(self, gateway: _Gateway, header: Mapping[str, Any], descriptors: list[int] | None = None) -> None:
        if gateway not in self._gateways:
            return
        try:
            socket.send_fds(gateway.sock, [pack(header)], descriptors or [])
        except OSError:
            self._drop(gateway)

    def _drop(self, gateway: _Gateway) -> None:
        self._ending = self._ending or self._is_branch
        if gateway in self._gateways:
            self._gateways.discard(gateway)
            self._selector.unregister(gateway.sock)
            gateway.sock.close()
        for pid in [pid for pid, owner in self._workers.items() if owner is gateway]:
            _kill_group(pid)

    def _reap(self) -> None:
        while self._workers or self._branches:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            _kill_group(pid)
            code = os.waitstatus_to_exitcode(status)
            self._report({"exited": pid, "code": code, "peak": in_bytes(usage.ru_maxrss)})

    def _end(self) -> None:
        for pid in self._workers:
            _kill_group(pid)
        for pid in self._workers:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)
        if not (self._retired or self._is_branch):
            self._path.unlink(missing_ok=True)
            shutil.rmtree(self._scratch, ignore_errors=True)


def _make_task_folder(folder: Path, project: Path) -> Path:
    """Make and return a folder with the content of the bundle: the package ``service``, as a link."""
    folder.mkdir(exist_ok=True)
    link = folder / PACKAGE
    if not link.is_symlink():
        link.symlink_to(project / PACKAGE, target_is_directory=True)
    return folder


def _kill_group(leader: int) -> None:
    """Kill a worker and the processes that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
