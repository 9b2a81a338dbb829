"""The client of the recorder (``homeport/recordings/recorder.py``): sends it every exchange, in the background."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from homeport.background import BackgroundQueue
from homeport.gateway.context import AnsweredCall, CallTrace, Exchange
from homeport.gateway.http.message import Reply
from homeport.gateway.pipeline import STEP_NAMES
from homeport.recordings.exchange_frame import pack_facts, to_frame
from homeport.runtime.api import Invocation

# Seconds between two deliveries. Exchanges that wait longer cost more: their memory is no longer in the caches.
_INTERVAL = 0.1
_SEND_TIMEOUT = 5.0
# Seconds that ``close`` waits for a recorder that is still starting.
_CLOSE_TIMEOUT = 1.5
# The recorder may be slow or not there. The number of exchanges that found no room is sent to it.
_CAPACITY = 5000
_MAX_BYTES = 64 * 1024 * 1024
_BATCH = 100


class RunEntry(NamedTuple):
    """A run of a function for the recorder: an invocation that no request waited for.

    ``cause`` is the id by which what caused it is known, ``""``: the event has it. ``started`` is seconds since the
    epoch.
    """

    origin: str
    function: str
    event: bytes
    invocation: Invocation
    started: float
    cause: str = ""


_Entry = AnsweredCall | RunEntry


def record_run(address: Path, entry: RunEntry) -> None:
    """Send one run to the recorder at ``address``; where it does not answer, the run is not recorded."""
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SEND_TIMEOUT)
        connection.connect(str(address))
        connection.sendall(run_frame(entry))


class RecorderClient:
    """A connection to the recorder that listens at ``address``, a Unix socket; ``capacity`` exchanges wait for it."""

    def __init__(self, address: Path, capacity: int = _CAPACITY) -> None:
        self._address = address
        self._socket: socket.socket | None = None
        self._dropped = 0
        self._queue: BackgroundQueue[_Entry] = BackgroundQueue(
            self._send_frames,
            name="recorder-client",
            interval=_INTERVAL,
            capacity=capacity,
            batch=_BATCH,
            size=_size,
            max_size=_MAX_BYTES,
        )

    def on_reply(self, call: AnsweredCall) -> None:
        """Send a call soon."""
        self._queue.put(call)

    def on_run(self, entry: RunEntry) -> None:
        """Send a run soon."""
        self._queue.put(entry)

    def flush(self) -> None:
        """Send the exchanges that wait. Those that can't be sent now wait on."""
        self._queue.flush()

    def close(self) -> None:
        """Send the exchanges that wait, giving a recorder that is still starting a moment."""
        self._queue.close(_CLOSE_TIMEOUT)
        if self._socket is not None:
            self._socket.close()

    def _send_frames(self, entries: list[_Entry]) -> int:
        """Return the number of entries that were sent whole."""
        if not self._connect():
            return 0
        frames = [run_frame(each) if isinstance(each, RunEntry) else frame_of(*each) for each in entries]
        dropped = self._queue.dropped
        if dropped > self._dropped:
            frames[0] = pack_facts({"lost": dropped - self._dropped}) + frames[0]
        sent = self._send(b"".join(frames))
        count = sum(1 for end in accumulate(map(len, frames)) if end <= sent)
        if count:
            self._dropped = dropped
        return count

    def _send(self, data: bytes) -> int:
        """Return the number of bytes that were sent. A frame that was cut off is sent whole on the next connection."""
        assert self._socket is not None
        left = memoryview(data)
        try:
            while left:
                left = left[self._socket.send(left) :]
        except OSError:
            self._socket.close()
            self._socket = None
        return len(data) - len(left)

    def _connect(self) -> bool:
        if self._socket is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(_SEND_TIMEOUT)
            try:
                connection.connect(str(self._address))
            except OSError:
                connection.close()
                return False
            self._socket = connection
        return True


def _size(entry: _Entry) -> int:
    """Return the bytes of the bodies of an entry."""
    if isinstance(entry, RunEntry):
        return len(entry.event) + len(entry.invocation.payload)
    return entry.size


def run_frame(entry: RunEntry) -> bytes:
    """Return a run as the recorder gets it."""
    run = {"origin": entry.origin, "started": entry.started, "cause": entry.cause}
    parts = {"event": entry.event, "payload": entry.invocation.payload, "log": entry.invocation.log}
    return to_frame({"run": run, "function": _invocation_facts(entry.function, entry.invocation)}, parts)


def frame_of(exchange: Exchange, reply: Reply, now: float, ticks: float) -> bytes:
    """Return an exchange as the recorder gets it; ``now`` is when its reply was sent, in seconds since the epoch.

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
    return to_frame(_facts_of(exchange, reply, now, ticks), parts)


def _facts_of(exchange: Exchange, reply: Reply, now: float, ticks: float) -> dict[str, Any]:
    request, context, trace, match = exchange.request, exchange.context, exchange.trace, exchange.match
    return {
        "id": context.request_id,
        "api": context.deployment.name,
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
        "function": _invocation_facts((match.operation.function if match else None) or "", trace.invocation),
        "authorizer": _invocation_facts(trace.authorizer_function, trace.authorizer),
        "mapping": [(note.title, note.pairs, note.text) for note in trace.notes.mapping] if trace.notes else [],
        "backend": _backend_facts(trace),
        "made": trace.notes.made if trace.notes else [],
    }


def _backend_facts(trace: CallTrace) -> Mapping[str, Any] | None:
    """Return the facts of the call of a service of AWS, None for an integration that made none."""
    if trace.notes is None or trace.notes.service is None:
        return None
    # Loaded only where an integration calls a service.
    from homeport.gateway.observers.service_facts import service_facts

    return service_facts(*trace.notes.service, trace.backend.duration_ms if trace.backend is not None else 0.0)


def stage_times(step_times: Sequence[float], failed_at: float | None) -> list[tuple[str, float]]:
    """Return each step of the pipeline that the exchange reached, and its milliseconds.

    ``step_times`` are ``CallTrace.step_times``. A step that raised an error has no time there: it ended at
    ``failed_at``.
    """
    marks = step_times if failed_at is None else [*step_times, failed_at]
    return [
        (name, round((after - before) * 1000, 3))
        for name, before, after in zip(STEP_NAMES, marks, marks[1:], strict=False)
    ]


def _invocation_facts(function: str, invocation: Invocation | None) -> Mapping[str, Any] | None:
    if invocation is None:
        return None
    return {
        "name": function,
        "requestId": invocation.request_id,
        "durationMs": round(invocation.duration_ms, 3),
        "initMs": invocation.init_ms,
        "error": invocation.error,
        "places": invocation.log_places,
        "checks": [(check.action, check.resource, check.allowed) for check in invocation.permission_checks],
        "requests": [
            {
                "operation": request.operation,
                "rights": [(right.action, right.resource, right.allowed) for right in request.permissions],
                "ms": request.duration_ms,
                "capacity": request.capacity,
                "error": request.error,
                "at": request.at,
                "writes": request.writes,
            }
            for request in invocation.requests
        ],
        "services": [
            {**call._asdict(), "permissions": [tuple(right) for right in call.permissions]}
            for call in invocation.service_calls
        ],
    }
