"""Retries of batches and of asynchronous invocations, as pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from homeport.project.triggers.event_pattern import EventPattern
from homeport.project.triggers.trigger import FOREVER, AsyncSettings
from homeport.triggers.filtering import takes
from homeport.triggers.retries.async_event import EventState, GiveUp, RetryDelays, RetryLater, after_attempt, is_too_old
from homeport.triggers.retries.partial_failures import failed_records
from homeport.triggers.retries.stream_batch import (
    BatchSettings,
    NextSteps,
    StreamWork,
    after_failure,
    retry_pause,
    without_expired,
)


@dataclass(frozen=True)
class Item:
    """A record of a shard."""

    sequence: str
    arrived: float = 0.0


def work(names: str, retries: int = 0) -> StreamWork[Item]:
    return StreamWork(tuple(Item(name) for name in names), retries)


def names(steps: NextSteps[Item]) -> list[tuple[str, int]]:
    """Return the batches that follow, each as the letters of its records and its retries."""
    return [("".join(record.sequence for record in each.records), each.retries) for each in steps.work]


# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
@pytest.mark.parametrize(
    ("payload", "failed"),
    [
        (b'{"batchItemFailures": [{"itemIdentifier": "b"}]}', "b"),
        (b'{"batchItemFailures": []}', ""),
        (b'{"batchItemFailures": null}', ""),
        (b"{}", ""),
        (b"null", ""),
        (b'{"other": 1}', ""),
        (b"not json", "abc"),
        (b'""', "abc"),
        (b'"text"', "abc"),
        (b'{"batchItemFailures": [{"itemIdentifier": ""}]}', "abc"),
        (b'{"batchItemFailures": [{"itemIdentifier": null}]}', "abc"),
        (b'{"batchItemFailures": [{"ItemIdentifier": "b"}]}', "abc"),
        (b'{"batchItemFailures": [{"itemIdentifier": "z"}]}', "abc"),
        (b'{"batchItemFailures": ["b"]}', "abc"),
        (b'{"batchItemFailures": "b"}', "abc"),
    ],
)
def test_response_names_the_records_that_failed(payload: bytes, failed: str) -> None:
    assert failed_records(payload, ["a", "b", "c"]) == frozenset(failed)


def test_failed_batch_is_tried_again_as_a_whole() -> None:
    assert names(after_failure(work("abcd"), BatchSettings())) == [("abcd", 1)]


def test_failed_batch_is_tried_again_until_its_retries_are_over() -> None:
    settings = BatchSettings(max_retries=2)
    assert names(after_failure(work("ab", retries=1), settings)) == [("ab", 2)]
    last = after_failure(work("ab", retries=2), settings)
    assert last.work == ()
    assert last.discarded is not None
    assert ([item.sequence for item in last.discarded.records], last.discarded.condition) == (
        ["a", "b"],
        "RetryAttemptsExhausted",
    )


def test_bisected_batch_keeps_its_retries_until_one_record_is_left() -> None:
    settings = BatchSettings(bisect=True, max_retries=0)
    assert names(after_failure(work("abcde"), settings)) == [("ab", 0), ("cde", 0)]
    assert after_failure(work("a"), settings).discarded is not None


def test_bisecting_finds_the_faulty_record_of_a_batch() -> None:
    settings, invoked, lost = BatchSettings(bisect=True, max_retries=1), [], []
    waiting: list[StreamWork[Item]] = [work("abcdefgh")]
    while waiting:
        batch = waiting.pop(0)
        letters = "".join(item.sequence for item in batch.records)
        invoked.append(letters)
        if "c" in letters:
            following = after_failure(batch, settings)
            waiting[:0] = following.work
            lost += [item.sequence for item in following.discarded.records] if following.discarded else []
    assert invoked == ["abcdefgh", "abcd", "ab", "cd", "c", "c", "d", "efgh"]
    assert lost == ["c"]


@pytest.mark.parametrize("bisect", [False, True])
def test_partial_failure_is_tried_again_from_the_lowest_record_on(bisect: bool) -> None:
    steps = after_failure(work("abcdef"), BatchSettings(bisect=bisect), ["e", "c"])
    assert names(steps) == [("cdef", 1)]


def test_records_over_the_age_are_discarded_and_the_others_stay() -> None:
    batch = StreamWork((Item("a", 10.0), Item("b", 95.0)), 3)
    rest, old = without_expired(batch, BatchSettings(max_age=60), 100.0)
    assert rest == StreamWork((Item("b", 95.0),), 3)
    assert old is not None
    assert (old.records, old.condition) == ((Item("a", 10.0),), "RecordAgeExceeded")


def test_records_of_any_age_stay_without_a_limit() -> None:
    assert without_expired(work("a"), BatchSettings(max_age=FOREVER), 1e9) == (work("a"), None)


def test_batch_whose_records_are_all_too_old_is_gone() -> None:
    rest, old = without_expired(work("ab"), BatchSettings(max_age=60), 1000.0)
    assert rest is None
    assert old is not None
    assert len(old.records) == 2


def test_pauses_double_up_to_the_longest() -> None:
    assert [retry_pause(count, 1.0, 60.0) for count in (1, 2, 3, 7, 400)] == [1.0, 2.0, 4.0, 60.0, 60.0]


def course(results: Sequence[str], settings: AsyncSettings) -> list[float | str]:
    """Return the delays between the attempts of an event, and at the end why it was given up."""
    state, now, found = EventState(sent=0.0), 0.0, list[float | str]()
    for result in results:
        step = after_attempt(state, "throttled" if result == "throttled" else "failed", settings, RetryDelays(), now)
        if isinstance(step, GiveUp):
            return [*found, step.condition]
        assert isinstance(step, RetryLater)
        state, now = step.state, now + step.delay
        found.append(step.delay)
    return found


@pytest.mark.parametrize(
    ("results", "settings", "expected"),
    [
        (["failed"] * 3, AsyncSettings(), [60.0, 120.0, "RetriesExhausted"]),
        (["failed"] * 3, AsyncSettings(max_retries=1), [60.0, "RetriesExhausted"]),
        (["failed"], AsyncSettings(max_retries=0), ["RetriesExhausted"]),
        (["failed"] * 2, AsyncSettings(max_age=100), [60.0, "EventAgeExceeded"]),
        (["throttled"] * 4, AsyncSettings(max_retries=0), [1.0, 2.0, 4.0, 8.0]),
        (["throttled", "failed", "failed"], AsyncSettings(max_retries=1), [1.0, 60.0, "RetriesExhausted"]),
        (
            ["throttled"] * 12,
            AsyncSettings(max_age=700),
            [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, "EventAgeExceeded"],
        ),
    ],
)
def test_event_is_tried_again_as_lambda_does(
    results: list[str], settings: AsyncSettings, expected: list[float | str]
) -> None:
    assert course(results, settings) == expected


def test_event_that_waited_too_long_is_not_tried() -> None:
    assert is_too_old(EventState(sent=0.0), AsyncSettings(max_age=60), 61.0)
    assert not is_too_old(EventState(sent=0.0), AsyncSettings(max_age=60), 60.0)


# https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
# https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
# https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
@pytest.mark.parametrize(
    ("pattern", "record", "taken"),
    [
        ({"body": {"RecordNumber": [{"numeric": [">", 5]}]}}, {"body": '{"RecordNumber": 6}'}, True),
        ({"body": {"RecordNumber": [{"numeric": [">", 5]}]}}, {"body": '{"RecordNumber": 5}'}, False),
        ({"body": {"RecordNumber": [6]}}, {"body": "plain"}, False),
        ({"body": ["plain"]}, {"body": "plain"}, True),
        ({"body": [{"prefix": "pl"}]}, {"body": '{"RecordNumber": 6}'}, False),
        (
            {"messageAttributes": {"kind": {"stringValue": ["a"]}}},
            {"body": "x", "messageAttributes": {"kind": {"stringValue": "a"}}},
            True,
        ),
        ({"eventName": ["INSERT"]}, {"eventName": "INSERT", "dynamodb": {}}, True),
        ({"dynamodb": {"NewImage": {"n": {"N": ["5"]}}}}, {"dynamodb": {"NewImage": {"n": {"N": "5"}}}}, True),
        ({"dynamodb": {"NewImage": {"n": {"N": [5]}}}}, {"dynamodb": {"NewImage": {"n": {"N": "5"}}}}, False),
        ({"dynamodb": {"OldImage": {"n": {"S": [{"exists": False}]}}}}, {"dynamodb": {"NewImage": {}}}, True),
        ({"data": {"a": [1]}}, {"kinesis": {"data": "eyJhIjogMX0=", "partitionKey": "1"}}, True),
        ({"data": {"a": [2]}}, {"kinesis": {"data": "eyJhIjogMX0=", "partitionKey": "1"}}, False),
        ({"data": ["hello"]}, {"kinesis": {"data": "aGVsbG8=", "partitionKey": "1"}}, True),
        (
            {"data": {"a": [1]}, "partitionKey": ["2"]},
            {"kinesis": {"data": "eyJhIjogMX0=", "partitionKey": "1"}},
            False,
        ),
    ],
)
def test_filter_takes_the_records_that_lambda_takes(
    pattern: dict[str, object], record: dict[str, object], taken: bool
) -> None:
    assert takes([EventPattern.parse(pattern)], record) is taken


def test_record_passes_where_one_of_several_filters_takes_it() -> None:
    filters = [EventPattern.parse({"body": ["a"]}), EventPattern.parse({"body": ["b"]})]
    assert [body for body in "abc" if takes(filters, {"body": body})] == ["a", "b"]
    assert takes([], {"body": "c"})
