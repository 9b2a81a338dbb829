"""A connection of the server: waitress's channel, with two changes.

It stays with the thread that served it for a moment, since a client that keeps its connection sends again soon, and the
way over the main loop to another thread takes longer than many a request. And it lingers after a malformed request.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from typing import Any

from waitress.channel import ClientDisconnected, HTTPChannel

# Seconds that a thread waits for the connection's next request, unless other connections wait for a thread.
STAY = 0.01
# Bytes that are read and dropped after a malformed request, so that the client sees the reply.
DRAIN_LIMIT = 256 * 1024 * 1024


class LingeringChannel(HTTPChannel):  # type: ignore[misc]
    """A channel that closes slowly after a malformed request, when a task has set ``is_rejected``.

    If the connection were closed at once, a client that is still sending would see a reset instead of the reply (RFC
    9112 9.6). So it is closed for writing only, and further bytes are dropped.
    """

    requests: list[Any]
    is_rejected = False
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
        if not (self.is_rejected and self.close_when_flushed):
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
        """Send as much as the connection takes at once; the main loop sends the rest."""
        connection: socket.socket | None = self.socket
        if connection is not None and self.connected and not self.total_outbufs_len:
            # An error of the connection comes again in write_soon, which handles it.
            with contextlib.suppress(OSError):
                data = data[connection.send(data) :]
                self.last_activity = time.time()
        if data:
            self.write_soon(data)

    def service(self) -> None:
        """Serve the first of ``requests``, and those that follow soon. Called by one of the server's threads.

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
        """Serve one request; return whether the connection goes on."""
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
            # The next reply gets a buffer of its own, so that this one's is freed.
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
        """Wait a moment for another whole request; return whether it is in ``requests``."""
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
