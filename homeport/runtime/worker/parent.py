"""The worker parent: one single-threaded process that has boto3 loaded and forks a worker whenever it is asked to.

The gateway connects to the parent's socket and sends the specs of workers. The parent answers each with the worker's
pid and the gateway's ends of three things: the worker's socket, the pipe with its output, and its lifeline. From then
on gateway and worker talk directly, and the parent only reports how the worker ended. The parent ends a gateway's
workers when that gateway's connection closes, and everything when the supervisor's lifeline closes. A parent that has
been replaced gets a signal to retire: it ends with its last worker.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .frames import FrameReader, pack
from .module_finder import OVERLAY, PACKAGE
from .preload import preload
from .process_setup import Descriptors, WorkerSpec, in_bytes
from .sandbox import Sandbox, prepare
from .worker import run

# Seconds after which a gateway that does not read is dropped.
_SEND_TIMEOUT = 5.0


@dataclass(eq=False)
class _Gateway:
    sock: socket.socket
    reader: FrameReader = field(default_factory=FrameReader)


def main(setup: Mapping[str, Any]) -> None:
    """Run the parent.

    ``setup``: ``socket`` (the path to listen at), ``packages`` (the functions' package set), ``project``, ``scratch``
    (an empty folder of its own), ``namespaces`` (whether to have them where it can), ``lifeline`` and ``status`` (the
    supervisor's descriptors, -1 for none).
    """
    sys.path.insert(0, setup["packages"])
    parent = Parent(setup)
    preload()
    parent.open()
    parent.announce(setup["status"])
    spec = parent.serve()
    if spec is not None:
        run(spec)


class Parent:
    """The parent's state: its connections, and the gateway of each worker."""

    def __init__(self, setup: Mapping[str, Any]) -> None:
        self._project = Path(setup["project"])
        self._scratch = Path(setup["scratch"])
        self._cache = self._scratch / "bytecode"
        self._cache.mkdir(parents=True, exist_ok=True)
        self._task = _make_task_folder(self._scratch / "task", self._project)
        self._sandbox = self._prepare_sandbox(setup) if setup["namespaces"] else None
        self._path = Path(setup["socket"])
        self._own_path = self._path.with_name(f"w.{os.getpid()}")
        self._lifeline: int = setup["lifeline"]
        self._workers: dict[int, _Gateway] = {}
        self._gateways: set[_Gateway] = set()
        self._ending = False
        self._retired = False
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

    def serve(self) -> WorkerSpec | None:
        """Serve until the end. In a forked worker this returns the worker's spec."""
        while not self._ending:
            for key, _ in self._selector.select():
                spec: WorkerSpec | None = key.data()
                if spec is not None:
                    return spec
        self._end()
        return None

    def _watch(self, descriptor: int, react: Callable[[], WorkerSpec | None]) -> None:
        self._selector.register(descriptor, selectors.EVENT_READ, react)

    def _prepare_sandbox(self, setup: Mapping[str, Any]) -> Sandbox | None:
        read = [Path(setup["packages"]), self._project / OVERLAY, Path(__file__).parent, Path(sys.base_prefix)]
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

    def _on_specs(self, gateway: _Gateway) -> WorkerSpec | None:
        try:
            data = gateway.sock.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._drop(gateway)
            return None
        gateway.reader.feed(data)
        while (frame := gateway.reader.take()) is not None:
            spec = self._start(gateway, frame[0])
            if spec is not None:
                return spec
        return None

    def _start(self, gateway: _Gateway, function: dict[str, Any]) -> WorkerSpec | None:
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
                spec = WorkerSpec(function, descriptors, self._project, self._task, self._cache, self._sandbox)
                return self._become(spec, hand_over)
            with suppress(OSError):
                os.setpgid(pid, pid)
            self._workers[pid] = gateway
            self._send(gateway, {"id": function["id"], "pid": pid}, hand_over)
        for descriptor in (*hand_over, sock, output_write, lifeline_read):
            os.close(descriptor)
        return None

    def _become(self, spec: WorkerSpec, gateway_ends: list[int]) -> WorkerSpec:
        # Objects left to the garbage collector would close their descriptors when those numbers are in use again.
        os.setpgid(0, 0)
        for descriptor in gateway_ends:
            os.close(descriptor)
        for gateway in self._gateways:
            gateway.sock.detach()
        self._listener.detach()
        return spec

    def _send(self, gateway: _Gateway, header: Mapping[str, Any], descriptors: list[int] | None = None) -> None:
        if gateway not in self._gateways:
            return
        try:
            socket.send_fds(gateway.sock, [pack(header)], descriptors or [])
        except OSError:
            self._drop(gateway)

    def _drop(self, gateway: _Gateway) -> None:
        if gateway in self._gateways:
            self._gateways.discard(gateway)
            self._selector.unregister(gateway.sock)
            gateway.sock.close()
        for pid in [pid for pid, owner in self._workers.items() if owner is gateway]:
            _kill_group(pid)

    def _reap(self) -> None:
        while self._workers:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            _kill_group(pid)
            gateway = self._workers.pop(pid, None)
            if gateway is not None:
                code = os.waitstatus_to_exitcode(status)
                self._send(gateway, {"exited": pid, "code": code, "peak": in_bytes(usage.ru_maxrss)})

    def _end(self) -> None:
        for pid in self._workers:
            _kill_group(pid)
        for pid in self._workers:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)
        if not self._retired:
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
