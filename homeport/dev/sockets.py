"""The listening sockets that outlive the processes behind them.

The supervisor owns them, so connections that arrive while a child is restarted wait for it.
"""

from __future__ import annotations

import errno
import socket

from homeport.errors import SetupError


def listen(host: str, port: int, option: str) -> socket.socket:
    """Return a listening, inheritable socket; port 0 takes a free one. ``option`` names the switch that sets the port.

    Raises SetupError if it can't listen there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as exc:
        listener.close()
        raise SetupError(*_explain(exc, host, port, option)) from exc
    listener.set_inheritable(True)
    return listener


def listen_near(host: str, port: int, option: str) -> socket.socket:
    """Return a socket as ``listen`` does, at a free port if that one is taken."""
    try:
        return listen(host, port, option)
    except SetupError:
        return listen(host, 0, option)


def address(listener: socket.socket) -> str:
    """Return a socket's URL, ``http://127.0.0.1:8080``; for an unspecified address, that of the loopback interface."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"


def _explain(exc: OSError, host: str, port: int, option: str) -> tuple[str, str]:
    match exc.errno:
        case errno.EADDRINUSE:
            return f"port {port} is in use by another program", f"stop it, or choose another port: {option} {port + 1}"
        case errno.EACCES:
            return f"port {port} needs rights that this user lacks", f"choose one above 1023: {option} 8080"
        case _:
            return f"cannot listen on {host}:{port}: {exc.strerror}", "check --host"
