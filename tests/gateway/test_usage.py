from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest

from homeport.gateway.steps.usage import Quotas, TokenBucket, api_key_entries, find_api_key
from homeport.project.model import Quota, Throttle
from tests.support.logged import Logged
from tests.support.stages import make_key, make_plan, make_stage


def _at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _taken(bucket: TokenBucket, now: float, wanted: int) -> int:
    taken = 0
    while taken < wanted and bucket.has_token(now):
        bucket.take()
        taken += 1
    return taken


@pytest.mark.parametrize(
    ("rate", "burst", "moments", "admitted"),
    [
        # Full at first, then refilled by its rate, never above its size.
        (2, 5, [0, 0, 1, 1.5, 100], [5, 0, 2, 1, 5]),
        (0.5, 1, [0, 1, 2, 3.9, 4.1], [1, 0, 1, 0, 1]),
        (0, 2, [0, 1000], [2, 0]),
        (10, 0, [0, 1], [0, 0]),
        # A clock that goes back refills nothing.
        (1, 2, [10, 5, 6], [2, 0, 1]),
    ],
)
def test_a_bucket_refills_by_its_rate(rate: float, burst: int, moments: list[float], admitted: list[int]) -> None:
    bucket = TokenBucket(Throttle(rate, burst), moments[0])
    assert [_taken(bucket, moment, 10) for moment in moments] == admitted


def test_only_enabled_keys_in_a_plan_of_the_stage_may_be_used() -> None:
    plan = make_plan()
    stage = make_stage(
        usage_plans=[plan],
        api_keys=[
            make_key(),
            make_key(name="off", value="secret-2", enabled=False),
            make_key(name="free", value="secret-3", plan=None),
            make_key(name="lost", value="secret-4", plan="gone"),
            make_key(name="empty", value=""),
        ],
    )
    (entry,) = known = api_key_entries(stage)
    assert (entry.name, entry.value, entry.plan) == ("partner", "secret-1", plan)
    assert len(entry.id) == 10
    assert entry.id != entry.value
    assert find_api_key(known, "secret-1") is entry
    assert [find_api_key(known, value) for value in ("secret-2", "secret", "secret-1 ", "", "\xff")] == [None] * 5


@pytest.mark.parametrize(
    ("period", "before", "after"),
    [
        ("DAY", "2026-09-22T23:59:59", "2026-09-23T00:00:00"),
        # 26 September 2026 is a Saturday.
        ("WEEK", "2026-09-26T23:59:59", "2026-09-27T00:00:00"),
        ("WEEK", "2026-12-26T12:00:00", "2026-12-27T00:00:00"),
        ("MONTH", "2026-12-31T23:59:59", "2027-01-01T00:00:00"),
    ],
)
def test_a_quota_starts_anew_with_its_calendar_period(
    period: Literal["DAY", "WEEK", "MONTH"], before: str, after: str
) -> None:
    quota = Quota(2, period)
    (entry,) = api_key_entries(make_stage(usage_plans=[make_plan(quota=quota)], api_keys=[make_key()]))
    quotas = Quotas(None)
    seen = []
    for moment in (before, before, before, after):
        seen.append(quotas.has_left(entry, quota, _at(moment)))
        if seen[-1]:
            quotas.count_request(entry, quota, _at(moment))
    assert seen == [True, True, False, True]


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("DAY", "2026-09-22T00:00:00", "2026-09-22T23:59:59"),
        ("WEEK", "2026-12-27T00:00:00", "2027-01-02T23:59:59"),
        ("MONTH", "2026-02-01T00:00:00", "2026-02-28T23:59:59"),
    ],
)
def test_a_quota_holds_to_the_end_of_its_period(period: Literal["DAY", "WEEK", "MONTH"], first: str, last: str) -> None:
    quota = Quota(1, period)
    (entry,) = api_key_entries(make_stage(usage_plans=[make_plan(quota=quota)], api_keys=[make_key()]))
    quotas = Quotas(None)
    quotas.count_request(entry, quota, _at(first))
    assert not quotas.has_left(entry, quota, _at(last))


def test_counts_outlive_the_gateway_and_hold_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "data" / "usage.json"
    quota = Quota(2, "DAY")
    (entry,) = api_key_entries(make_stage(usage_plans=[make_plan(quota=quota)], api_keys=[make_key()]))
    moment = _at("2026-09-22T12:00:00")
    for _ in range(2):
        Quotas(file).count_request(entry, quota, moment)
    assert json.loads(file.read_text()) == {"basic/partner": ["2026-09-22", 2]}
    assert not Quotas(file).has_left(entry, quota, moment)


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', '{"a": ["b", "c"]}', "\x00"])
def test_a_file_that_is_broken_starts_the_counts_anew(content: str, tmp_path: Path, logged: Logged) -> None:
    file = tmp_path / "usage.json"
    file.write_text(content)
    quota = Quota(1, "DAY")
    (entry,) = api_key_entries(make_stage(usage_plans=[make_plan(quota=quota)], api_keys=[make_key()]))
    assert Quotas(file).has_left(entry, quota, 0.0)
    (message,) = logged.messages
    assert "quotas start anew" in message


def test_an_unwritable_file_is_logged_once(tmp_path: Path, logged: Logged) -> None:
    (tmp_path / "file").write_text("")
    quota = Quota(5, "DAY")
    (entry,) = api_key_entries(make_stage(usage_plans=[make_plan(quota=quota)], api_keys=[make_key()]))
    quotas = Quotas(tmp_path / "file" / "usage.json")
    quotas.count_request(entry, quota, 0.0)
    quotas.count_request(entry, quota, 0.0)
    assert len([message for message in logged.messages if "counted in memory only" in message]) == 1


def test_a_file_that_becomes_writable_again_gets_the_counts(tmp_path: Path, logged: Logged) -> None:
    place = tmp_path / "place"
    place.write_text("")
    quota = Quota(2, "DAY")
    (entry,) = api_key_entries(make_stage(usage_plans=[make_plan(quota=quota)], api_keys=[make_key()]))
    quotas = Quotas(place / "usage.json")
    quotas.count_request(entry, quota, 0.0)
    place.unlink()
    quotas.count_request(entry, quota, 0.0)
    assert not Quotas(place / "usage.json").has_left(entry, quota, 0.0)
