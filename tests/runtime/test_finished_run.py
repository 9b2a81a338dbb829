from __future__ import annotations

import json

from homeport.runtime.api import DynamoDBRequest, PermissionCheck
from homeport.runtime.host.finished_run import MB, FinishedRun, FrontNotes
from homeport.runtime.host.invocation_result import InvocationResult, handler_ended, process_ended, time_limit_passed
from tests.support.runtime import make_config

_TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/items"
_CHECK = ("dynamodb:GetItem", _TABLE, True)
_REQUEST = {
    "operation": "GetItem",
    "permissions": [["GetItem", _TABLE, True]],
    "ms": 1.5,
    "error": None,
    "capacity": 0.5,
    "consistent": True,
    "at": 10.5,
}
_NOTES = {"checks": [_CHECK], "requests": [_REQUEST], "services": [], "places": [["line", "handler.py", 3]]}


def make_run(
    end: InvocationResult, *, output: bytes = b"", notes: bytes = b"", init: float | None = None
) -> FinishedRun:
    """A run that began at 10 and ended at 11 seconds."""
    return FinishedRun(
        config=make_config("service.handlers.x.handler", memory=128, timeout=3),
        request_id="1d",
        end=end,
        duration=1000.0,
        init=init,
        peak=5 * MB + 1,
        started_at=10.0,
        finished_at=11.0,
        earlier_log=[(9.0, b"INIT_START\n")],
        output=[(10.2, output)] if output else [],
        notes=[notes] if notes else [],
    )


def test_the_log_has_lambdas_lines_around_the_functions() -> None:
    invocation = make_run(handler_ended(b"{}", None), output=b"hello", init=2.0).invocation()
    assert invocation.log.decode().splitlines() == [
        "INIT_START",
        "START RequestId: 1d Version: $LATEST",
        "hello",
        "END RequestId: 1d",
        "REPORT RequestId: 1d\tDuration: 1000.00 ms\tBilled Duration: 1002 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 6 MB\tInit Duration: 2.00 ms\t",
    ]
    assert [at for _, at in invocation.log_times] == [9.0, 10.0, 10.2, 11.0, 11.0]
    assert (invocation.payload, invocation.error, invocation.init_ms) == (b"{}", None, 2.0)


def test_a_timeout_and_an_exit_have_their_lines() -> None:
    late = make_run(time_limit_passed("1d", 3)).invocation()
    ended = make_run(process_ended("1d", 7)).invocation()
    assert b"Task timed out after 3.00 seconds\n\nEND" in late.log
    assert b"exit status 7\nRuntime.ExitError\nEND" in ended.log
    assert (late.error, ended.error) == ("Unhandled", "Unhandled")


def test_the_workers_notes_are_read_when_the_invocation_is_asked_for() -> None:
    invocation = make_run(handler_ended(b"1", None), notes=json.dumps(_NOTES).encode()).invocation()
    assert invocation.permission_checks == (PermissionCheck("dynamodb:GetItem", _TABLE, True),)
    (request,) = invocation.requests
    assert request == DynamoDBRequest.from_trace(_REQUEST)
    assert invocation.log_places == (("line", "handler.py", 3),)


def test_a_programs_notes_are_the_fronts() -> None:
    check = PermissionCheck("s3:GetObject", "arn:aws:s3:::b/k", False)
    run = make_run(handler_ended(b"1", None))._replace(front=FrontNotes(checks=[check]))
    assert run.invocation().permission_checks == (check,)
