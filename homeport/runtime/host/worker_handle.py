"""A Python worker as the gateway holds it: requests go in, responses come out, as frames on a socket."""

from __future__ import annotations

import fcntl
import select
import socket
import termios
import time
from array import array
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from homeport.runtime.host.process_handle import (
    CHUNK,
    SAMPLE,
    TIMEVAL,
    DeadlinePassed,
    Exit,
    NeverStarted,
    ProcessHandle,
    WorkerEnded,
)
from homeport.runtime.worker.frames import Frame, FrameReader, pack


class WorkerHandle(ProcessHandle):
    """A worker. ``descriptors`` are its socket, the pipe with its output and its lifeline, which this object owns."""

    def __init__(self, pid: int, descriptors: tuple[int, int, int], memory: int) -> None:
        sock, output, lifeline = descriptors
        super().__init__(pid, output, lifeline, memory)
        self._sock = socket.socket(fileno=sock)
        self._sock.setblocking(True)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, TIMEVAL.pack(0, int(SAMPLE * 1e6)))
        self._reader = FrameReader()
        self._poll.register(self._sock, select.POLLIN)

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

    def has_answered(self) -> bool:
        """Return whether an answer waits in the socket."""
        size = array("i", [0])
        with suppress(OSError, ValueError):
            # The socket may be closed at this moment.
            fcntl.ioctl(self._sock, termios.FIONREAD, size)
        return size[0] > 0

    def set_exit(self, exit: Exit) -> None:
        """Note how the worker ended, by the parent's message. Wakes a thread that waits for it."""
        super().set_exit(exit)
        # A process that the handler forked may hold the worker's end of the socket open, but does not answer.
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the descriptors; an idle worker ends by itself then."""
        self._sock.close()
        super().close()

    def _is_connected(self) -> bool:
        """Return whether the worker still holds its end of the socket. Data while it is idle counts as a broken one."""
        own = self._sock.fileno()
        return not any(fd == own and events != select.POLLOUT for fd, events in self._poll.poll(0))

    def _next_piece(self, deadline: float) -> bytes:
        # Each system call hands the GIL to another thread: where there is time, read without polling first.
        if self._large_pipe and deadline - time.monotonic() > SAMPLE:
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
            ready = [fd for fd, _ in self._poll.poll(min(deadline - now, SAMPLE) * 1000)]
            if own in ready:
                return
            self._collect_and_measure()

    def _read_socket(self) -> bytes:
        try:
            data = self._sock.recv(CHUNK)
        except BlockingIOError:
            return b""
        except ConnectionResetError as exc:
            # On Linux a Unix socket is reset when its other end closes with data unread, and only then.
            raise NeverStarted from exc
        if not data:
            self._read_output()
            raise WorkerEnded
        return data
