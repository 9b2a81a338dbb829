"""Held calls: functions wait before a call to DynamoDB until a test lets them continue, in the order that it wants.

A worker that meets the fault ``Held`` connects to a Unix socket of the test's process, sends a line of JSON about the
call, and waits for a byte (``worker/held_call.py``). When the socket is closed, or the process ends, every call goes
on. The function's own timeout counts meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import socket
import struct
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport.runtime.control import ControlError, send_holds
from homeport.runtime.worker.held_call import socket_address

# Calls that may wait to be accepted.
_BACKLOG = 128
# struct ucred: https://man7.org/linux/man-pages/man7/unix.7.html
_CREDENTIALS = struct.Struct("iII")


@dataclass
class WaitingCall:
    """A call to DynamoDB that waits before it is sent.

    ``action`` is DynamoDB's operation, ``table`` a logical id (the first one of a batch), ``body`` the request in
    DynamoDB's JSON. ``function`` is the function's name, ``request_id`` the id of its invocation (AWS's, which is
    another one than API Gateway's).
    """

    action: str
    table: str
    function: str
    request_id: str
    body: Mapping[str, Any]
    _connection: socket.socket = field(repr=False)

    def release(self) -> None:
        """Let the call continue. A call that was released already, or whose function has ended, stays as it is."""
        with contextlib.suppress(OSError):
            self._connection.sendall(b"\n")
        self._connection.close()


class CallHolds:
    """The held calls of a stack: a listener, and the calls that wait for it.

    ``name_of`` returns a table's logical id for its name, ``function_of`` a function's for AWS's name of it.
    """

    def __init__(self, listener: socket.socket, name_of: Callable[[str], str], function_of: Callable[[str], str]):
        self._listener = listener
        self._name_of, self._function_of = name_of, function_of
        self._arrived: queue.SimpleQueue[WaitingCall] = queue.SimpleQueue()
        self._all: list[WaitingCall] = []
        self._open = False
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, name="held-calls", daemon=True).start()

    def wait(self, timeout: float = 5.0) -> WaitingCall | None:
        """Return the next call that has arrived, None where none came within ``timeout`` seconds."""
        try:
            return self._arrived.get(timeout=timeout)
        except queue.Empty:
            return None

    def release_all(self) -> None:
        """Let every call continue, and those that come later."""
        with self._lock:
            self._open = True
            waiting, self._all = self._all, []
        for call in waiting:
            call.release()

    def close(self) -> None:
        """Let every call continue, and take none any more."""
        self.release_all()
        # The thread may wait in accept: shutdown ends that, close alone would not.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._take, args=(connection,), name="held-call", daemon=True).start()

    def _take(self, connection: socket.socket) -> None:
        if not _is_own(connection):
            connection.close()
            return
        try:
            with connection.makefile("rb") as lines:
                found = json.loads(lines.readline())
            call = WaitingCall(
                action=found["action"],
                table=self._name_of(found["table"]),
                function=self._function_of(found["function"]),
                request_id=found["requestId"],
                body=found["body"],
                _connection=connection,
            )
        except (OSError, ValueError, KeyError, TypeError):
            connection.close()
            return
        with self._lock:
            if not self._open:
                self._all.append(call)
                self._arrived.put(call)
                return
        call.release()


def _is_own(connection: socket.socket) -> bool:
    """Return whether a process of this user is at the other end: every user may connect to an abstract socket."""
    if sys.platform != "linux":
        # The folder of the socket is the owner's alone.
        return True
    _, user, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return bool(user == os.geteuid())


@contextlib.contextmanager
def holding(
    control: Path, *targets: str, name_of: Callable[[str], str] = str, function_of: Callable[[str], str] = str
) -> Iterator[CallHolds]:
    """Hold the calls of the stack at ``control`` that match, in requests that begin within the context.

    ``targets`` are as in ``homeport dev --fault``: ``*``, ``ItemsTable``, ``ItemsTable/byStatus.Query``,
    ``ItemsTable.PutItem``. Raises ControlError.
    """
    with _listening() as (listener, address):
        holds = CallHolds(listener, name_of, function_of)
        try:
            send_holds(control, targets, address)
            yield holds
        finally:
            holds.close()
            # The stack itself may have ended within the context.
            with contextlib.suppress(ControlError):
                send_holds(control, (), address)


@contextlib.contextmanager
def _listening() -> Iterator[tuple[socket.socket, str]]:
    """Yield a listener, and its address for the workers."""
    with contextlib.ExitStack() as stack:
        if sys.platform == "linux":
            # Nobody can guess it. Abstract names belong to the network, which environments share with this process.
            address = f"@homeport-{secrets.token_hex(16)}"
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="homeport-"))
            address = str(Path(folder, "holds"))
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(socket_address(address))
        listener.listen(_BACKLOG)
        yield listener, address
