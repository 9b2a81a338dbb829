"""A Unix socket by which tests and the inspector set and read the faults of a running stack.

A connection carries one JSON line, ``{"faults": [as --fault has them], "seed": 0}``. The response is a line: empty once
the next request meets the faults, else an error message. The response to ``{}`` is such a line with the faults of the
moment. Only the socket's owner may connect.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError
from homeport.runtime.faults import Faults, parse_fault

_TIMEOUT = 10.0
Set = Callable[[Faults], None]
Get = Callable[[], Faults]


class FaultSocketError(HomeportError):
    """The stack did not take the faults."""


def listen(path: Path, set_faults: Set, faults: Get) -> None:
    """Serve at ``path`` in a thread. ``set_faults`` may raise HomeportError."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen()
    threading.Thread(target=_serve, args=(listener, set_faults, faults), name="fault-switch", daemon=True).start()


def send_faults(path: Path, faults: Sequence[str], seed: int = 0) -> None:
    """Have the stack at ``path`` meet these faults and no others from its next request on. Raises FaultSocketError."""
    response = _exchange(path, {"faults": list(faults), "seed": seed})
    if response != b"\n":
        raise FaultSocketError(response.decode().strip() or "the stack ended while it was told of faults")


def read_faults(path: Path) -> Faults:
    """Return the faults of the stack at ``path``. Raises FaultSocketError."""
    response = _exchange(path, {})
    if not response.startswith(b"{"):
        raise FaultSocketError("the stack ended while it was asked for its faults")
    found = json.loads(response)
    return Faults(tuple(map(parse_fault, found["faults"])), found["seed"])


def _exchange(path: Path, line: Mapping[str, Any]) -> bytes:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_TIMEOUT)
            connection.connect(str(path))
            connection.sendall(json.dumps(line).encode() + b"\n")
            return connection.makefile("rb").readline()
    except OSError as error:
        raise FaultSocketError(f"the stack takes no faults: {error}", "does it still run?") from error


def _serve(listener: socket.socket, set_faults: Set, faults: Get) -> None:
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(_TIMEOUT)
            connection.sendall(_respond(connection.makefile("rb").readline(), set_faults, faults).encode() + b"\n")


def _respond(line: bytes, set_faults: Set, faults: Get) -> str:
    try:
        found = json.loads(line)
        if found == {}:
            now = faults()
            return json.dumps({"faults": [fault.text for fault in now.faults], "seed": now.seed})
        set_faults(Faults(tuple(map(parse_fault, found["faults"])), found["seed"]))
    except HomeportError as error:
        return str(error)
    except (ValueError, KeyError, TypeError):
        return 'an order is written {"faults": [], "seed": 0}'
    return ""
