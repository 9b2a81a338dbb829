"""A connection of the server: waitress's channel, with two changes.

It stays with the thread that served it for a moment, since a client that keeps its connection sends again soon: going
back to the main loop and to another thread costs more than many a request. And after a refusal it lingers.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from typing import Any

from waitress.channel import ClientDisconnected, HTTPChannel

# Seconds that a thread waits for the connection's next request, unless others wait for a thread.
STAY = 0.01
# What a refused client still sends is read, so that it sees the answer, but not for ever. Bytes.
DRAIN_LIMIT = 256 * 1024 * 1024


class LingeringChannel(HTTPChannel):  # type: ignore[misc]
    """``refused`` is set by a task that answered what is no request.

    Closed at once, a client that is still sending would see a reset instead of the answer (RFC 9112 9.6): the
    connection is closed for writing and what comes is dropped.
    """

    requests: list[Any]
    refused = False
    close_when_flushed = False
    will_close = False
    connected = False
    request = None
    total_outbufs_len = 0
    current_outbuf_count = 0
    _dropped = -1

    def readable(self) -> bool:
        return self._dropped >= 0 or bool(super().readable())

    def handle_read(self) -> None:
        if self._dropped < 0:
            super().handle_read()
            return
        self._dropped += len(self.recv(self.adj.recv_bytes))
        if self._dropped > DRAIN_LIMIT:
            self.handle_close()

    def handle_write(self) -> None:
        if not (self.refused and self.close_when_flushed):
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if not self.total_outbufs_len and not self.will_close:
            self.close_when_flushed = False
            self._dropped = 0
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                self.handle_close()

    def write_now(self, data: bytes) -> None:
        """Send what the connection takes at once; the rest is the main loop's to send."""
        connection: socket.socket | None = self.socket
        if connection is not None and self.connected and not self.total_outbufs_len:
            # What is wrong with the connection is wrong in write_soon as well, which deals with it.
            with contextlib.suppress(OSError):
                data = data[connection.send(data) :]
                self.last_activity = time.time()
        if data:
            self.write_soon(data)

    def service(self) -> None:
        """Serve the first of ``requests``, and those that follow soon; a thread of the server's calls this.

        As long as ``requests`` holds one, the main loop leaves the connection alone.
        """
        while self._serve_first():
            if len(self.requests) == 1 and not self._next_comes():
                with self.requests_lock:
                    self.requests.pop(0)
                break
            with self.requests_lock:
                self.requests.pop(0)
        if self.connected:
            self.server.pull_trigger()
        self.last_activity = time.time()

    def _serve_first(self) -> bool:
        """Whether the connection goes on."""
        request = self.requests[0]
        task = (self.error_task_class if request.error else self.task_class)(self, request)
        try:
            if self.connected:
                task.service()
        except ClientDisconnected:
            task.close_on_finish = True
        except Exception:
            self.logger.exception("a fault of the server, please report it")
            task.close_on_finish = True
        if task.close_on_finish or not self.connected:
            self._finish()
            return False
        if self.current_outbuf_count > 0:
            # The next reply gets a buffer of its own, so that this one's is given back.
            self.current_outbuf_count = self.adj.outbuf_high_watermark
        request.close()
        return True

    def _finish(self) -> None:
        with self.requests_lock:
            self.close_when_flushed = True
            for request in self.requests:
                request.close()
            self.requests = []

    def _next_comes(self) -> bool:
        """Wait a moment for another whole request; it is in ``requests`` then."""
        deadline = time.monotonic() + STAY
        connection: socket.socket | None = self.socket
        # A client that reset the connection meanwhile made the main loop close it.
        if connection is None or connection.fileno() < 0:
            return False
        waiting = select.poll()
        waiting.register(connection, select.POLLIN)
        while len(self.requests) == 1 and self._may_stay():
            left = deadline - time.monotonic()
            if left <= 0 or not waiting.poll(left * 1000):
                return False
            data = self._receive(connection)
            if not data:
                # The main loop, which owns the list of connections, closes it.
                self.will_close = True
                return False
            self.received(data)
        return len(self.requests) > 1

    def _may_stay(self) -> bool:
        unsent = self.total_outbufs_len or self.will_close or self.close_when_flushed
        # A request that is half there may need "100 Continue", which is the main loop's to send.
        return not (unsent or self.request is not None or self.server.task_dispatcher.queue)

    def _receive(self, connection: socket.socket) -> bytes:
        with contextlib.suppress(OSError):
            return connection.recv(self.adj.recv_bytes)
        return b""
