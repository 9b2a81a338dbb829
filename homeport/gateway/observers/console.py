"""What the developer reads while the API runs: a line a request, and under it what its functions logged."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TextIO

from homeport.gateway.context import Exchange
from homeport.gateway.http.message import Reply
from homeport.runtime.api import Invocation
from homeport.runtime.log_lines import is_platform, split_log
from homeport.terminal import Colour, Palette, line_colour, printable, show

_INDENT = " " * 9
_SHORT_ID = 8
_FRAME = re.compile(r'File "[^"]*?(service/[^"]+)", line (\d+), in (\S+)')
_LONGEST = 1000
# Seconds that lines wait for others at most.
_MOMENT = 0.02
# Lines of one invocation; all of them are in its log.
_MOST = 50
# The request's line tells the time, and whose log it is.
_LOGGED = re.compile(r"(\[[A-Z]+\])\t\S+Z\t[0-9a-f-]{36}\t")


class Console:
    """Writes to ``out``; each call's lines in one piece, since many threads reply at once.

    ``logs`` is whether to show what functions log; ``clock`` gives seconds since the epoch. While it is ``busy``, with
    more requests than the one that is shown, what is shown waits for a moment, and is written together.
    """

    def __init__(
        self,
        out: TextIO,
        palette: Palette,
        *,
        logs: bool,
        clock: Callable[[], float] = time.time,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._out = out
        self._busy = busy
        self._waiting: deque[str] = deque()
        self._writing = threading.Lock()
        self._due = threading.Event()
        threading.Thread(target=self._keep_writing, name="console", daemon=True).start()
        self._palette = palette
        self._logs = logs
        self._clock = clock

    def on_reply(self, exchange: Exchange, reply: Reply) -> None:
        """``12:00:01 200      3.1 ms GET    /items/1 JCJgriqv``, and what the client is not told of a failure.

        The last word is the beginning of the request id, enough for the commands that take one.
        """
        request, trace = exchange.request, exchange.trace
        now = self._clock()
        clock = time.strftime("%H:%M:%S", time.localtime(now))
        took = (now - request.received) * 1000
        status = self._palette.paint(_status_colour(reply.status), str(reply.status))
        cold = self._palette.paint("cyan", " cold") if trace.invocation and trace.invocation.init_ms else ""
        short = self._palette.paint("grey", exchange.context.request_id[:_SHORT_ID])
        lines = [f"{clock} {status} {took:>8.1f} ms {request.method:<6} {printable(request.target)}{cold} {short}"]
        if trace.error is not None and trace.error.reason:
            lines.append(_INDENT + self._palette.paint("red", printable(str(trace.error), _LONGEST)))
        if self._logs:
            for invocation in (trace.authorizer, trace.invocation):
                if invocation is not None:
                    lines += self._of_function(invocation)
        self._waiting.append("\n".join(lines) + "\n")
        if not self._busy():
            self.flush()
        elif not self._due.is_set():
            self._due.set()

    def flush(self) -> None:
        """Write what waits."""
        with self._writing:
            texts = []
            while self._waiting:
                texts.append(self._waiting.popleft())
            if texts:
                show(self._out, "".join(texts))

    def _keep_writing(self) -> None:
        while self._due.wait():
            time.sleep(_MOMENT)
            self._due.clear()
            self.flush()

    def _of_function(self, invocation: Invocation) -> Iterator[str]:
        """Its own lines, and Lambda's about it if it failed."""
        lines = [line for line in split_log(invocation.log) if line.strip()]
        if invocation.error and (raised := where_raised(invocation.payload)):
            yield _INDENT + self._palette.paint("red", printable(raised, _LONGEST))
        if not invocation.error:
            lines = [line for line in lines if not is_platform(line)]
        for line in lines[:_MOST]:
            yield _INDENT + self._palette.paint(line_colour(line) or "grey", _shown(line))
        if len(lines) > _MOST:
            yield f"{_INDENT}… {len(lines) - _MOST} more lines: homeport logs"


def where_raised(payload: bytes) -> str:
    """``ValueError: boom (service/handlers/get_item.py:12 in handler)`` of a function's error payload; "": no frame.

    The frame is the last one in the function's own code, not in what it calls.
    """
    try:
        error = json.loads(payload)
        frames = [found for frame in error["stackTrace"] if (found := _FRAME.search(frame))]
        first = f"{error['errorType']}: {error['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        return ""
    return f"{first} ({frames[-1][1]}:{frames[-1][2]} in {frames[-1][3]})" if frames else ""


def _shown(line: str) -> str:
    plain = _LOGGED.sub(r"\1 ", line).expandtabs(2).replace("\u00a0", " ")
    return printable(plain, _LONGEST)


def _status_colour(status: int) -> Colour:
    return "red" if status >= 500 else "yellow" if status >= 400 else "green"
