"""A worker as the gateway holds it: requests go in, responses and output come out, and how it ended is known."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from homeport.runtime.host.resources import resident_memory
from homeport.runtime.worker.frames import Frame, FrameReader, pack

_CHUNK = 1 << 20
_TIMEVAL = struct.Struct("@ll")
# Reads that empty a pipe of any size: one gives 64 KB at least, a pipe holds 1 MB at most.
_READS = 16
# Seconds between two measurements of a busy worker's memory. Its peak is checked again with each response.
_SAMPLE = 0.05 if sys.platform == "linux" else 0.5
# A worker that answered less than so many seconds ago counts as alive.
_FRESH = 0.1
# The output of one invocation that is kept, in bytes.
_MAX_OUTPUT = 32 << 20
# Seconds to wait for the parent's message about a worker that has ended.
_EXIT_WAIT = 1.0


class WorkerEnded(Exception):
    """The worker has ended."""


class NeverStarted(WorkerEnded):
    """The worker ended before it had read the request: another one can take it."""


class DeadlinePassed(Exception):
    """The worker did not answer in time."""


class MemoryExceeded(Exception):
    """The worker holds more memory than it may."""


@dataclass(frozen=True, slots=True)
class Exit:
    """The end of a worker: its exit status, a signal's number negative, and its largest memory in bytes."""

    code: int
    peak: int


class WorkerHandle:
    """A worker. One thread at a time may use it; ``set_exit``, ``set_orphaned`` and ``kill`` are for any thread.

    ``descriptors`` are its socket, the pipe with its output and its lifeline, which this object owns. ``memory`` is its
    limit in bytes.
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
        self._output: list[tuple[float, bytes]] = []
        self._output_size = 0
        self._dropped = 0
        self._open = True
        self._exit: Exit | None = None
        self._exit_known = threading.Event()
        self._sampled = 0.0
        self._poll = select.poll()
        self._poll.register(self._sock, select.POLLIN)
        self._large_pipe = _enlarge(self._output_fd)
        if not self._large_pipe:
            self._poll.register(self._output_fd, select.POLLIN)
        self._responded_at = 0.0

    @property
    def alive(self) -> bool:
        """Return whether the worker still holds its end of the socket. Data while it is idle counts as a broken one."""
        if self._exit is not None or not self._open:
            return False
        # If it has ended since it answered, sending the next request notices it.
        if time.monotonic() - self._responded_at < _FRESH:
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
        """Wait for the worker's next frame. Its output up to then can be taken afterwards.

        Raises WorkerEnded, DeadlinePassed or MemoryExceeded.
        """
        self._sampled = time.monotonic()
        while (frame := self._reader.take()) is None:
            self._reader.feed(self._next_piece(deadline))
        self._responded_at = time.monotonic()
        return frame

    def take_output(self) -> list[tuple[float, bytes]]:
        """Return what the worker has written to stdout and stderr since the last call.

        Each part has the time at which it was read, on the monotonic clock: ``_SAMPLE`` after it was written at most.
        """
        self._read_output()
        output, self._output = self._output, []
        if self._dropped:
            output.append((time.monotonic(), b"\nhomeport: %d more bytes of output were not kept\n" % self._dropped))
        self._output_size = self._dropped = 0
        return output

    def set_exit(self, exit: Exit) -> None:
        """Note how the worker ended, by the parent's message. Wakes a thread that waits for it."""
        self._exit = exit
        self._exit_known.set()
        # A process that the handler forked may hold the worker's end of the socket open, but does not answer.
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def set_orphaned(self) -> None:
        """Note that the parent has ended: no message will say how the worker ends."""
        self._exit_known.set()

    def wait_exit(self) -> Exit | None:
        """Return how the worker ended; None if that is unknown (its parent ended before it)."""
        self._exit_known.wait(_EXIT_WAIT)
        return self._exit

    def kill(self) -> None:
        """Kill the worker and the processes that it started."""
        if self._exit is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Close the descriptors; an idle worker ends by itself then."""
        if self._open:
            self._open = False
            self._sock.close()
            os.close(self._output_fd)
            os.close(self._lifeline)

    def _next_piece(self, deadline: float) -> bytes:
        # Each system call hands the GIL to another thread: where there is time, read without polling first.
        if self._large_pipe and deadline - time.monotonic() > _SAMPLE:
            data = self._read_socket()
            if not data:
                self._collect_and_measure()
            return data
        self._wait(deadline, select.POLLIN)
        return self._read_socket()

    def _wait(self, deadline: float, events: int) -> None:
        """Wait until the socket is ready for ``events``; collect output and measure memory meanwhile."""
        self._poll.modify(self._sock, events)
        own = self._sock.fileno()
        while True:
            now = time.monotonic()
            if now >= deadline:
                raise DeadlinePassed
            ready = [fd for fd, _ in self._poll.poll(min(deadline - now, _SAMPLE) * 1000)]
            if own in ready:
                return
            self._collect_and_measure()

    def _collect_and_measure(self) -> None:
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
            raise WorkerEnded
        return data

    def _read_output(self) -> None:
        # A bounded number of times: a worker that prints without end must not keep its reader from the deadline.
        for _ in range(_READS if self._open else 0):
            try:
                data = os.read(self._output_fd, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                with suppress(KeyError):
                    self._poll.unregister(self._output_fd)
                return
            if kept := data[: max(0, _MAX_OUTPUT - self._output_size)]:
                self._output.append((time.monotonic(), kept))
                self._output_size += len(kept)
            self._dropped += len(data) - len(kept)
            if len(data) < _CHUNK:
                return


def _enlarge(pipe: int) -> bool:
    """Return whether a pipe could be enlarged to hold what a function prints within ``_SAMPLE``.

    Its output then need not wake the reader line by line.
    """
    if sys.platform != "linux":
        return False
    try:
        return fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _CHUNK) >= _CHUNK
    except OSError:
        # The system's limit for the pipes of a user is reached.
        return False
