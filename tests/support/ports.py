"""Ports for programs that are told theirs, and which no other program gets meanwhile."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack

# Systems hand out ports from 32768 (Linux) or 49152 (macOS, Windows) on: to listeners at port 0 and to connections.
_FIRST, _LAST = 20_000, 32_000


def free_ports(count: int = 1) -> list[int]:
    """Return ports of 127.0.0.1 at which nothing listens, each the next one of the one before."""
    while True:
        first = random.SystemRandom().randrange(_FIRST, _LAST)
        with ExitStack() as sockets:
            try:
                for port in range(first, first + count):
                    sockets.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return list(range(first, first + count))
