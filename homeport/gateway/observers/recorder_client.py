"""Hands every exchange over to the recorder (``homeport/inspector``), off the path of the requests.

A request leaves no more than an entry in a queue; a thread makes frames of what has gathered and sends them.
"""

from __future__ import annotations

import atexit
import socket
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any

from homeport.gateway.context import Exchange
from homeport.gateway.http.message import Reply
from homeport.gateway.pipeline import STEP_NAMES
from homeport.pieces import pieces
from homeport.recordings.recording import to_frame
from homeport.runtime.api import Invocation
from homeport.runtime.worker.frames import pack

# Seconds between two deliveries. What waits longer costs more: its memory is no longer in the caches.
_PAUSE = 0.1
_PATIENCE = 5.0
# Seconds that the end waits for a recorder that is still starting.
_LAST_WAIT = 1.5
# What waits for a recorder that is slow, or not there; more than that is lost, and it is told how much.
_MOST = 5000
_MOST_BYTES = 64 * 1024 * 1024

_Entry = tuple[Exchange, Reply, float, float]


class RecorderClient:
    """Sends to the recorder that listens at ``place``, a Unix socket. ``most`` exchanges wait for it."""

    def __init__(self, place: Path, most: int = _MOST) -> None:
        self._most = most
        self._place = place
        self._waiting: deque[_Entry] = deque()
        self._size = 0
        self._lost = 0
        self._socket: socket.socket | None = None
        self._sending = threading.Lock()
        atexit.register(self.flush)
        threading.Thread(target=self._keep_sending, name="recorder-client", daemon=True).start()

    def on_reply(self, exchange: Exchange, reply: Reply) -> None:
        """Remember an exchange."""
        if len(self._waiting) >= self._most or self._size >= _MOST_BYTES:
            self._lost += 1
            return
        self._size += len(exchange.request.body) + len(reply.body)
        self._waiting.append((exchange, reply, time.time(), time.perf_counter()))

    def flush(self) -> None:
        """Send what has gathered; what can't be sent now waits on."""
        with self._sending:
            for count in pieces(len(self._waiting)):
                if not self._connected() or not self._deliver([self._waiting[at] for at in range(count)]):
                    return

    def close(self) -> None:
        """Send what has gathered; a recorder that is still starting is waited for."""
        end = time.monotonic() + _LAST_WAIT
        while True:
            self.flush()
            if not self._waiting or time.monotonic() >= end:
                return
            time.sleep(0.02)

    def _deliver(self, entries: Sequence[_Entry]) -> bool:
        """Send these, the next that wait. What went off whole is done with; False: not all did."""
        frames = [frame_of(*entry) for entry in entries]
        if self._lost:
            frames[0] = pack({"lost": self._lost}) + frames[0]
        sent = self._sent(b"".join(frames))
        for end, entry in zip(accumulate(map(len, frames)), entries, strict=True):
            if end > sent:
                return False
            self._lost = 0
            self._waiting.popleft()
            self._size -= len(entry[0].request.body) + len(entry[1].body)
        return True

    def _sent(self, data: bytes) -> int:
        """How many bytes went off. The recorder may go away amid a frame: another one begins with a whole one."""
        assert self._socket is not None
        left = memoryview(data)
        try:
            while left:
                left = left[self._socket.send(left) :]
        except OSError:
            self._socket.close()
            self._socket = None
        return len(data) - len(left)

    def _connected(self) -> bool:
        if self._socket is None:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.settimeout(_PATIENCE)
            try:
                sock.connect(str(self._place))
            except OSError:
                sock.close()
                return False
            self._socket = sock
        return True

    def _keep_sending(self) -> None:
        while True:
            time.sleep(_PAUSE)
            with suppress(OSError):
                self.flush()


def frame_of(exchange: Exchange, reply: Reply, now: float, ticks: float) -> bytes:
    """What the recorder gets of an exchange that was answered at ``now``, seconds since the epoch.

    ``ticks`` are the same moment on the clock of the pipeline's stages.
    """
    request, trace = exchange.request, exchange.trace
    invocation, authorizer = trace.invocation, trace.authorizer
    parts = {"request_body": request.body, "reply_body": reply.body, "event": trace.event}
    if invocation is not None:
        parts |= {"payload": invocation.payload, "log": invocation.log}
    if authorizer is not None:
        parts |= {"authorizer_payload": authorizer.payload, "authorizer_log": authorizer.log}
        parts["authorizer_event"] = trace.authorizer_event
    return to_frame(_facts(exchange, reply, now, ticks), parts)


def _facts(exchange: Exchange, reply: Reply, now: float, ticks: float) -> dict[str, Any]:
    request, context, trace, match = exchange.request, exchange.context, exchange.trace, exchange.match
    return {
        "id": context.request_id,
        "received": request.received,
        "durationMs": round((now - request.received) * 1000, 3),
        "flavor": context.deployment.flavor,
        "stage": context.deployment.stage,
        "method": request.method,
        "target": request.target,
        "protocol": request.protocol,
        "sourceIp": request.source_ip,
        "route": match.operation.route_key if match else None,
        "operation": match.operation.id if match else None,
        "pathParameters": dict(match.path_parameters) if match else {},
        "status": reply.status,
        "requestHeaders": request.headers,
        "replyHeaders": reply.headers,
        "refused": str(trace.error) if trace.error else None,
        "stages": stage_times(trace.step_times, ticks if trace.error else None),
        "function": _called((match.operation.function if match else None) or "", trace.invocation),
        "authorizer": _called(trace.authorizer_function, trace.authorizer),
    }


def stage_times(passed: Sequence[float], failed_at: float | None) -> list[tuple[str, float]]:
    """Each stage that the exchange reached, and its milliseconds.

    ``passed`` are the ticks at the beginning and after each stage, in seconds; the stage that refused the exchange,
    if one did, has none: it ended at ``failed_at``.
    """
    marks = passed if failed_at is None else [*passed, failed_at]
    return [
        (name, round((after - before) * 1000, 3))
        for name, before, after in zip(STEP_NAMES, marks, marks[1:], strict=False)
    ]


def _called(function: str, invocation: Invocation | None) -> Mapping[str, Any] | None:
    if invocation is None:
        return None
    return {
        "name": function,
        "requestId": invocation.request_id,
        "durationMs": round(invocation.duration_ms, 3),
        "initMs": invocation.init_ms,
        "error": invocation.error,
        "requests": [
            {
                "operation": request.operation,
                "rights": [(right.action, right.resource, right.allowed) for right in request.permissions],
                "ms": request.duration_ms,
                "capacity": request.capacity,
                "error": request.error,
            }
            for request in invocation.requests
        ],
    }
