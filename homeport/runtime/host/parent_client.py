"""The gateway's connection to the worker parent: it starts workers, reports how they end, and reconnects."""

from __future__ import annotations

import os
import queue
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from homeport.runtime.api import Unavailable
from homeport.runtime.host.process_handle import Exit, ProcessHandle
from homeport.runtime.host.worker_handle import WorkerHandle
from homeport.runtime.worker.frames import FrameReader, pack

_RETRY = 0.02
# A parent that runs answers, however late on a busy machine; one that ends closes the connection.
_ANSWER = 30.0
_DESCRIPTORS = 3


# A worker, the reason why there is none, or None: the parent ended before it answered.
_Answer = ProcessHandle | str | None
MakeHandle = Callable[[int, tuple[int, int, int], int], ProcessHandle]
"""Makes the handle of a process: its pid, its socket, output and lifeline, and its memory in bytes."""


class _Connection:
    """A connection to the parent. ``inode`` is that of the socket file by which it was made."""

    def __init__(self, sock: socket.socket, inode: int) -> None:
        self.sock = sock
        self.inode = inode
        self._lock = threading.Lock()
        self._reader = FrameReader()
        self._descriptors: deque[int] = deque()
        self._waiting: dict[int, tuple[int, MakeHandle, queue.SimpleQueue[_Answer]]] = {}
        self._workers: dict[int, ProcessHandle] = {}
        self._next_id = 0
        self.ended = False

    def start(self, spec: Mapping[str, Any], memory: int, make: MakeHandle, timeout: float) -> _Answer:
        """Ask for a worker and wait for the answer."""
        answer: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        with self._lock:
            if self.ended:
                return None
            self._next_id += 1
            number = self._next_id
            self._waiting[number] = (memory, make, answer)
            try:
                self.sock.sendall(pack({**spec, "id": number}))
            except OSError:
                return None
        try:
            return answer.get(timeout=timeout)
        except queue.Empty:
            return "the worker parent does not answer"

    def read(self) -> None:
        """Read until the parent hangs up."""
        with suppress(OSError):
            while True:
                data, descriptors, _, _ = socket.recv_fds(self.sock, 65536, _DESCRIPTORS)
                if not data:
                    break
                self._descriptors += descriptors
                self._reader.feed(data)
                while (frame := self._reader.take()) is not None:
                    self._take(frame[0])
        self._end()

    def _take(self, message: Mapping[str, Any]) -> None:
        if "exited" in message:
            with self._lock:
                worker = self._workers.pop(message["exited"], None)
            if worker is not None:
                worker.set_exit(Exit(message["code"], message["peak"]))
            return
        with self._lock:
            memory, make, answer = self._waiting.pop(message["id"])
        if "failed" in message:
            answer.put(message["failed"])
            return
        sock, output, lifeline = (self._descriptors.popleft() for _ in range(_DESCRIPTORS))
        worker = make(message["pid"], (sock, output, lifeline), memory)
        with self._lock:
            self._workers[worker.pid] = worker
        answer.put(worker)

    def _end(self) -> None:
        with self._lock:
            self.ended = True
            waiting = [answer for _, _, answer in self._waiting.values()]
            self._waiting.clear()
            workers = list(self._workers.values())
        for worker in workers:
            worker.set_orphaned()
        for answer in waiting:
            answer.put(None)
        for descriptor in self._descriptors:
            os.close(descriptor)
        self.sock.close()


class ParentClient:
    """Starts workers. Safe for any number of threads.

    ``socket_path`` is where the parent listens; ``timeout`` is how many seconds a start waits for a
    parent that is not there.
    """

    def __init__(self, socket_path: Path, timeout: float) -> None:
        self._path = socket_path
        self._timeout = timeout
        self._lock = threading.Lock()
        self._connection: _Connection | None = None
        self._readers: list[tuple[threading.Thread, _Connection]] = []
        self._closed = threading.Event()

    def start(self, spec: Mapping[str, Any], memory: int, make: MakeHandle = WorkerHandle) -> ProcessHandle:
        """Return a new worker. ``spec``: ``FunctionConfig.to_worker_spec``. ``memory`` is its limit in bytes.

        Raises Unavailable when there is no parent, or it can't fork.
        """
        deadline = time.monotonic() + self._timeout
        while not self._closed.is_set():
            connection = self._connect()
            answer = connection.start(spec, memory, make, _ANSWER) if connection is not None else None
            if isinstance(answer, ProcessHandle):
                return answer
            if answer is not None:
                raise Unavailable(f"no worker can be started: {answer}")
            if time.monotonic() >= deadline:
                break
            self._closed.wait(_RETRY)
        raise Unavailable("the worker parent is not there")

    def follow(self) -> None:
        """Start the next workers with the parent that listens now, if that is another one than before."""
        if self.is_replaced():
            self._connection = None

    def is_replaced(self) -> bool:
        """Return whether another parent listens now."""
        connection = self._connection
        return connection is not None and connection.inode != _inode(self._path)

    def close(self) -> None:
        """Close the connections; the parent ends this gateway's workers."""
        self._closed.set()
        with self._lock:
            for thread, connection in self._readers:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)
                thread.join()

    def _connect(self) -> _Connection | None:
        """Return the connection, a new one if the last one has ended; None without a parent."""
        with self._lock:
            if self._closed.is_set() or (self._connection is not None and not self._connection.ended):
                return self._connection
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            # Read before connecting: a parent that replaces the file in between is then noticed by ``follow``.
            inode = _inode(self._path)
            try:
                sock.connect(str(self._path))
            except OSError:
                sock.close()
                return None
            self._connection = connection = _Connection(sock, inode)
            reader = threading.Thread(target=connection.read, name="worker-parent", daemon=True)
            reader.start()
            self._readers = [(thread, each) for thread, each in self._readers if thread.is_alive()]
            self._readers.append((reader, connection))
            return connection


def _inode(file: Path) -> int:
    """Return the inode of a file, 0 where there is none."""
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return 0
