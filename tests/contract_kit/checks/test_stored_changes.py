"""What a request changed in the tables is told apart by the keys of the items."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.contract.checks.faults.stored_changes import counts

pytestmark = pytest.mark.unit


def _item(key: str, **numbers: int) -> dict[str, Any]:
    return {"id": {"S": key}, **{name: {"N": str(value)} for name, value in numbers.items()}}


def test_counters_are_the_numbers_of_items_that_were_there_before() -> None:
    before = {"Stock": [_item("hammer", on_hand=12), _item("saw", on_hand=3)]}
    after = {"Stock": [_item("hammer", on_hand=24), _item("saw", on_hand=3), _item("move-2", balance=24)]}
    assert counts(before, after, {"Stock": ("id",)}) == {"on_hand": 12}


def test_counter_that_an_update_makes_counts_from_nothing() -> None:
    assert counts({"Hits": []}, {"Hits": [_item("page", hits=2)]}, {}) == {"hits": 2}
