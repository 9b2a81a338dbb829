"""What the developer reads while the API runs: a line a request."""

from __future__ import annotations

import time
from typing import TextIO

from homeport.gateway.context import Exchange
from homeport.gateway.message import Reply


class Console:
    """Writes to ``out``; each call's lines in one piece, since many threads reply at once."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def replied(self, exchange: Exchange, reply: Reply) -> None:
        """``12:00:01 GET /items/1 200 3.1 ms``, and what the client is not told of a failure."""
        request = exchange.request
        now = time.time()
        clock = time.strftime("%H:%M:%S", time.localtime(now))
        took = (now - request.received) * 1000
        line = f"{clock} {request.method} {printable(request.target)} {reply.status} {took:.1f} ms\n"
        refused = exchange.observed.refused
        if refused is not None and refused.reason:
            line += f"         {printable(str(refused), 1000)}\n"
        self._out.write(line)
        self._out.flush()


def printable(text: str, limit: int = 200) -> str:
    """Text from outside as it is safe to show: no control characters that a terminal would obey, not too long."""
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:limit])
    return shown if len(text) <= limit else f"{shown}…"
