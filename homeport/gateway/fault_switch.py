"""A Unix socket over which tests say what is to go wrong with DynamoDB while the stack runs.

A connection carries one JSON line, ``{"faults": [as --fault has them], "seed": 0}``; the answer is a line, empty once
the next request meets them, else what is wrong with them. It is readable by its owner only.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from homeport.errors import HomeportError
from homeport.runtime.faults import Faults, parse_fault

_PATIENCE = 10.0
Set = Callable[[Faults], None]


class SwitchError(HomeportError):
    """The stack did not take the faults."""


def listen(path: Path, set_faults: Set) -> None:
    """Take orders at ``path`` from now on, in a thread of its own. ``set_faults`` may raise HomeportError."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen()
    threading.Thread(target=_serve, args=(listener, set_faults), name="fault-switch", daemon=True).start()


def order(path: Path, faults: Sequence[str], seed: int = 0) -> None:
    """Have the stack at ``path`` meet these faults and no others, from its next request on. Raises SwitchError."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_PATIENCE)
            connection.connect(str(path))
            connection.sendall(json.dumps({"faults": list(faults), "seed": seed}).encode() + b"\n")
            answer = connection.makefile("rb").readline()
    except OSError as error:
        raise SwitchError(f"the stack takes no faults: {error}", "does it still run?") from error
    if answer != b"\n":
        raise SwitchError(answer.decode().strip() or "the stack ended while it was told of faults")


def _serve(listener: socket.socket, set_faults: Set) -> None:
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(_PATIENCE)
            connection.sendall(_carried_out(connection.makefile("rb").readline(), set_faults).encode() + b"\n")


def _carried_out(line: bytes, set_faults: Set) -> str:
    try:
        told = json.loads(line)
        set_faults(Faults(tuple(map(parse_fault, told["faults"])), told["seed"]))
    except HomeportError as error:
        return str(error)
    except (ValueError, KeyError, TypeError):
        return 'an order is written {"faults": [], "seed": 0}'
    return ""
