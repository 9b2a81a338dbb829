"""A program as the gateway holds it: it asks for events and posts responses over Lambda's Runtime API.

No thread waits for its requests: the thread that invokes the function reads them. Between invocations the program's
request for the next event waits in the kernel.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from homeport.runtime.host.process_handle import (
    SAMPLE,
    TIMEVAL,
    DeadlinePassed,
    Exit,
    NeverStarted,
    ProcessHandle,
    WorkerEnded,
)
from homeport.runtime.host.resources import group_memory, peak_resident
from homeport.runtime.host.runtime_api import RuntimeApi, RuntimeState
from homeport.runtime.host.runtime_http import CONTINUE, MalformedRequest, RequestReader, pack_reply
from homeport.runtime.worker.frames import Frame, FrameReader

_READ = 1 << 17
_BACKLOG = 16


def listen_on_loopback() -> socket.socket:
    """Return the listening socket of one environment's Runtime API, at a free port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
    listener.setblocking(False)
    return listener


class _ClientConnection:
    """A connection of the program.

    ``waits`` says that it has asked for the next event, ``held`` is a reply that goes out with that event: to a client
    that has asked before it had the reply. ``alone`` says that events and responses have gone over this one connection.
    """

    def __init__(self, sock: socket.socket, limit: int) -> None:
        self.sock = sock
        self.reader = RequestReader(limit)
        self.waits = self.alone = False
        self.held = b""


class ProgramHandle(ProcessHandle):
    """A program that was started by the worker parent.

    ``descriptors`` are a socket that closes when the program is executed, the pipe with its output, and its lifeline;
    ``listener`` is that of its Runtime API for the function ``arn``. This object owns them. ``limit`` is the size of
    the largest result.
    """

    def __init__(
        self,
        listener: socket.socket,
        arn: str,
        limit: int,
        pid: int,
        descriptors: tuple[int, int, int],
        memory: int,
    ) -> None:
        start, output, lifeline = descriptors
        super().__init__(pid, output, lifeline, memory)
        self._api = RuntimeApi(arn, limit)
        self._limit = limit
        self._listener = listener
        self._start: socket.socket | None = socket.socket(fileno=start)
        self._start.setblocking(False)
        self._start_reader = FrameReader()
        self._start_result: Frame | None = None
        self._connections: dict[int, _ClientConnection] = {}
        # The connection that got the last event.
        self._given: _ClientConnection | None = None
        self._peak = 0
        self._peak_read = 0.0
        # Until when the last invocation may run: a runtime that has not asked for another event by then has failed it.
        self._deadline = 0.0
        self._lifeline_watched = True
        self._poll.register(listener, select.POLLIN)
        self._poll.register(self._start, select.POLLIN)
        # Its other end is the program's: it closes, an error here, when the program has ended.
        self._poll.register(lifeline, 0)

    def send(self, header: Mapping[str, Any], body: bytes, deadline: float) -> None:
        """Send an event to the runtime once it asks for one. Raises NeverStarted or DeadlinePassed."""
        self._sampled = time.monotonic()
        try:
            connection = self._await_next(min(deadline, self._deadline or deadline))
        except (WorkerEnded, DeadlinePassed) as exc:
            raise NeverStarted from exc
        self._deadline, self._api.streams = deadline, self.sink is not None
        connection.waits, self._given = False, connection
        reply, connection.held = connection.held + self._api.begin(header, body), b""
        if not self._write(connection, reply, deadline):
            raise NeverStarted

    def receive(self, deadline: float) -> Frame:
        """Wait until the runtime asks for its first event, or posts a result.

        Raises WorkerEnded, DeadlinePassed or MemoryExceeded.
        """
        self._sampled = time.monotonic()
        while (frame := self._api.take_result() or self._start_result) is None:
            self._turn(deadline)
        self._start_result = None
        self._responded_at = time.monotonic()
        if self._responded_at - self._peak_read >= SAMPLE:
            self._peak_read, self._peak = self._responded_at, max(self._peak, peak_resident(self.pid))
        header, payload = frame
        return {**header, "peak": self._peak}, payload

    def wait_exit(self) -> Exit | None:
        """Return how the program ended; the peak that the parent reports has that of the time before its execution."""
        end = super().wait_exit()
        return end and replace(end, peak=self._peak)

    def close(self) -> None:
        """Close the descriptors; the program ends then, by its lifeline."""
        self._listener.close()
        for connection in self._connections.values():
            connection.sock.close()
        if self._start is not None:
            self._start.close()
        super().close()

    def _is_connected(self) -> bool:
        return not any(fd == self._lifeline for fd, _ in self._poll.poll(0))

    def _measure_memory(self) -> int:
        memory = group_memory(self.pid)
        self._peak = max(self._peak, memory)
        return memory

    def _await_next(self, deadline: float) -> _ClientConnection:
        """Return a connection that waits for an event and is not known to be closed."""
        self._look(0)
        while True:
            waiting = next((each for each in self._connections.values() if each.waits), None)
            if waiting is not None and self._api.state is RuntimeState.READY:
                return waiting
            self._turn(deadline)

    def _turn(self, deadline: float) -> None:
        """Wait for the next event of the process, the socket or the gateway, and handle it."""
        now = time.monotonic()
        if now >= deadline:
            raise DeadlinePassed
        if not (self._read_given() if deadline - now > SAMPLE else self._look(deadline - now)):
            self._collect_and_measure()
            if self._exit is not None:
                raise WorkerEnded

    def _read_given(self) -> bool:
        """Do as ``_look``, for ``SAMPLE`` seconds; read the only connection from which anything is to be expected."""
        given = self._given
        if given is None or not given.alone or not self._large_pipe or len(self._connections) > 1:
            return self._look(SAMPLE)
        # Each system call hands the GIL to another thread: this one waits and reads. After a while, look around.
        given.alone = self._read(given, 0) and given.alone
        return given.alone

    def _look(self, timeout: float) -> bool:
        """Take what has arrived on the connections within ``timeout`` seconds; return whether anything has."""
        ready = {fd for fd, _ in self._poll.poll(timeout * 1000)}
        if self._listener.fileno() in ready:
            self._accept()
        for fd in ready & self._connections.keys():
            self._read(self._connections[fd])
        if self._start is not None and self._start.fileno() in ready:
            self._read_start(self._start)
        seen = bool(ready - {self._lifeline, self._output_fd})
        if not seen and self._lifeline in ready:
            self._end()
        return seen

    def _end(self) -> None:
        """Raise WorkerEnded, unless the program runs on and has only closed its end of the lifeline."""
        self._exit_known.wait(SAMPLE)
        self._read_output()
        if self._exit_known.is_set():
            raise WorkerEnded
        self._poll.unregister(self._lifeline)

    def _accept(self) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            sock, _ = self._listener.accept()
            sock.setblocking(True)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, TIMEVAL.pack(0, int(SAMPLE * 1e6)))
            connection = self._connections[sock.fileno()] = _ClientConnection(sock, self._limit)
            self._poll.register(sock, select.POLLIN)
            self._read(connection)

    def _drop(self, connection: _ClientConnection) -> None:
        self._poll.unregister(connection.sock)
        del self._connections[connection.sock.fileno()]
        connection.sock.close()
        if self._given is connection:
            self._given = None

    def _read(self, connection: _ClientConnection, flags: int = socket.MSG_DONTWAIT) -> bool:
        """Take what has arrived on a connection; return whether anything has."""
        try:
            data = connection.sock.recv(_READ, flags)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            return True
        connection.reader.feed(data)
        try:
            self._answer(connection)
        except MalformedRequest:
            self._write_reply(connection, pack_reply(400, b"", keeps_open=False))
            self._drop(connection)
        return True

    def _answer(self, connection: _ClientConnection) -> None:
        """Answer the whole requests that a connection has sent, up to one for the next event."""
        if connection.waits:
            return
        replies, keeps_open = b"", True
        while keeps_open and (request := connection.reader.take()) is not None:
            if self.sink is not None and self._api.is_streamed(request):
                self.sink(request.body)
                request = replace(request, body=b"")
            reply = self._api.reply(request)
            if reply is None:
                connection.waits, connection.held = True, replies
                return
            replies, keeps_open = replies + reply, request.keeps_open
            connection.alone = connection is self._given
        begun = connection.reader.begun
        if self.sink is not None and begun is not None and self._api.is_streamed(begun):
            self.sink(connection.reader.take_part())
        if keeps_open and connection.reader.expects_continue:
            connection.reader.expects_continue = False
            replies += CONTINUE
        if not (self._write_reply(connection, replies) and keeps_open):
            self._drop(connection)

    def _write_reply(self, connection: _ClientConnection, reply: bytes) -> bool:
        try:
            return self._write(connection, reply, time.monotonic() + SAMPLE)
        except DeadlinePassed:
            return False

    def _write(self, connection: _ClientConnection, data: bytes, deadline: float) -> bool:
        """Return whether all of ``data`` could be written. Raises DeadlinePassed."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[connection.sock.send(rest, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                self._await_writable(connection.sock, deadline)
            except OSError:
                return False
        return True

    def _await_writable(self, sock: socket.socket, deadline: float) -> None:
        """Wait until the program has read some of an event; collect its output meanwhile."""
        writable = select.poll()
        writable.register(sock, select.POLLOUT)
        while not writable.poll(SAMPLE * 1000):
            if time.monotonic() >= deadline:
                raise DeadlinePassed
            self._collect_and_measure()

    def _read_start(self, start: socket.socket) -> None:
        """Read why the program could not be executed; its end of the socket closes when it is."""
        with suppress(BlockingIOError):
            data = start.recv(_READ)
            self._start_reader.feed(data)
            self._start_result = self._start_reader.take()
            if not data or self._start_result is not None:
                self._poll.unregister(start)
                start.close()
                self._start = None
