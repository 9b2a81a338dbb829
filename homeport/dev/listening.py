"""The listening sockets of ``homeport dev``: at the ports that were asked for, or else at free ones.

The supervisor owns the sockets, which outlive the processes behind them: connections that arrive while a child is
restarted wait for it.
"""

from __future__ import annotations

import contextlib
import errno
import socket
from pathlib import Path
from typing import NamedTuple

from homeport.errors import SetupError


class WantedPort(NamedTuple):
    """An address to listen at; ``option`` names the switch that sets the port.

    A free port takes the place of a taken one that was not ``chosen``.
    """

    host: str
    port: int
    option: str
    chosen: bool = True

    def listen(self) -> socket.socket:
        """Return a socket that listens there. Raises SetupError."""
        take = listen if self.chosen else listen_near
        return take(self.host, self.port, self.option)


def listen(host: str, port: int, option: str) -> socket.socket:
    """Return a listening, inheritable socket; port 0 takes a free one. ``option`` names the switch that sets the port.

    Raises SetupError if it can't listen there.
    """
    try:
        return _bind(host, port)
    except OSError as error:
        raise SetupError(*_explain(error, host, port, option)) from error


def listen_near(host: str, port: int, option: str) -> socket.socket:
    """Return a socket as ``listen`` does, at the next free port if that one can't be had. Raises SetupError."""
    try:
        return _bind(host, port)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise SetupError(*_explain(error, host, port, option)) from error
        return listen(host, free_port(host, port + 1), option)


def listen_after(first: socket.socket, host: str) -> socket.socket:
    """Return a socket at the next free port above that of ``first``, whose port was chosen; any if none is free."""
    return listen(host, free_port(host, first.getsockname()[1] + 1), "--port")


def listen_at(place: Path) -> socket.socket:
    """Return a listening, inheritable Unix socket in a folder of this run."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(place))
    listener.listen()
    listener.set_inheritable(True)
    return listener


def address(listener: socket.socket, scheme: str = "http") -> str:
    """Return a socket's URL, ``http://127.0.0.1:8080``; for an unspecified address, that of the loopback interface."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"{scheme}://{shown}:{port}"


def free_port(host: str, first: int) -> int:
    """Return the first free port from ``first`` on, 0 (which takes any) if none of a hundred is free."""
    for port in range(first, min(first + 100, 65_536)):
        with contextlib.suppress(OSError), _bind(host, port):
            return port
    return 0


def _bind(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Two sockets may be bound to one address before either of them listens.
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


def _explain(error: OSError, host: str, port: int, option: str) -> tuple[str, str]:
    match error.errno:
        case errno.EADDRINUSE:
            hint = f"stop it, or choose another port: {option} {free_port(host, port + 1)}"
            return f"port {port} is in use by another program", hint
        case errno.EACCES:
            hint = f"choose one above 1023: {option} {free_port(host, 8080)}"
            return f"port {port} needs rights that this user lacks", hint
        case _:
            return f"cannot listen on {host}:{port}: {error.strerror}", "check --host"
