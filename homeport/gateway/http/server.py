"""The WSGI server: threads that each answer one connection at a time, and a loop that watches the idle ones.

API Gateway passes on the raw request target, header case, header order and duplicates, and so does this server: each
request reaches the application as a ``Request`` in its environment (``wsgi.py``), each ``Reply`` is sent as it stands.
``on_error`` makes the reply to a malformed or too large request, which does not reach the application.
"""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from homeport.gateway.http.connection import Connection, Site

# Connections beyond them wait until another one ends, requests beyond them for a thread.
CONNECTIONS = 2048
THREADS = 512
# Seconds after which an idle connection is closed, and an idle thread ends.
IDLE_CONNECTION, IDLE_THREAD = 120.0, 10.0
# Seconds between two looks for connections that have been idle for too long.
_LOOK = 5.0


class Server:
    """A server for some listening sockets. ``run`` blocks until ``close``, or an exception such as SystemExit."""

    def __init__(self, sites: Sequence[Site]) -> None:
        self._selector = selectors.DefaultSelector()
        self._sites = {each.listener: each for each in sites}
        self._ports = {each.listener: int(each.listener.getsockname()[1]) for each in sites}
        self._paused = False
        self._idle: set[Connection] = set()
        self._returned: deque[Connection] = deque()
        self._count = 0
        self._queue: deque[Connection] = deque()
        self._threads = self._waiting_threads = 0
        self._changed = threading.Condition()
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)
        self._closed = False
        self._selector.register(self._woken, selectors.EVENT_READ)
        for listener in self._sites:
            listener.setblocking(False)
            self._selector.register(listener, selectors.EVENT_READ)

    def run(self) -> None:
        """Serve until the end."""
        looked = time.monotonic()
        try:
            while not self._closed:
                for key, _ in self._selector.select(_LOOK):
                    if isinstance(key.data, Connection):
                        self._forget(key.data)
                        self._hand_over(key.data)
                    elif key.fd == self._woken:
                        self._take_back()
                    else:
                        self._accept(key.fileobj)  # type: ignore[arg-type]
                if time.monotonic() - looked >= _LOOK:
                    looked = time.monotonic()
                    self._close_idle(looked)
        finally:
            self._end()

    def close(self) -> None:
        """End ``run`` soon; connections that are being served end with their response. For any thread."""
        self._closed = True
        with suppress(OSError):
            os.write(self._wake, b"\0")

    def _accept(self, listener: socket.socket) -> None:
        # Several connections may have come.
        while not self._is_full():
            try:
                sock, address = listener.accept()
            except OSError:
                return
            try:
                connection = Connection(sock, address[0], self._sites[listener], self._ports[listener])
            except OSError:
                # The client has gone meanwhile.
                sock.close()
                continue
            self._count += 1
            self._hand_over(connection)

    def _is_full(self) -> bool:
        """Return whether further connections have to wait in the queues of the listeners, which are left alone then."""
        full = self._count >= CONNECTIONS
        if full is not self._paused:
            self._paused = full
            for listener in self._sites:
                if full:
                    self._selector.unregister(listener)
                else:
                    self._selector.register(listener, selectors.EVENT_READ)
        return full

    def _hand_over(self, connection: Connection) -> None:
        """Have a thread serve a connection."""
        with self._changed:
            self._queue.append(connection)
            if self._waiting_threads >= len(self._queue):
                self._changed.notify()
                return
            if self._threads >= THREADS:
                return
            self._threads += 1
        threading.Thread(target=self._serve, name="connection", daemon=True).start()

    def _serve(self) -> None:
        while (connection := self._next()) is not None:
            if connection.serve() and not self._closed:
                self._returned.append(connection)
            else:
                self._close(connection)
            with suppress(BlockingIOError, OSError):
                os.write(self._wake, b"\0")

    def _next(self) -> Connection | None:
        """Return the connection that waits longest, None once there was none for a while."""
        with self._changed:
            if not self._queue:
                self._waiting_threads += 1
                self._changed.wait(IDLE_THREAD)
                self._waiting_threads -= 1
            if self._queue:
                return self._queue.popleft()
            self._threads -= 1
            return None

    def _take_back(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._woken, 4096)
        while self._returned:
            connection = self._returned.popleft()
            self._idle.add(connection)
            self._selector.register(connection.sock, selectors.EVENT_READ, connection)
        self._is_full()

    def _forget(self, connection: Connection) -> None:
        self._idle.discard(connection)
        self._selector.unregister(connection.sock)

    def _close_idle(self, now: float) -> None:
        for connection in [each for each in self._idle if now - each.used > IDLE_CONNECTION]:
            self._forget(connection)
            self._close(connection)
        self._is_full()

    def _close(self, connection: Connection) -> None:
        connection.sock.close()
        with self._changed:
            self._count -= 1

    def _end(self) -> None:
        self._closed = True
        for connection in list(self._idle):
            self._forget(connection)
            self._close(connection)
        self._selector.close()
        for listener in self._sites:
            listener.close()
