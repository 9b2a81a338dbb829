"""TLS before the server: one thread decrypts each connection into plain HTTP on a socket pair.

The server behind it stays as it is: ``TlsListener`` takes the place of its listening socket. OpenSSL's objects are
not made for two threads, so one thread does all reading and writing of TLS.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from typing import Any

# Bytes that are read at once, and that wait for a peer that reads slowly before no more are read from the other one.
_PART = 64 * 1024
_WAITING = 512 * 1024
# Seconds that a client has for its handshake, and for its last bytes after the reply that ended the connection.
_HANDSHAKE_TIME = 10.0
_LINGER_TIME = 5.0
# Reads of such bytes before the other connections have their turn.
_DROPPED_AT_ONCE = 16
_PLAIN_HTTP = b"this port speaks HTTPS: write https:// in place of http://\n"


def server_context(certificate: str, key: str) -> ssl.SSLContext:
    """Return a context as API Gateway's endpoints have it: TLS 1.2 at least, HTTP/1.1. Raises OSError, ssl.SSLError.

    API Gateway also speaks HTTP/2, which changes nothing of a function's event.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context


class TlsListener(socket.socket):
    """A listening socket whose ``accept`` returns plain connections. It takes over the descriptor ``listener``."""

    def __init__(self, listener: int, context: ssl.SSLContext) -> None:
        super().__init__(fileno=listener)
        self._terminator = _Terminator(context)

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the decrypted side of the next connection and the client's address. Raises OSError."""
        client, address = super().accept()
        try:
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain, served = socket.socketpair()
        except OSError:
            client.close()
            raise
        plain.setblocking(False)
        self._terminator.take(client, plain)
        return served, address

    def close(self) -> None:
        """Close the socket, and the connections that it has accepted."""
        super().close()
        self._terminator.stop()


class _Terminator:
    """The thread that carries bytes between clients and the server."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._selector = selectors.DefaultSelector()
        self._taken: deque[_Crossing] = deque()
        self._connections: set[_Crossing] = set()
        self._ended = False
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        threading.Thread(target=self._run, name="tls", daemon=True).start()

    def take(self, client: socket.socket, plain: socket.socket) -> None:
        """Carry the bytes of one more client. Called by the server's thread."""
        self._taken.append(_Crossing(client, plain, self._context))
        os.write(self._wake, b"\0")

    def stop(self) -> None:
        """End the thread, and every connection with it."""
        if not self._ended:
            self._ended = True
            os.write(self._wake, b"\0")

    def _run(self) -> None:
        while not self._ended:
            ready = [key.data for key, _ in self._selector.select(self._time_left())]
            if None in ready:
                os.read(self._woken, _PART)
            while self._taken:
                ready.append(self._taken.popleft())
                self._connections.add(ready[-1])
            for connection in {*ready} - {None} | {each for each in self._connections if each.is_late()}:
                self._move(connection)
        self._selector.close()
        for connection in (*self._connections, *self._taken):
            connection.close()
        os.close(self._woken)
        os.close(self._wake)

    def _time_left(self) -> float | None:
        """Return the seconds until the first connection is late, None if none has a deadline."""
        deadlines = [each.deadline for each in self._connections if each.deadline is not None]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _move(self, connection: _Crossing) -> None:
        # A fault in one connection ends that one.
        try:
            connection.move()
        except (OSError, ValueError):
            connection.is_over = True
        for sock, events in connection.events():
            self._follow(sock, 0 if connection.is_over else events, connection)
        if connection.is_over:
            self._connections.discard(connection)
            connection.close()

    def _follow(self, sock: socket.socket, events: int, connection: _Crossing) -> None:
        known = self._selector.get_map().get(sock)
        if known is None and events:
            self._selector.register(sock, events, connection)
        elif known is not None and not events:
            self._selector.unregister(sock)
        elif known is not None and known.events != events:
            self._selector.modify(sock, events, connection)


class _Crossing:
    """A client's connection and the server's side of it.

    ``is_over``: both can be closed. ``deadline``: the monotonic second that ends the handshake, or the client's end.
    """

    def __init__(self, client: socket.socket, plain: socket.socket, context: ssl.SSLContext) -> None:
        self._client, self._plain = client, plain
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._to_send, server_side=True)
        self._decrypted, self._encrypted = b"", b""
        self._open = False
        self._client_ended = self._plain_ended = False
        # After the server's last byte, what the client still sends is read and dropped: a close would reset it.
        self._lingers = False
        self.deadline: float | None = time.monotonic() + _HANDSHAKE_TIME
        self.is_over = False

    def is_late(self) -> bool:
        """Return whether the handshake, or the client's end, takes too long."""
        return self.deadline is not None and time.monotonic() > self.deadline

    def events(self) -> list[tuple[socket.socket, int]]:
        """Return what to wait for, at each of the two sockets."""
        client = plain = 0
        if self._lingers or (not self._client_ended and len(self._decrypted) < _WAITING):
            client |= selectors.EVENT_READ
        if self._encrypted:
            client |= selectors.EVENT_WRITE
        if self._open and not self._plain_ended and len(self._encrypted) < _WAITING:
            plain |= selectors.EVENT_READ
        if self._decrypted:
            plain |= selectors.EVENT_WRITE
        return [(self._client, client), (self._plain, plain)]

    def move(self) -> None:
        """Read and write as much as is possible without waiting. Raises OSError and ValueError at a broken end."""
        if self.is_late():
            self.is_over = True
            return
        if self._lingers:
            self._drop()
            return
        if not self._client_ended and len(self._decrypted) < _WAITING:
            self._receive()
        if not self._open:
            self._shake_hands()
        if self._open:
            self._decrypt()
            self._pass_on()
            self._encrypt()
        self._send()
        if self._plain_ended and not self._encrypted:
            self._linger()

    def close(self) -> None:
        """Close both sockets."""
        self._client.close()
        self._plain.close()

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError):
            if data := self._client.recv(_PART):
                self._received.write(data)
            else:
                self._received.write_eof()
                self._client_ended = True

    def _shake_hands(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            if error.reason == "HTTP_REQUEST":
                self._to_send.read()
                head = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n"
                self._encrypted = b"%sContent-Length: %d\r\n\r\n%s" % (head, len(_PLAIN_HTTP), _PLAIN_HTTP)
            self._plain_ended = True
            return
        self._open, self.deadline = True, None

    def _decrypt(self) -> None:
        while len(self._decrypted) < _WAITING:
            try:
                data = self._tls.read(_PART)
            except ssl.SSLWantReadError:
                return
            except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
                data = b""
            if not data:
                self._client_ended = True
                return
            self._decrypted += data

    def _pass_on(self) -> None:
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            while self._decrypted:
                self._decrypted = self._decrypted[self._plain.send(self._decrypted) :]
                self._decrypt()
        if self._client_ended and not self._decrypted:
            with contextlib.suppress(OSError):
                self._plain.shutdown(socket.SHUT_WR)

    def _encrypt(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while not self._plain_ended and len(self._encrypted) < _WAITING:
                if data := self._read_reply():
                    self._tls.write(data)
                else:
                    self._plain_ended = True
                    # It wants the client's end too, which _drop reads.
                    with contextlib.suppress(ssl.SSLError):
                        self._tls.unwrap()
                self._encrypted += self._to_send.read()

    def _read_reply(self) -> bytes:
        try:
            return self._plain.recv(_PART)
        except ConnectionResetError:
            # The server has closed its side without reading all that the client sent.
            return b""

    def _send(self) -> None:
        self._encrypted += self._to_send.read()
        with contextlib.suppress(BlockingIOError):
            while self._encrypted:
                self._encrypted = self._encrypted[self._client.send(self._encrypted) :]

    def _linger(self) -> None:
        self._lingers, self._decrypted = True, b""
        self.deadline = time.monotonic() + _LINGER_TIME
        self._client.shutdown(socket.SHUT_WR)
        self._drop()

    def _drop(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for _ in range(_DROPPED_AT_ONCE):
                if not self._client.recv(_PART):
                    self.is_over = True
                    return
