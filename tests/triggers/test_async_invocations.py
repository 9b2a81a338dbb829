"""Asynchronous invocations: tried again, recorded, and kept over the end of the process; the Lambda API before them."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from homeport.project.triggers.function_references import FunctionReferences
from homeport.project.triggers.trigger import AsyncSettings, Triggers
from homeport.runtime.api import Invocation, RequestTooLarge, Throttled
from homeport.triggers.async_invocations import MAX_EVENT, AsyncInvocations
from homeport.triggers.event_store import EventStore
from homeport.triggers.lambda_api import LambdaCalls, LambdaReply, serve_lambda_api
from homeport.triggers.retries.async_event import RetryDelays
from tests.support.triggers import OwnFunctions, arn_of, make_invocation
from tests.support.waiting import wait_until

QUICK = RetryDelays(errors=(0.0, 0.0), throttled=0.0)


def references() -> FunctionReferences:
    return FunctionReferences({name: name for name in ("work", "after", "gone")})


@contextmanager
def running(
    folder: Path, functions: Mapping[str, Callable[[Any], Invocation]], **settings: Any
) -> Iterator[tuple[AsyncInvocations, OwnFunctions]]:
    """Asynchronous invocations of functions; ``settings`` are those of the function ``work``."""
    invoker = OwnFunctions(functions, Triggers((), {"work": AsyncSettings(**settings)}))
    invocations = AsyncInvocations(invoker, EventStore(folder), None, references, QUICK)
    try:
        yield invocations, invoker
    finally:
        invocations.close()


def fail(event: Any) -> Invocation:
    return make_invocation({"errorMessage": "no"}, "Unhandled")


def succeed(event: Any) -> Invocation:
    return make_invocation({"done": True})


def is_empty(folder: Path) -> bool:
    return not list(folder.glob("*"))


def test_event_reaches_its_function_and_is_forgotten(tmp_path: Path) -> None:
    with running(tmp_path, {"work": succeed}) as (invocations, invoker):
        invocations.submit("work", b'{"a": 1}', "sns news")
        wait_until(lambda: is_empty(tmp_path) and len(invoker.events) == 1)
    assert invoker.events == [("sns news", "work", {"a": 1})]


def test_event_is_tried_three_times_and_then_recorded(tmp_path: Path) -> None:
    functions = {"work": fail, "after": succeed}
    with running(tmp_path, functions, on_failure=arn_of("after")) as (invocations, invoker):
        id = invocations.submit("work", b'{"a": 1}', "s3 files")
        wait_until(lambda: len(invoker.events) == 4 and is_empty(tmp_path))
    assert [name for _, name, _ in invoker.events] == ["work", "work", "work", "after"]
    record = invoker.events[-1][2]
    assert record["requestContext"] == {
        "requestId": id,
        "functionArn": f"{arn_of('work')}:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["requestPayload"] == {"a": 1}
    assert record["responsePayload"] == {"errorMessage": "no"}
    assert invoker.warnings == []


def test_event_that_is_discarded_without_a_destination_is_named(tmp_path: Path) -> None:
    with running(tmp_path, {"work": fail}, max_retries=0) as (invocations, invoker):
        invocations.submit("work", b"{}", "s3 files")
        wait_until(lambda: is_empty(tmp_path))
    assert invoker.warnings == ["work failed for an event of s3 files, which is discarded: RetriesExhausted"]


def test_success_is_recorded_at_its_destination(tmp_path: Path) -> None:
    functions = {"work": succeed, "after": succeed}
    with running(tmp_path, functions, on_success=arn_of("after")) as (invocations, invoker):
        invocations.submit("work", b"{}", "x")
        wait_until(lambda: len(invoker.events) == 2)
    record = invoker.events[1][2]
    assert (record["requestContext"]["condition"], record["responsePayload"]) == ("Success", {"done": True})


def test_throttled_event_is_tried_until_there_is_room(tmp_path: Path) -> None:
    left = [Throttled("Rate Exceeded.")] * 5

    def busy(event: Any) -> Invocation:
        if left:
            raise left.pop()
        return make_invocation()

    with running(tmp_path, {"work": busy}, max_retries=0) as (invocations, invoker):
        invocations.submit("work", b"{}", "x")
        wait_until(lambda: is_empty(tmp_path))
    assert (len(invoker.events), invoker.warnings) == (6, [])


def test_event_that_was_kept_is_handed_on_after_a_restart(tmp_path: Path) -> None:
    EventStore(tmp_path).add("work", b'{"kept": 1}', "s3 files", time.time())
    with running(tmp_path, {"work": succeed}) as (_, invoker):
        wait_until(lambda: is_empty(tmp_path))
    assert invoker.events == [("s3 files", "work", {"kept": 1})]


def test_event_that_waited_longer_than_allowed_is_discarded(tmp_path: Path) -> None:
    EventStore(tmp_path).add("work", b"{}", "s3 files", time.time() - 61)
    with running(tmp_path, {"work": succeed}, max_age=60) as (_, invoker):
        wait_until(lambda: is_empty(tmp_path))
    assert invoker.events == []
    assert invoker.warnings == ["work failed for an event of s3 files, which is discarded: EventAgeExceeded"]


def test_event_of_a_function_that_is_gone_is_dropped_and_named(tmp_path: Path) -> None:
    with running(tmp_path, {}) as (invocations, invoker):
        invocations.submit("gone", b"{}", "s3 files")
        wait_until(lambda: is_empty(tmp_path))
    assert invoker.warnings == ["gone is not there any more: its event of s3 files is dropped"]


def test_destination_that_can_not_be_reached_is_named(tmp_path: Path) -> None:
    arn = "arn:aws:sqs:us-east-1:000000000000:dead"
    with running(tmp_path, {"work": fail}, max_retries=0, on_failure=arn) as (invocations, invoker):
        invocations.submit("work", b"{}", "x")
        wait_until(lambda: is_empty(tmp_path))
    assert invoker.warnings == [f"the record of work did not reach {arn}: no services of AWS run here"]


def test_event_over_a_megabyte_is_not_taken(tmp_path: Path) -> None:
    with running(tmp_path, {"work": succeed}) as (invocations, _), pytest.raises(RequestTooLarge):
        invocations.submit("work", b" " * (MAX_EVENT + 1), "x")


def call(
    folder: Path, function: str, body: bytes = b"{}", headers: Mapping[str, str] | None = None, **functions: Any
) -> tuple[LambdaReply, OwnFunctions]:
    """Return the reply of the API, and the invoker."""
    with running(folder, functions or {"work": succeed}) as (invocations, invoker):
        calls = LambdaCalls(invoker, invocations, references)
        target = f"/2015-03-31/functions/{function}/invocations"
        reply = calls.handle("POST", target, headers or {}, body)
        wait_until(lambda: is_empty(folder))
    return reply, invoker


@pytest.mark.parametrize(
    "name", ["work", arn_of("work"), f"{arn_of('work')}:live", "000000000000:function:work", "work:$LATEST"]
)
def test_function_is_found_by_each_form_of_its_name(tmp_path: Path, name: str) -> None:
    reply, invoker = call(tmp_path, name.replace(":", "%3A"), b'{"n": 1}')
    assert (reply.status, json.loads(reply.body)) == (200, {"done": True})
    assert invoker.events == [("invoke", "work", {"n": 1})]


def test_event_is_accepted_before_the_function_runs(tmp_path: Path) -> None:
    headers = {"x-amz-invocation-type": "Event", "x-homeport-origin": "sns news"}
    reply, invoker = call(tmp_path, "work", b'{"n": 1}', headers)
    assert (reply.status, reply.body) == (202, b"")
    assert invoker.events == [("sns news", "work", {"n": 1})]


def test_dry_run_invokes_nothing(tmp_path: Path) -> None:
    reply, invoker = call(tmp_path, "work", headers={"x-amz-invocation-type": "DryRun"})
    assert (reply.status, invoker.events) == (204, [])


def test_error_of_a_function_is_a_response_with_a_header(tmp_path: Path) -> None:
    reply, _ = call(tmp_path, "work", work=fail)
    assert (reply.status, reply.headers["X-Amz-Function-Error"]) == (200, "Unhandled")
    assert json.loads(reply.body) == {"errorMessage": "no"}


def test_end_of_the_log_comes_where_it_is_asked_for(tmp_path: Path) -> None:
    def talk(event: Any) -> Invocation:
        return make_invocation(log=b"a" * 4096 + b"end")

    reply, _ = call(tmp_path, "work", headers={"x-amz-log-type": "Tail"}, work=talk)
    assert base64.b64decode(reply.headers["X-Amz-Log-Result"]) == b"a" * 4093 + b"end"


def throttle(event: Any) -> Invocation:
    raise Throttled("Rate Exceeded.")


@pytest.mark.parametrize(
    ("function", "body", "headers", "status", "kind"),
    [
        ("nowhere", b"{}", {}, 404, "ResourceNotFoundException"),
        ("work", b"{", {}, 400, "InvalidRequestContentException"),
        ("work", b"{}", {"x-amz-invocation-type": "Later"}, 400, "InvalidParameterValueException"),
        ("work", b"{}", {}, 429, "TooManyRequestsException"),
        ("work", b"{}", {"origin": "https://evil.example"}, 403, "AccessDeniedException"),
        (
            *("work", b'"' + b"a" * MAX_EVENT + b'"', {"x-amz-invocation-type": "Event"}),
            *(413, "RequestEntityTooLargeException"),
        ),
    ],
)
def test_call_that_lambda_refuses_has_its_error(
    tmp_path: Path, function: str, body: bytes, headers: dict[str, str], status: int, kind: str
) -> None:
    reply, _ = call(tmp_path, function, body, headers, work=throttle)
    assert (reply.status, reply.headers["x-amzn-ErrorType"]) == (status, kind)
    assert json.loads(reply.body)["Message"]


def test_other_calls_of_the_api_are_not_there(tmp_path: Path) -> None:
    with running(tmp_path, {}) as (invocations, invoker):
        calls = LambdaCalls(invoker, invocations, references)
        assert calls.handle("GET", "/2015-03-31/functions/work", {}, b"").status == 501
        assert calls.handle("GET", "/2015-03-31/functions/work/invocations", {}, b"").status == 501


def test_api_answers_on_its_socket(tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    with running(tmp_path, {"work": succeed}) as (invocations, invoker):
        server = serve_lambda_api(listener, LambdaCalls(invoker, invocations, references))
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            for _ in range(2):
                connection.request("POST", "/2015-03-31/functions/work/invocations", b'{"n": 1}')
                response = connection.getresponse()
                assert (response.status, json.loads(response.read())) == (200, {"done": True})
            connection.close()
        finally:
            server.shutdown()
            server.server_close()
    assert invoker.events == [("invoke", "work", {"n": 1})] * 2
