"""The console: a line for each request and each event of a trigger, and under it what the functions logged."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TextIO, assert_never

from homeport.background import BackgroundQueue
from homeport.gateway.context import AnsweredCall, CallTrace, Exchange
from homeport.gateway.http.message import Reply
from homeport.gateway.observers.log_lines import MAX_LENGTH, terminal_lines
from homeport.package_cache import in_package_set
from homeport.runtime.api import Invocation
from homeport.runtime.logs import is_platform, split_log
from homeport.terminal import Colour, Palette, line_colour, printable, show

_INDENT = " " * 9
_SHORT_ID = 8
_FRAME = re.compile(r'File "(?:[^"]*?(?<=[/"])(?=service/)|[^"]*/(?=[^"/]+/[^"/]+"))([^"]+)", line (\d+), in (\S+)')
# Where the packages and the runtime are, which are not a function's own code.
_NOT_OWN = ("/site-packages/", "/dist-packages/", "/lib/python", "/homeport/runtime/", "/packages/", "<frozen")
# Seconds between two writes.
_INTERVAL = 0.02
# Calls that wait; when there are more, the next request writes them.
_CAPACITY = 10_000
# Lines of one invocation. All of them are in its log.
_MAX_LINES = 50
_ENCODED = re.compile(rb'"isBase64Encoded": ?true')


class _HandledEvent(NamedTuple):
    """An event that a function was invoked for."""

    origin: str
    function: str
    invocation: Invocation
    now: float


class _WarningLine(NamedTuple):
    """A line about what does not work."""

    line: str
    now: float


_Entry = AnsweredCall | _HandledEvent | _WarningLine


class Console:
    """Writes to ``out``, in the background; the lines of a call stay together.

    ``logs`` is whether to show what functions log; ``clock`` gives seconds since the epoch. ``hints`` returns what to
    do about the failure of a function.
    """

    def __init__(
        self,
        out: TextIO,
        palette: Palette,
        *,
        logs: bool,
        clock: Callable[[], float] = time.time,
        hints: Callable[[str, Invocation], Iterable[str]] = lambda function, invocation: (),
    ) -> None:
        self._out = out
        self._palette = palette
        self._logs = logs
        self._clock = clock
        self._hints_of = hints
        self._queue: BackgroundQueue[_Entry] = BackgroundQueue(
            self._write, name="console", interval=_INTERVAL, capacity=_CAPACITY
        )

    def on_reply(self, call: AnsweredCall) -> None:
        """Show a call, as ``12:00:01 200      3.1 ms GET    /items/1 JCJgriq``, with errors that clients can't see.

        The last word is the beginning of the request id, enough for the commands that take one.
        """
        self._put(call)

    def on_event(self, origin: str, function: str, invocation: Invocation) -> None:
        """Show an event, as ``12:00:01 ok       3.1 ms sqs jobs > ship-order 1f0c53b2``."""
        self._put(_HandledEvent(origin, function, invocation, self._clock()))

    def on_warning(self, line: str) -> None:
        """Show a line about what does not work."""
        self._put(_WarningLine(line, self._clock()))

    def _put(self, entry: _Entry) -> None:
        if not self._queue.put(entry):
            self.flush()
            self._queue.put(entry)

    def flush(self) -> None:
        """Write the lines that wait, in this thread."""
        self._queue.flush()

    def _write(self, entries: list[_Entry]) -> None:
        show(self._out, "".join(f"{line}\n" for entry in entries for line in self._lines_of(entry)))

    def _lines_of(self, entry: _Entry) -> Iterator[str]:
        match entry:
            case AnsweredCall():
                return self._lines(entry.exchange, entry.reply, entry.at)
            case _HandledEvent():
                return self._event_lines(entry)
            case _WarningLine():
                clock = time.strftime("%H:%M:%S", time.localtime(entry.now))
                return iter([f"{clock} {self._palette.paint('yellow', printable(entry.line, MAX_LENGTH))}"])
        assert_never(entry)

    def _event_lines(self, event: _HandledEvent) -> Iterator[str]:
        invocation = event.invocation
        clock = time.strftime("%H:%M:%S", time.localtime(event.now))
        status = self._palette.paint("red", "err") if invocation.error else self._palette.paint("green", "ok ")
        cold = self._palette.paint("cyan", " cold") if invocation.init_ms else ""
        short = self._palette.paint("grey", invocation.request_id[:_SHORT_ID])
        what = f"{printable(event.origin)} > {event.function}"
        yield f"{clock} {status} {invocation.duration_ms:>8.1f} ms {what}{cold} {short}"
        for line in self._hints_of(event.function, invocation):
            yield _INDENT + self._palette.paint("yellow", printable(line, MAX_LENGTH))
        if self._logs:
            yield from self._function_lines(invocation)

    def _lines(self, exchange: Exchange, reply: Reply, now: float) -> Iterator[str]:
        request, trace = exchange.request, exchange.trace
        clock = time.strftime("%H:%M:%S", time.localtime(now))
        took = (now - request.received) * 1000
        status = self._palette.paint(_status_colour(reply.status), str(reply.status))
        cold = self._palette.paint("cyan", " cold") if trace.invocation and trace.invocation.init_ms else ""
        canary = self._palette.paint("yellow", " canary") if exchange.context.deployment.is_canary else ""
        cached = self._palette.paint("cyan", " cached") if trace.cached else ""
        short = self._palette.paint("grey", exchange.context.request_id[:_SHORT_ID])
        notes = f"{cold}{cached}{canary}"
        yield f"{clock} {status} {took:>8.1f} ms {request.method:<6} {printable(request.target)}{notes} {short}"
        if trace.error is not None and trace.error.reason and not self._is_repeated(trace.error.reason, trace):
            yield _INDENT + self._palette.paint("red", printable(str(trace.error), MAX_LENGTH))
        if hint := base64_hint(exchange):
            yield _INDENT + self._palette.paint("yellow", hint)
        for line in self._hints(exchange):
            yield _INDENT + self._palette.paint("yellow", printable(line, MAX_LENGTH))
        if self._logs:
            for invocation in (trace.authorizer, trace.invocation):
                if invocation is not None:
                    yield from self._function_lines(invocation)

    def _is_repeated(self, reason: str, trace: CallTrace) -> bool:
        """Return whether a reason is the function's own error, whose line also says where it was raised."""
        raised = where_raised(trace.invocation.payload) if self._logs and trace.invocation is not None else ""
        return bool(raised) and raised.startswith(reason)

    def _hints(self, exchange: Exchange) -> Iterator[str]:
        """Yield what to do about the failures of the functions that answered a request."""
        trace, route = exchange.trace, exchange.match
        own = (route.operation.function if route is not None else None) or ""
        for function, invocation in ((trace.authorizer_function, trace.authorizer), (own, trace.invocation)):
            if invocation is not None:
                yield from self._hints_of(function, invocation)

    def _function_lines(self, invocation: Invocation) -> Iterator[str]:
        """Yield the function's own lines, and Lambda's lines about it if it failed."""
        lines = [line for line in split_log(invocation.log) if line.strip()]
        if invocation.error and (raised := where_raised(invocation.payload)):
            yield _INDENT + self._palette.paint("red", printable(raised, MAX_LENGTH))
        if not invocation.error:
            lines = [line for line in lines if not is_platform(line)]
        shown = list(terminal_lines(lines))
        for line in shown[:_MAX_LINES]:
            yield _INDENT + self._palette.paint(line_colour(line) or "grey", line)
        if len(shown) > _MAX_LINES:
            yield f"{_INDENT}… {len(shown) - _MAX_LINES} more lines: homeport logs"


def base64_hint(exchange: Exchange) -> str:
    """Return a hint for JSON that reached a function in base64, as the body of ``curl -d`` does; "" for all else."""
    event, request = exchange.trace.event, exchange.request
    if not request.body.lstrip().startswith((b"{", b"[")) or not _ENCODED.search(event or b""):
        return ""
    kind = printable(request.header("content-type") or "none")
    hint = "send -H 'content-type: application/json'"
    return f"the function got this JSON in base64, for its content type is {kind}: {hint}"


def where_raised(payload: bytes) -> str:
    """Return ``ValueError: boom (service/handlers/get_item.py:12 in handler)`` of an error payload; "": no frame.

    The frame is the last one in the function's own code, not in what it calls.
    """
    try:
        error = json.loads(payload)
        own = (frame for frame in error["stackTrace"] if not any(part in frame for part in _NOT_OWN))
        own = (frame for frame in own if not in_package_set(frame))
        frames = [found for frame in own if (found := _FRAME.search(frame))]
        first = f"{error['errorType']}: {error['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        return ""
    return f"{first} ({frames[-1][1]}:{frames[-1][2]} in {frames[-1][3]})" if frames else ""


def _status_colour(status: int) -> Colour:
    return "red" if status >= 500 else "yellow" if status >= 400 else "green"
