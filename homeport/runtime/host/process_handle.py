"""A process of the worker parent as the gateway holds it: its output, its memory, and how it ended."""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import signal
import struct
import sys
import termios
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from homeport.runtime.api import Sink
from homeport.runtime.host.resources import resident_memory
from homeport.runtime.worker.frames import Frame

CHUNK = 1 << 20
TIMEVAL = struct.Struct("@ll")
# Reads that empty a pipe of any size: one gives 64 KB at least, a pipe holds 1 MB at most.
_READS = 16
# Seconds between two measurements of a busy process's memory. Its peak is checked again with each response.
SAMPLE = 0.05 if sys.platform == "linux" else 0.5
# A process that answered less than these seconds ago counts as alive.
_FRESH = 0.1
# The output of one invocation that is kept, in bytes.
_MAX_OUTPUT = 32 << 20
# Seconds to wait for the parent's message about a process that has ended.
_EXIT_WAIT = 1.0


# A call through PyDLL keeps the GIL: it takes a microsecond, and giving the GIL away takes longer.
_libc = ctypes.PyDLL(None)


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


class ProcessHandle(ABC):
    """A process. One thread at a time may use it; ``set_exit``, ``set_orphaned`` and ``kill`` are for any thread.

    ``output`` is the pipe with its output, ``lifeline`` the pipe whose end it holds; this object owns both. ``memory``
    is its limit in bytes.
    """

    def __init__(self, pid: int, output: int, lifeline: int, memory: int) -> None:
        self.pid = pid
        self.sink: Sink | None = None
        """Where parts of a streamed response go; None: a response is taken whole."""
        self._output_fd, self._lifeline = output, lifeline
        os.set_blocking(self._output_fd, False)
        self._memory = memory
        self._output: list[tuple[float, bytes]] = []
        self._output_size = 0
        self._dropped = 0
        self._open = True
        self._exit: Exit | None = None
        self._exit_known = threading.Event()
        self._sampled = 0.0
        self._poll = select.poll()
        self._large_pipe = _enlarge(self._output_fd)
        if not self._large_pipe:
            self._poll.register(self._output_fd, select.POLLIN)
        self._responded_at = 0.0

    @property
    def alive(self) -> bool:
        """Return whether the process is there to take a request."""
        if self._exit is not None or not self._open:
            return False
        # If it has ended since it answered, sending the next request notices it.
        return time.monotonic() - self._responded_at < _FRESH or self._is_connected()

    @abstractmethod
    def send(self, header: Mapping[str, Any], body: bytes, deadline: float) -> None:
        """Send a request. ``deadline`` is on the monotonic clock. Raises NeverStarted or DeadlinePassed."""

    @abstractmethod
    def receive(self, deadline: float) -> Frame:
        """Wait for the next answer. The output up to then can be taken afterwards.

        Raises WorkerEnded, DeadlinePassed or MemoryExceeded.
        """

    @abstractmethod
    def _is_connected(self) -> bool:
        """Return whether the process holds its end of the connection."""

    def has_answered(self) -> bool:
        """Return whether an answer has come that nobody has read, as far as that is known. For any thread."""
        return False

    def take_output(self) -> list[tuple[float, bytes]]:
        """Return what the process has written to stdout and stderr since the last call.

        Each part has the time at which it was read, on the monotonic clock: ``SAMPLE`` after it was written at most.
        """
        if self._has_output():
            self._read_output()
        output, self._output = self._output, []
        if self._dropped:
            output.append((time.monotonic(), b"\nhomeport: %d more bytes of output were not kept\n" % self._dropped))
        self._output_size = self._dropped = 0
        return output

    def set_exit(self, exit: Exit) -> None:
        """Note how the process ended, by the parent's message."""
        self._exit = exit
        self._exit_known.set()

    def set_orphaned(self) -> None:
        """Note that the parent has ended: no message will say how the process ends."""
        self._exit_known.set()

    def wait_exit(self) -> Exit | None:
        """Return how the process ended; None if that is unknown (its parent ended before it)."""
        self._exit_known.wait(_EXIT_WAIT)
        return self._exit

    def kill(self) -> None:
        """Kill the process and those that it started."""
        if self._exit is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Close the descriptors; an idle process ends by itself then."""
        if self._open:
            self._open = False
            os.close(self._output_fd)
            os.close(self._lifeline)

    def _measure_memory(self) -> int:
        """Return the memory that counts for the limit, in bytes."""
        return resident_memory(self.pid)

    def _collect_and_measure(self) -> None:
        self._read_output()
        now = time.monotonic()
        if now - self._sampled >= SAMPLE:
            self._sampled = now
            if self._measure_memory() > self._memory:
                raise MemoryExceeded

    def _has_output(self) -> bool:
        """Return whether something waits in the pipe, or may."""
        size = ctypes.c_int(1)
        if self._open:
            _libc.ioctl(self._output_fd, termios.FIONREAD, ctypes.byref(size))
        return size.value > 0

    def _read_output(self) -> None:
        # A bounded number of times: a worker that prints without end must not keep its reader from the deadline.
        for _ in range(_READS if self._open else 0):
            try:
                data = os.read(self._output_fd, CHUNK)
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
            if len(data) < CHUNK:
                return


def _enlarge(pipe: int) -> bool:
    """Return whether a pipe could be enlarged to hold what a function prints within ``SAMPLE``.

    Its output then need not wake the reader line by line.
    """
    if sys.platform != "linux":
        return False
    try:
        return fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, CHUNK) >= CHUNK
    except OSError:
        # The system's limit for the pipes of a user is reached.
        return False
