"""The memory that a process holds, as the system tells it.

A worker as the gateway holds it: where requests go in, answers and output come out, and how it ended.
"""

from __future__ import annotations

import fcntl
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from homeport.runtime.worker.frames import Frame, FrameReader, pack


def resident_memory(pid: int) -> int:
    """The memory that a process holds now, in bytes; 0 once it is gone."""
    return _from_proc(pid) if sys.platform == "linux" else resident_memory_by_ps(pid)


def _from_proc(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * resource.getpagesize()
    except (FileNotFoundError, ProcessLookupError):
        return 0


def resident_memory_by_ps(pid: int) -> int:
    """The same where there is no /proc."""
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return int(done.stdout.strip() or 0) * 1024


_CHUNK = 1 << 20
_TIMEVAL = struct.Struct("@ll")
# Reads that empty a pipe of any size: one gives 64 KB at least, a pipe holds 1 MB at most.
_READS = 16
# How often a busy worker's memory is looked at, in seconds. Its peak is checked again with each answer.
_SAMPLE = 0.05 if sys.platform == "linux" else 0.5
# A worker that answered so many seconds ago need not be asked whether it is there.
_FRESH = 0.1
# Output that one invocation can have kept.
_MAX_OUTPUT = 32 << 20
# The parent tells how a worker ended right after it did.
_EXIT_WAIT = 1.0


class ProcessEnded(Exception):
    """The worker is gone."""


class NeverStarted(ProcessEnded):
    """The worker ended before it had read the request: it can be given to another one."""


class DeadlinePassed(Exception):
    """The worker did not answer in time."""


class MemoryExceeded(Exception):
    """The worker holds more memory than it may."""


@dataclass(frozen=True, slots=True)
class Exit:
    """``code`` is the exit status, a signal's number negative; ``peak`` the most memory it ever held, in bytes."""

    code: int
    peak: int


class WorkerHandle:
    """One worker. Only one thread at a time may use it; ``exited`` and ``kill`` are for any.

    ``memory`` is its limit in bytes. The descriptors are owned by this object.
    """

    def __init__(self, pid: int, descriptors: tuple[int, int, int], memory: int) -> None:
        sock, self._output_fd, self._lifeline = descriptors
        self.pid = pid
        self._sock = socket.socket(fileno=sock)
        self._sock.setblocking(True)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TIMEVAL.pack(0, int(_SAMPLE * 1e6)))
        os.set_blocking(self._output_fd, False)
        self._memory = memory
        self._reader = FrameReader()
        self._output = bytearray()
        self._dropped = 0
        self._open = True
        self._exit: Exit | None = None
        self._exit_known = threading.Event()
        self._sampled = 0.0
        self._poll = select.poll()
        self._poll.register(self._sock, select.POLLIN)
        self._roomy = _enlarged(self._output_fd)
        if not self._roomy:
            self._poll.register(self._output_fd, select.POLLIN)
        self._answered = 0.0

    @property
    def alive(self) -> bool:
        """Whether the worker still holds its end of the socket. Data while it is idle counts as a broken one."""
        if self._exit is not None or not self._open:
            return False
        # One that has ended since it answered is noticed when it is sent the next request.
        if time.monotonic() - self._answered < _FRESH:
            return True
        own = self._sock.fileno()
        return not any(fd == own and events != select.POLLOUT for fd, events in self._poll.poll(0))

    def send(self, header: Mapping[str, Any], body: bytes, deadline: float) -> None:
        """Send a frame. ``deadline`` is on the monotonic clock. Raises NeverStarted or DeadlinePassed."""
        rest = memoryview(pack(header, body))
        while rest:
            try:
                rest = rest[self._sock.send(rest, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                self._wait(deadline, select.POLLIN | select.POLLOUT)
            except (BrokenPipeError, ConnectionResetError) as exc:
                raise NeverStarted from exc

    def receive(self, deadline: float) -> Frame:
        """Wait for the worker's next frame. What it printed until then can be taken.

        Raises ProcessEnded, DeadlinePassed or MemoryExceeded.
        """
        self._sampled = time.monotonic()
        while (frame := self._reader.take()) is None:
            self._reader.feed(self._next_piece(deadline))
        self._answered = time.monotonic()
        return frame

    def take_output(self) -> bytes:
        """What the worker has written to stdout and stderr since the last call."""
        self._read_output()
        output = bytes(self._output)
        if self._dropped:
            output += b"\nhomeport: %d more bytes of output were not kept\n" % self._dropped
        self._output.clear()
        self._dropped = 0
        return output

    def exited(self, how: Exit) -> None:
        """The parent saw the worker end. Wakes a thread that waits for it."""
        self._exit = how
        self._exit_known.set()
        # A process that the handler forked may hold the worker's end open; it can't answer for it.
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def orphaned(self) -> None:
        """The parent is gone; nobody will tell how the worker ends."""
        self._exit_known.set()

    def wait_exit(self) -> Exit | None:
        """How the worker ended; None if nobody can tell (its parent ended before it)."""
        self._exit_known.wait(_EXIT_WAIT)
        return self._exit

    def kill(self) -> None:
        """End the worker, and what it started, at once."""
        if self._exit is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Hang up; an idle worker ends by itself then."""
        if self._open:
            self._open = False
            self._sock.close()
            os.close(self._output_fd)
            os.close(self._lifeline)

    def _next_piece(self, deadline: float) -> bytes:
        # Each system call hands the interpreter to another thread: where there is time, read without asking first.
        if self._roomy and deadline - time.monotonic() > _SAMPLE:
            data = self._read_socket()
            if not data:
                self._look_after()
            return data
        self._wait(deadline, select.POLLIN)
        return self._read_socket()

    def _wait(self, deadline: float, events: int) -> None:
        """Until the socket is ready for ``events``; collects output and looks after memory meanwhile."""
        self._poll.modify(self._sock, events)
        own = self._sock.fileno()
        while True:
            now = time.monotonic()
            if now >= deadline:
                raise DeadlinePassed
            ready = [fd for fd, _ in self._poll.poll(min(deadline - now, _SAMPLE) * 1000)]
            if own in ready:
                return
            self._look_after()

    def _look_after(self) -> None:
        self._read_output()
        now = time.monotonic()
        if now - self._sampled >= _SAMPLE:
            self._sampled = now
            if resident_memory(self.pid) > self._memory:
                raise MemoryExceeded

    def _read_socket(self) -> bytes:
        try:
            data = self._sock.recv(_CHUNK)
        except BlockingIOError:
            return b""
        except ConnectionResetError as exc:
            # On Linux a Unix socket is reset when its other end closes with data unread, and only then.
            raise NeverStarted from exc
        if not data:
            self._read_output()
            raise ProcessEnded
        return data

    def _read_output(self) -> None:
        # A bounded number of times: a worker that never stops printing must not keep its reader from the clock.
        for _ in range(_READS if self._open else 0):
            try:
                data = os.read(self._output_fd, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                with suppress(KeyError):
                    self._poll.unregister(self._output_fd)
                return
            kept = data[: max(0, _MAX_OUTPUT - len(self._output))]
            self._output += kept
            self._dropped += len(data) - len(kept)
            if len(data) < _CHUNK:
                return


def _enlarged(pipe: int) -> bool:
    """Whether a pipe now holds what a function can print between two looks at it, so that no line wakes its reader."""
    if sys.platform != "linux":
        return False
    try:
        return fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _CHUNK) >= _CHUNK
    except OSError:
        # The system's limit for all of a user's pipes is reached.
        return False
