"""Stored items: types, expiries and keys, as DynamoDB's JSON has them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from homeport.contract.checks.storage.stored_items import (
    KeyPart,
    described_durations,
    expiry_attribute,
    expiry_problems,
    find_item,
    key_parts,
    wrong_type,
)

_NOW = 1_790_000_000.0
_TTL = {"TimeToLiveSpecification": {"AttributeName": "expiresAt", "Enabled": True}}
_KEYS = {
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [{"IndexName": "byOwner", "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}]}],
}


@pytest.mark.parametrize(
    ("value", "attribute", "part"),
    [
        (Decimal("1.5"), {"N": "1.50"}, ""),
        (Decimal("1.5"), {"S": "1.5"}, "number"),
        (7, {"S": "seven"}, ""),
        (True, {"BOOL": True}, ""),
        (True, {"S": "true"}, "boolean"),
        (["a"], {"L": [{"S": "a"}]}, ""),
        (["a"], {"SS": ["a"]}, "set"),
        ("", {"S": "-"}, "empty text"),
        ("", {"NULL": True}, ""),
        ("2026-01-01", {"N": "20260101"}, ""),
    ],
)
def test_stored_type_fits_the_answer(value: Any, attribute: dict[str, Any], part: str) -> None:
    problem = wrong_type(value, attribute)
    assert part in problem
    assert bool(problem) is bool(part)


@pytest.mark.parametrize(
    ("item", "part"),
    [
        ({"expiresAt": {"N": "1790003600"}}, ""),
        ({"expiresAt": {"N": "1790003600000"}}, "milliseconds"),
        ({"expiresAt": {"S": "1790003600"}}, "stored as S"),
        ({"expiresAt": {"S": "2026-09-22T10:00:00Z"}}, "stored as S"),
        ({"expiresAt": {"N": "1780000000"}}, "past"),
        ({"expiresAt": {"N": "1790003600.5"}}, "whole number"),
        ({"ttl": {"N": "1790003600"}}, "is on expiresAt"),
        ({"expires": {"S": "2026-09-22"}}, ""),
        ({"name": {"S": "x"}}, ""),
    ],
)
def test_expiry_is_one_that_dynamodb_acts_on(item: dict[str, Any], part: str) -> None:
    problems = [text for _, text in expiry_problems(item, _TTL, ("expires",), _NOW)]
    assert part in "".join(problems)
    assert bool(problems) is bool(part)


@pytest.mark.parametrize(
    ("item", "part"),
    [
        ({"expires": {"N": "1790003600"}}, "no TimeToLive"),
        ({"expires": {"N": "1790003600000"}}, ""),
        ({"expires": {"S": "2026-09-22"}}, ""),
    ],
)
def test_without_a_time_to_live_only_seconds_look_like_an_expiry(item: dict[str, Any], part: str) -> None:
    problems = [text for _, text in expiry_problems(item, {}, (), _NOW)]
    assert part in "".join(problems)
    assert bool(problems) is bool(part)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("A counter. Counts are kept for 35 days, in UTC.", [3_024_000]),
        ("A line that is not touched for 30 days is removed", [2_592_000]),
        ("It expires an hour after its creation. Open 9 hours a day.", [3600]),
        ("Retry after 2 seconds.", []),
    ],
)
def test_times_that_something_is_kept_are_read(text: str, seconds: list[float]) -> None:
    assert described_durations(text) == seconds


@pytest.mark.parametrize(
    ("kept", "described", "is_wrong"),
    [
        (35 * 86_400, [35 * 86_400], False),
        (35 * 3600, [35 * 86_400], True),
        (86_400, [3600], True),
        (86_400, [3600, 86_400], False),
        (5000, [3600], False),
        (600, [], False),
    ],
)
def test_expiry_in_another_unit_than_described_is_a_problem(kept: int, described: list[float], is_wrong: bool) -> None:
    item: dict[str, Any] = {"expiresAt": {"N": str(int(_NOW) + kept)}}
    assert bool(list(expiry_problems(item, _TTL, (), _NOW, described))) is is_wrong


def test_expiry_without_time_to_live_is_a_problem_unless_it_is_a_lease() -> None:
    item: dict[str, Any] = {"expiresAt": {"N": "1790003600"}}
    assert [name for name, _ in expiry_problems(item, {}, (), _NOW)] == ["expiresAt"]
    assert list(expiry_problems({**item, "lockOwner": {"S": "a"}}, {}, (), _NOW)) == []


def test_time_to_live_that_is_off_names_no_attribute() -> None:
    assert expiry_attribute({"TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": False}}) == ""
    assert expiry_attribute({"TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": "true"}}) == "ttl"


def test_keys_are_those_of_the_table_and_of_its_indexes() -> None:
    assert list(key_parts(_KEYS)) == [
        KeyPart("", "PK", False),
        KeyPart("", "SK", True),
        KeyPart("byOwner", "owner", False),
    ]


def test_item_of_a_resource_has_its_id_in_a_key_as_a_whole_part() -> None:
    other = {"PK": {"S": "ORDER#123"}, "SK": {"S": "ORDER"}}
    wanted = {"PK": {"S": "ORDER#12"}, "SK": {"S": "ORDER"}}
    assert find_item([other, wanted], _KEYS, "12") == wanted
    assert find_item([other], _KEYS, "12") is None
