"""The second of a pair comes after the first, and dates move together."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from homeport.contract.rest.dates import has_dates, with_dates_from
from homeport.contract.rest.ordered_pairs import in_order, ordered_pairs


def takes(body: Any) -> bool:
    return True


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (("checkIn", "checkOut"), [("checkIn", "checkOut")]),
        (("start_time", "end_time", "start_date"), [("start_time", "end_time")]),
        (("validFrom", "validUntil"), [("validFrom", "validUntil")]),
        (("minPrice", "maxPrice", "maxWeight"), [("minPrice", "maxPrice")]),
        (("to", "from"), [("from", "to")]),
        (("opensAt", "closesAt"), [("opensAt", "closesAt")]),
        (("firstName", "lastName"), []),
        (("income", "outcome"), []),
    ],
)
def test_pairs_are_known_by_their_names(names: tuple[str, ...], pairs: list[tuple[str, str]]) -> None:
    assert ordered_pairs(names) == pairs


@pytest.mark.parametrize(
    ("body", "keep", "found"),
    [
        ({"from": "2026-03-02", "to": "2026-03-01"}, (), {"from": "2026-03-01", "to": "2026-03-02"}),
        ({"from": "2026-03-02", "to": "2026-03-01"}, ("from",), {"from": "2026-03-02", "to": "2026-03-03"}),
        ({"from": "2026-03-02", "to": "2026-03-01"}, ("to",), {"from": "2026-02-28", "to": "2026-03-01"}),
        ({"from": "2026-03-02", "to": "2026-03-01"}, ("from", "to"), {"from": "2026-03-02", "to": "2026-03-01"}),
        ({"min": 3, "max": 3}, (), {"min": 3, "max": 4}),
        ({"opensAt": "18:30", "closesAt": "08:00"}, (), {"opensAt": "08:00", "closesAt": "18:30"}),
        ({"from": "Berlin", "to": "Aachen"}, (), {"from": "Berlin", "to": "Aachen"}),
        ({"from": None, "to": "2026-03-01"}, (), {"from": None, "to": "2026-03-01"}),
        ({"times": [{"start": 5, "end": 1}]}, (), {"times": [{"start": 1, "end": 5}]}),
        ({"startsAt": "2026-01-31T00:15:00-08:00", "endsAt": "2026-01-31T08:00:00Z"}, (),
         {"startsAt": "2026-01-31T08:00:00Z", "endsAt": "2026-01-31T00:15:00-08:00"}),
    ],
)  # fmt: skip
def test_pairs_are_put_in_order(body: Any, keep: tuple[str, ...], found: Any) -> None:
    assert in_order(body, takes, keep) == found


def test_an_order_that_the_schema_refuses_is_not_made() -> None:
    assert in_order({"min": 9, "max": 9}, lambda body: body["max"] <= 9 and body["min"] >= 9) == {"min": 9, "max": 9}


def test_dates_move_to_a_day_or_the_workday_after_it_and_keep_their_distances_and_their_form() -> None:
    body = {
        "checkIn": "2020-02-28",
        "checkOut": "2020-03-01T10:00:00.5+01:00",
        "guest": "2020",
        "stays": ["2020-02-29"],
    }
    assert with_dates_from(body, date(2027, 1, 31), takes) == {
        "checkIn": "2027-02-01",
        "checkOut": "2027-02-03T10:00:00.5+01:00",
        "guest": "2020",
        "stays": ["2027-02-02"],
    }


def test_dates_that_are_far_from_each_other_come_closer_in_their_order() -> None:
    body = {"from": "1969-12-31", "until": "9999-12-31"}
    assert with_dates_from(body, date(2027, 1, 31), takes) == {"from": "2027-02-01", "until": "2027-02-02"}


def test_a_body_without_dates_stays_as_it_is() -> None:
    body = {"at": "09:30:00Z", "name": "2026-13-45", "number": 20260131}
    assert not has_dates(body)
    assert with_dates_from(body, date(2027, 1, 31), takes) == body
