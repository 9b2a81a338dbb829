"""Asynchronous invocations: tried again, recorded, and kept over the end of the process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from homeport.project.triggers.function_references import FunctionReferences
from homeport.project.triggers.trigger import AsyncSettings, Triggers
from homeport.runtime.api import Invocation, RequestTooLarge, Throttled
from homeport.runtime.worker.limits import MAX_ASYNCHRONOUS_EVENT
from homeport.triggers.async_invocations import AsyncInvocations
from homeport.triggers.event_store import EventStore
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
        invocations.submit("work", b" " * (MAX_ASYNCHRONOUS_EVENT + 1), "x")
