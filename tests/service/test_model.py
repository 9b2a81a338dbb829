"""service/model.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.model import changes, content, new_item, timestamp, too_precise

NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def test_an_item_of_a_name_alone_gets_defaults_and_the_new_id() -> None:
    assert new_item({"name": "Widget"}, new_id="new", now=NOW) == {
        "itemId": "new",
        "name": "Widget",
        "description": "",
        "price": None,
        "status": "active",
        "tags": [],
        "createdAt": "2026-01-31T09:30:00.000000Z",
        "updatedAt": "2026-01-31T09:30:00.000000Z",
        "version": 1,
    }


def test_an_item_keeps_all_that_the_client_gives() -> None:
    given_content = {"name": "N", "description": "D", "price": Decimal("24.9"), "status": "draft", "tags": ["a"]}
    item = new_item({"itemId": "own", **given_content}, new_id="new", now=NOW)
    assert {key: item[key] for key in ("itemId", *given_content)} == {"itemId": "own", **given_content}


def test_times_are_utc_with_microseconds_whatever_the_clock_says() -> None:
    moment = datetime(2026, 1, 1, 0, 30, 0, 7, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(moment) == "2025-12-31T22:30:00.000007Z"


@given(st.lists(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)), min_size=2, max_size=5))
def test_texts_of_times_sort_as_times_do(moments: list[datetime]) -> None:
    assert sorted(map(timestamp, moments)) == [timestamp(moment) for moment in sorted(moments)]


@pytest.mark.parametrize(
    ("price", "kept"),
    [
        (None, None),
        (0, "0"),
        (Decimal("-0.0"), "0"),
        (7, "7"),
        (Decimal("10.50"), "10.5"),
        (Decimal("1e-130"), "1E-130"),
        (10**38, "1E+38"),
        (int("9" * 38), "9" * 38),
        (Decimal("12345678901234567890.123456789012345678"), "12345678901234567890.123456789012345678"),
        (Decimal("1." + "0" * 60), "1"),
    ],
)
def test_a_price_of_38_digits_is_kept_exactly(price: Any, kept: str | None) -> None:
    stored = content({"name": "N", "price": price})["price"]
    assert stored is None if kept is None else str(stored) == kept


@pytest.mark.parametrize("price", [Decimal("1." + "1" * 38), 10**38 - 1 + 10**39, Decimal("0." + "1" * 39)])
def test_a_price_of_more_digits_is_refused_rather_than_rounded(price: Any) -> None:
    refusal = [{"in": "body", "pointer": "/price", "detail": "must have at most 38 significant digits"}]
    assert too_precise({"name": "N", "price": price}) == refusal


@pytest.mark.parametrize("body", [None, [], "x", {}, {"price": None}, {"price": "1" * 39}, {"price": Decimal("1.0")}])
def test_values_without_a_long_price_are_left_to_the_contract(body: Any) -> None:
    assert too_precise(body) == []


def test_a_patch_sets_what_it_names_and_null_gives_the_default() -> None:
    assert changes({}) == {}
    assert changes({"name": "N", "price": Decimal("1.50")}) == {"name": "N", "price": Decimal("1.5")}
    nothing = {"description": None, "price": None, "status": None, "tags": None}
    assert changes(nothing) == {"description": "", "price": None, "status": "active", "tags": []}
