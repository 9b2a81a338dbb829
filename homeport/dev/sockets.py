"""The listening sockets that outlive the processes behind them.

The supervisor owns them, so a child that is started again finds the connections that waited meanwhile.
"""

from __future__ import annotations

import errno
import socket

from homeport.errors import SetupError


def listen(host: str, port: int, option: str) -> socket.socket:
    """A listening, inheritable socket; port 0 takes a free one. ``option`` names the switch that sets the port.

    Raises SetupError when the address can't be had.
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
    """As ``listen``, but at a free port where that one is taken."""
    try:
        return listen(host, port, option)
    except SetupError:
        return listen(host, 0, option)


def _explain(exc: OSError, host: str, port: int, option: str) -> tuple[str, str]:
    match exc.errno:
        case errno.EADDRINUSE:
            return f"port {port} is in use by another program", f"stop it, or choose another port: {option} {port + 1}"
        case errno.EACCES:
            return f"port {port} needs rights that this user lacks", f"choose one above 1023: {option} 8080"
        case _:
            return f"cannot listen on {host}:{port}: {exc.strerror}", "check --host"


def address(listener: socket.socket) -> str:
    """``http://127.0.0.1:8080``; an unspecified address is shown as the loopback one, which also reaches it."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"
