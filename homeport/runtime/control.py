"""The control socket of a running stack: tests and the inspector set its faults there, hold calls, renew environments.

It is a Unix socket, to which its owner alone may connect. A connection carries one order, a line of JSON:

- ``{"faults": [as --fault has them], "seed": 0}``: the next requests meet these faults of DynamoDB, and no others
- ``{"hold": ["ItemsTable.PutItem"], "at": ADDRESS}``: the next requests' calls that match wait for who listens there
  (``holds.py``); ``[]`` ends this, and each address has holds of its own
- ``{"environments": "new"}``: the next request of every function meets a cold start
- ``{"log": "flush"}``: the exchanges that have ended are written to the log
- ``{}``: the response is such a line with the faults of the moment

The response to any other order is a line: empty once it is carried out, else an error message.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from socketserver import StreamRequestHandler, UnixStreamServer
from typing import Any, Protocol

from homeport.errors import HomeportError
from homeport.runtime.faults import Fault, Faults, hold_fault, parse_fault

_TIMEOUT = 10.0
_FORM = (
    'an order is written {"faults": [], "seed": 0}, {"hold": [], "at": ""}, {"environments": "new"} or {"log": "flush"}'
)


class ControlError(HomeportError):
    """The stack did not carry out an order."""


class Controllable(Protocol):
    """A stack that carries out orders. Each method may raise HomeportError."""

    def set_faults(self, faults: Faults) -> None:
        """Inject these faults, and no others, from the next request on."""
        ...

    def faults(self) -> Faults:
        """Return the faults that are injected now."""
        ...

    def set_holds(self, address: str, holds: tuple[Fault, ...]) -> None:
        """Hold the calls that these faults match for the listener at ``address``, from the next request on."""
        ...

    def renew_environments(self) -> None:
        """Serve the next requests from new environments."""
        ...

    def flush_log(self) -> None:
        """Write what waits for the exchange log."""
        ...


def serve_control(path: Path, stack: Controllable) -> None:
    """Serve orders at ``path`` in a thread."""

    class ControlRequestHandler(StreamRequestHandler):
        """The handler of one connection."""

        timeout = _TIMEOUT

        def handle(self) -> None:
            """Answer a line."""
            self.wfile.write(_respond(self.rfile.readline(), stack).encode() + b"\n")

    path.unlink(missing_ok=True)
    server = UnixStreamServer(str(path), ControlRequestHandler)
    path.chmod(0o600)
    threading.Thread(target=server.serve_forever, name="control-socket", daemon=True).start()


def send_faults(path: Path, faults: Sequence[str], seed: int = 0) -> None:
    """Have the stack at ``path`` meet these faults and no others from its next request on. Raises ControlError."""
    _send(path, {"faults": list(faults), "seed": seed})


def send_holds(path: Path, targets: Sequence[str], address: str) -> None:
    """Hold the calls that match for the listener at ``address``; without holds, no call waits. Raises ControlError."""
    _send(path, {"hold": list(targets), "at": address})


def renew_environments(path: Path) -> None:
    """Have the next request of every function meet a cold start. Raises ControlError."""
    _send(path, {"environments": "new"})


def flush_log(path: Path) -> None:
    """Have the stack write to its exchange log what waits for it. Raises ControlError."""
    _send(path, {"log": "flush"})


def read_faults(path: Path) -> Faults:
    """Return the faults of the stack at ``path``. Raises ControlError."""
    response = _exchange(path, {})
    if not response.startswith(b"{"):
        raise ControlError("the stack ended while it was asked for its faults")
    found = json.loads(response)
    return Faults(tuple(map(parse_fault, found["faults"])), found["seed"])


def _send(path: Path, order: Mapping[str, Any]) -> None:
    response = _exchange(path, order)
    if response != b"\n":
        raise ControlError(response.decode().strip() or "the stack ended while it was given an order")


def _exchange(path: Path, line: Mapping[str, Any]) -> bytes:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_TIMEOUT)
            connection.connect(str(path))
            connection.sendall(json.dumps(line).encode() + b"\n")
            return connection.makefile("rb").readline()
    except OSError as error:
        raise ControlError(f"the stack takes no orders: {error}", "does it still run?") from error


def _respond(line: bytes, stack: Controllable) -> str:
    try:
        return _carry_out(json.loads(line), stack)
    except HomeportError as error:
        return str(error)
    except (ValueError, KeyError, TypeError):
        return _FORM


def _carry_out(order: Any, stack: Controllable) -> str:
    """Return the response to an order. Raises ValueError, KeyError or TypeError for what is none, or HomeportError."""
    match order:
        case {"environments": "new"}:
            stack.renew_environments()
        case {"log": "flush"}:
            stack.flush_log()
        case {"hold": [*targets], "at": str(address)}:
            stack.set_holds(address, tuple(hold_fault(target, address) for target in targets))
        case {}:
            if not order:
                now = stack.faults()
                return json.dumps({"faults": [fault.text for fault in now.faults], "seed": now.seed})
            stack.set_faults(Faults(tuple(map(parse_fault, order["faults"])), order["seed"]))
        case _:
            raise ValueError(order)
    return ""
