"""A Unix socket over which others say what is to go wrong with DynamoDB while the stack runs: tests, the inspector.

A connection carries one JSON line, ``{"faults": [as --fault has them], "seed": 0}``; the answer is a line, empty once
the next request meets them, else what is wrong with them. To ``{}`` the answer is such an order: what goes wrong now.
It is readable by its owner only.
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

_PATIENCE = 10.0
Set = Callable[[Faults], None]
Get = Callable[[], Faults]


class FaultSocketError(HomeportError):
    """The stack did not take the faults."""


def listen(path: Path, set_faults: Set, faults: Get) -> None:
    """Take orders at ``path`` from now on, in a thread of its own. ``set_faults`` may raise HomeportError."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen()
    threading.Thread(target=_serve, args=(listener, set_faults, faults), name="fault-switch", daemon=True).start()


def send_faults(path: Path, faults: Sequence[str], seed: int = 0) -> None:
    """Have the stack at ``path`` meet these faults and no others, from its next request on. Raises FaultSocketError."""
    answer = _asked(path, {"faults": list(faults), "seed": seed})
    if answer != b"\n":
        raise FaultSocketError(answer.decode().strip() or "the stack ended while it was told of faults")


def read_faults(path: Path) -> Faults:
    """What goes wrong now in the stack at ``path``. Raises FaultSocketError."""
    answer = _asked(path, {})
    if not answer.startswith(b"{"):
        raise FaultSocketError("the stack ended while it was asked for its faults")
    told = json.loads(answer)
    return Faults(tuple(map(parse_fault, told["faults"])), told["seed"])


def _asked(path: Path, line: Mapping[str, Any]) -> bytes:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_PATIENCE)
            connection.connect(str(path))
            connection.sendall(json.dumps(line).encode() + b"\n")
            return connection.makefile("rb").readline()
    except OSError as error:
        raise FaultSocketError(f"the stack takes no faults: {error}", "does it still run?") from error


def _serve(listener: socket.socket, set_faults: Set, faults: Get) -> None:
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(_PATIENCE)
            connection.sendall(_carried_out(connection.makefile("rb").readline(), set_faults, faults).encode() + b"\n")


def _carried_out(line: bytes, set_faults: Set, faults: Get) -> str:
    try:
        told = json.loads(line)
        if told == {}:
            now = faults()
            return json.dumps({"faults": [fault.text for fault in now.faults], "seed": now.seed})
        set_faults(Faults(tuple(map(parse_fault, told["faults"])), told["seed"]))
    except HomeportError as error:
        return str(error)
    except (ValueError, KeyError, TypeError):
        return 'an order is written {"faults": [], "seed": 0}'
    return ""
