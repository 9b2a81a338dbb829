"""Schedule expressions: AWS's documented examples, worked out by hand."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest

from homeport.project.triggers.schedule_expression import ScheduleError, parse_schedule

START = datetime(2026, 1, 1, tzinfo=UTC)


def times(text: str, after: str, count: int = 3, zone: str = "UTC") -> list[str]:
    """Return the next times of a schedule, in UTC."""
    schedule, moment, found = parse_schedule(text, zone), datetime.fromisoformat(after).replace(tzinfo=UTC), []
    for _ in range(count):
        following = schedule.next_after(moment, START)
        if following is None:
            break
        moment = following.astimezone(UTC)
        found.append(moment.strftime("%Y-%m-%dT%H:%M:%S"))
    return found


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("rate(5 minutes)", "2026-01-01T00:07:30", ["2026-01-01T00:10:00", "2026-01-01T00:15:00"]),
        ("rate(1 hour)", "2026-01-01T01:00:00", ["2026-01-01T02:00:00", "2026-01-01T03:00:00"]),
        ("rate(1 day)", "2025-12-31T00:00:00", ["2026-01-02T00:00:00", "2026-01-03T00:00:00"]),
        ("cron(0 10 * * ? *)", "2026-05-04T10:00:00", ["2026-05-05T10:00:00", "2026-05-06T10:00:00"]),
        ("cron(15 12 * * ? *)", "2026-05-04T12:14:59", ["2026-05-04T12:15:00", "2026-05-05T12:15:00"]),
        ("cron(0 18 ? * MON-FRI *)", "2026-05-08T18:00:00", ["2026-05-11T18:00:00", "2026-05-12T18:00:00"]),
        ("cron(0 8 1 * ? *)", "2026-05-01T08:00:00", ["2026-06-01T08:00:00", "2026-07-01T08:00:00"]),
        ("cron(0/15 * * * ? *)", "2026-05-04T23:46:00", ["2026-05-05T00:00:00", "2026-05-05T00:15:00"]),
        ("cron(1/10 * * * ? *)", "2026-05-04T00:00:00", ["2026-05-04T00:01:00", "2026-05-04T00:11:00"]),
        ("cron(0/30 20-2 ? * MON-FRI *)", "2026-05-04T02:30:00", ["2026-05-04T20:00:00", "2026-05-04T20:30:00"]),
        ("cron(0 9 ? * 2#1 *)", "2026-05-04T09:00:00", ["2026-06-01T09:00:00", "2026-07-06T09:00:00"]),
        ("cron(0 0 L * ? *)", "2028-02-01T00:00:00", ["2028-02-29T00:00:00", "2028-03-31T00:00:00"]),
        ("cron(0 0 LW * ? *)", "2026-05-01T00:00:00", ["2026-05-29T00:00:00", "2026-06-30T00:00:00"]),
        ("cron(0 0 ? * 6L *)", "2026-05-01T00:00:00", ["2026-05-29T00:00:00", "2026-06-26T00:00:00"]),
        ("cron(0 0 ? * L *)", "2026-05-01T00:00:00", ["2026-05-02T00:00:00", "2026-05-09T00:00:00"]),
        ("cron(0 0 3W * ? *)", "2026-05-01T00:00:00", ["2026-05-04T00:00:00", "2026-06-03T00:00:00"]),
        ("cron(0 0 1W 8 ? *)", "2026-05-01T00:00:00", ["2026-08-03T00:00:00", "2027-08-02T00:00:00"]),
        ("cron(0 0 31W * ? *)", "2026-05-01T00:00:00", ["2026-05-29T00:00:00", "2026-07-31T00:00:00"]),
        ("cron(0 0 1 JAN,JUL ? 2027)", "2026-05-01T00:00:00", ["2027-01-01T00:00:00", "2027-07-01T00:00:00"]),
        ("cron(0 0 ? * FRI-MON *)", "2026-05-05T00:00:00", ["2026-05-08T00:00:00", "2026-05-09T00:00:00"]),
    ],
)
def test_schedule_has_the_times_of_its_expression(text: str, after: str, expected: list[str]) -> None:
    assert times(text, after, 2) == expected


def test_schedule_ends_with_its_last_year() -> None:
    assert times("cron(0 0 1 12 ? 2026)", "2026-05-01T00:00:00") == ["2026-12-01T00:00:00"]


def test_schedule_of_one_time_runs_once_in_its_zone() -> None:
    assert times("at(2026-11-20T13:00:00)", "2026-01-01T00:00:00", zone="Europe/Berlin") == ["2026-11-20T12:00:00"]


def test_times_of_a_zone_follow_summer_time() -> None:
    expected = ["2026-03-28T02:00:00", "2026-03-29T01:00:00", "2026-03-30T01:00:00"]
    assert times("cron(0 3 * * ? *)", "2026-03-27T12:00:00", zone="Europe/Berlin") == expected


def test_time_that_summer_time_leaves_out_is_skipped() -> None:
    expected = ["2026-03-28T01:30:00", "2026-03-30T00:30:00"]
    assert times("cron(30 2 * * ? *)", "2026-03-27T12:00:00", 2, zone="Europe/Berlin") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("every day", "is no schedule"),
        ("rate(1 minutes)", "AWS wants minute after 1"),
        ("rate(5 minute)", "AWS wants minutes after 5"),
        ("rate(0 minutes)", "is no rate"),
        ("rate(5 seconds)", "is no rate"),
        ("cron(0 10 * * ?)", "cron has six fields"),
        ("cron(0 10 * * * *)", "exactly one of"),
        ("cron(0 10 ? * ? *)", "exactly one of"),
        ("cron(60 10 * * ? *)", "'60' is no value of minutes, which has 0-59"),
        ("cron(0 24 * * ? *)", "'24' is no value of hours"),
        ("cron(0 10 ? * XYZ *)", "'XYZ' is no value of day of week"),
        ("cron(0 10 ? * 0 *)", "'0' is no value of day of week"),
        ("at(2026-11-20)", "is no time"),
    ],
)
def test_faulty_expression_is_refused(text: str, message: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_schedule(text)
    assert message in str(caught.value)


def test_unknown_zone_is_refused() -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_schedule("cron(0 10 * * ? *)", "Europe/Atlantis")
    assert str(caught.value) == "there is no time zone 'Europe/Atlantis'"


@pytest.mark.parametrize("text", ["rate(1 day)", "cron(0 9 ? * 2#1 *)", "at(2026-11-20T13:00:00)"])
def test_schedule_is_the_same_in_another_process(text: str) -> None:
    schedule = parse_schedule(text, "Europe/Berlin")
    copy = pickle.loads(pickle.dumps(schedule))
    assert copy == schedule
    moment = datetime(2026, 5, 4, tzinfo=UTC)
    assert copy.next_after(moment, START) == schedule.next_after(moment, START)
