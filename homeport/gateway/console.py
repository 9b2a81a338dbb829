"""What the developer reads while the API runs: a line a request."""

from __future__ import annotations

import time
from typing import TextIO

from homeport.gateway.context import Exchange
from homeport.gateway.message import Reply


class Console:
    """Writes to ``out``; each line in one piece, since many threads reply at once."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def replied(self, exchange: Exchange, reply: Reply) -> None:
        """``12:00:01 GET /items/1 200 3.1 ms``."""
        request = exchange.request
        now = time.time()
        clock = time.strftime("%H:%M:%S", time.localtime(now))
        took = (now - request.received) * 1000
        self._out.write(f"{clock} {request.method} {printable(request.target)} {reply.status} {took:.1f} ms\n")
        self._out.flush()


def printable(text: str, limit: int = 200) -> str:
    """Text from outside as it is safe to show: no control characters that a terminal would obey, not too long."""
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:limit])
    return shown if len(text) <= limit else f"{shown}…"
