"""Recordings for tests: every argument by name, every default fixed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from homeport.gateway.context import Exchange
from homeport.gateway.http.message import Reply
from homeport.gateway.observers.recorder_client import frame_of
from homeport.http_headers import HttpHeaders
from homeport.recordings.exchange_frame import ExchangeFrame, facts_reader, from_frame
from homeport.recordings.recording import Body, RecordedCall, RecordedInvocation, Recording, Summary, Violation
from homeport.recordings.run import RecordedRun, RunSummary

RECEIVED = 1790074701.25
JSON: HttpHeaders = (("Content-Type", "application/json"),)


def make_body(content: Any = None) -> Body:
    """A body: text as it is, None for none, anything else as JSON."""
    text = "" if content is None else content if isinstance(content, str) else json.dumps(content)
    return Body(text, size=len(text.encode()))


def make_recording(
    *,
    id: str = "JCJgriq-vHcEPMg=",
    number: int = 0,
    method: str = "GET",
    target: str = "/items/1",
    operation: str | None = "getItem",
    status: int = 200,
    stage: str = "$default",
    path_parameters: HttpHeaders = (),
    headers: HttpHeaders = (),
    body: Any = None,
    reply_headers: HttpHeaders = JSON,
    reply: Any = None,
    called: Iterable[str] = (),
    violations: tuple[Violation, ...] = (),
    log: str = "",
) -> Recording:
    """A recording; ``called`` are the DynamoDB operations that its function used."""
    calls = tuple(RecordedCall(name, f"dynamodb:{name}", "items", True, 1.0, 0.5, None) for name in called)
    function = RecordedInvocation("f", f"f-{id}", Body(), Body(), make_body(log), None, 1.0, None, calls)
    return Recording(
        summary=Summary(
            number=number,
            id=id,
            function_id=function.request_id,
            received=RECEIVED,
            flavor="http",
            stage=stage,
            method=method,
            target=target,
            route=None,
            operation=operation,
            status=status,
            duration_ms=3.1,
            cold=False,
            gateway_error=None,
            drift=len(violations),
        ),
        base="http://127.0.0.1:8080" + ("" if stage == "$default" else f"/{stage}"),
        protocol="HTTP/1.1",
        source_ip="127.0.0.1",
        path_parameters=path_parameters,
        request_headers=headers,
        request_body=make_body(body),
        reply_headers=reply_headers,
        reply_body=make_body(reply),
        function=function,
        authorizer=None,
        stages=(),
        violations=violations,
    )


def exchange_frame(exchange: Exchange, reply: Reply, *, took: float = 0.0031, ticks: float = 0.0) -> ExchangeFrame:
    """An exchange as the recorder gets it: through the frame that it travels in."""
    reader = facts_reader()
    reader.feed(frame_of(exchange, reply, exchange.request.received + took, ticks))
    frame = reader.take()
    assert frame is not None
    return from_frame(*frame)


def make_run(
    function: str = "f",
    *,
    id: str = "run-1",
    started: float = RECEIVED,
    origin: str = "sqs jobs",
    error: str | None = None,
    records: int = 1,
    failed: int = 0,
    event: Any = None,
    log: str = "",
) -> RecordedRun:
    """A run of a function."""
    invocation = RecordedInvocation(function, id, make_body(event), Body(), make_body(log), error, 1.0, None)
    return RecordedRun(RunSummary(0, id, started, origin, function, error, 1.0, False, records, failed), invocation)
