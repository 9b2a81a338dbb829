"""``FinishedRun``: the end of a function's run, from which its ``Invocation`` is made. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from homeport.runtime.api import AwsServiceCall, DynamoDBRequest, Invocation, PermissionCheck
from homeport.runtime.function_config import FunctionConfig
from homeport.runtime.host.invocation_result import InvocationResult
from homeport.runtime.logs import InvocationReport, join_log, lines_of

MB = 1 << 20

LogPart = tuple[float, bytes]
"""A part of a log: the time at which it was written, in seconds since the epoch, and its bytes."""


@dataclass(frozen=True, slots=True)
class FrontNotes:
    """The front's notes on calls to AWS by a function in another language. A Python worker notes its calls itself."""

    checks: Sequence[PermissionCheck] = ()
    requests: Sequence[DynamoDBRequest] = ()
    service_calls: Sequence[AwsServiceCall] = ()


NO_NOTES = FrontNotes()


class FinishedRun(NamedTuple):
    """The end of a run of the function of ``config``. It is the run's ``FunctionResponse``.

    ``duration`` and ``init`` are milliseconds; ``init`` is None unless the run was a cold start. ``started_at`` and
    ``finished_at`` are seconds since the epoch. ``peak`` is the most memory that the process held, in bytes.
    ``earlier_log`` was written before the start, ``output`` by the function. Each of ``notes`` is a JSON object of the
    worker.
    """

    config: FunctionConfig
    request_id: str
    end: InvocationResult
    duration: float
    init: float | None
    peak: int
    started_at: float
    finished_at: float
    earlier_log: Sequence[LogPart]
    output: Sequence[LogPart]
    notes: Sequence[bytes]
    front: FrontNotes = NO_NOTES

    @property
    def payload(self) -> bytes:
        """The function's result, or what is known of its error, as JSON."""
        return self.end.payload

    @property
    def error(self) -> str | None:
        """``Unhandled`` where the payload is an error's, None where the function returned."""
        return self.end.error

    def invocation(self) -> Invocation:
        """Put the invocation together: its log with Lambda's own lines, and the calls to AWS."""
        log, log_times = join_log([*self.earlier_log, *self._log_parts()])
        notes: list[Mapping[str, Any]] = [json.loads(each) for each in self.notes]
        checks = (PermissionCheck(*check) for each in notes for check in each["checks"])
        requests = (DynamoDBRequest.from_trace(kept) for each in notes for kept in each["requests"])
        services = (AwsServiceCall.from_trace(kept) for each in notes for kept in each["services"])
        return Invocation(
            payload=self.payload,
            error=self.error,
            request_id=self.request_id,
            duration_ms=self.duration,
            init_ms=self.init,
            log=log,
            permission_checks=(*checks, *self.front.checks),
            requests=(*requests, *self.front.requests),
            log_times=log_times,
            service_calls=(*services, *self.front.service_calls),
            log_places=tuple((text, file, line) for each in notes for text, file, line in each["places"]),
        )

    def _log_parts(self) -> list[LogPart]:
        """Return the log from the start on: Lambda's own lines around what the function wrote."""
        config, end, lines = self.config, self.end, lines_of(self.config.log_format)
        used = min(-(-self.peak // MB), config.memory)
        report = InvocationReport(
            self.request_id, self.duration, config.memory, used, self.init, end.status, end.error_type
        )
        ends = [] if not self.output or self.output[-1][1].endswith(b"\n") else ["\n"]
        if end.status == "timeout":
            ends.append(lines.timeout(self.finished_at, self.request_id, config.timeout))
        if end.reason is not None:
            ends.append(lines.exit(self.finished_at, self.request_id, end.reason))
        ends.append(lines.end(self.finished_at, report))
        start = lines.start(self.started_at, self.request_id, config.arn)
        parts = ((self.finished_at, line.encode()) for line in ends if line)
        return [(self.started_at, start.encode()), *self.output, *parts]
