"""service/store.py on real engines: items go in and come out as they are."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from homeport.dynamodb.client import dynamodb_client
from service.cursor import Position
from service.errors import Conflict, NotFound, TooLarge
from service.model import changes, content, timestamp
from tests.support.service import NOW, OUTSIDE, REGION, create_tables, make_item

pytestmark = pytest.mark.stack

LATER = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.mark.skipif(OUTSIDE not in os.environ, reason=f"{OUTSIDE} is not set: the store is tested on one engine only")
def test_another_engine_makes_the_tables_as_asked() -> None:
    url = os.environ[OUTSIDE]
    client, name = dynamodb_client(url, REGION), f"test-{uuid4().hex}"
    create_tables(client, name, f"{name}-receipts")
    try:
        described = client.describe_table(TableName=name)["Table"]
        assert described["KeySchema"] == [{"AttributeName": "itemId", "KeyType": "HASH"}]
        assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["byStatus"]
    finally:
        client.delete_table(TableName=name)
        client.delete_table(TableName=f"{name}-receipts")


def test_an_item_comes_back_as_it_was_stored(store: Any) -> None:
    item = make_item(
        name="\x00 é 😀 \u2028",
        description="",
        price=Decimal("12345678901234567890.123456789012345678"),
        tags=["ß", "ss"],
    )
    store.create(item)
    assert store.get("1") == item
    assert list(store.get("1")) == list(item)


def test_attributes_that_the_contract_does_not_know_stay_in_the_table(store: Any) -> None:
    store.create({**make_item(), "secret": "x"})
    assert store.get("1") == make_item()


@pytest.mark.parametrize("price", ["0", "1E-130", "1E+38", "9" * 38, "-0.0", "0.10"])
def test_a_number_comes_back_exactly(store: Any, price: str) -> None:
    item = make_item(price=Decimal(price))
    store.create(item)
    assert store.get("1")["price"] == Decimal(price)


def test_missing_item_is_not_found(store: Any) -> None:
    with pytest.raises(NotFound):
        store.get("1")
    with pytest.raises(NotFound):
        store.change("1", changes({"name": "New"}), LATER)
    with pytest.raises(NotFound):
        store.delete("1")
    assert store.page(10, None) == ([], None)


def test_a_taken_id_is_a_conflict_and_changes_nothing(store: Any) -> None:
    store.create(make_item(name="First"))
    with pytest.raises(Conflict):
        store.create(make_item(name="Second"))
    with pytest.raises(Conflict):
        store.create(make_item(name="First"))
    assert store.get("1")["name"] == "First"


def test_replacing_keeps_the_creation_time_and_counts_the_version(store: Any) -> None:
    store.create(make_item(description="Old", price=Decimal(1), tags=["old"]))
    replaced = store.replace("1", content({"name": "New"}), LATER)
    assert replaced == {**make_item(name="New"), "updatedAt": timestamp(LATER), "version": 2}
    assert store.get("1") == replaced


def test_replacing_what_is_not_there_creates_it(store: Any) -> None:
    created = store.replace("1", content({"name": "Widget"}), NOW)
    assert created == make_item()
    assert store.get("1") == created


def test_a_change_leaves_everything_else_as_it_is(store: Any) -> None:
    store.create(make_item(description="Old", price=Decimal(1), tags=["old"]))
    changed = store.change("1", changes({"price": Decimal("2.50"), "tags": None}), LATER)
    assert changed == {
        **make_item(description="Old", price=Decimal("2.5"), tags=[]),
        "updatedAt": timestamp(LATER),
        "version": 2,
    }
    assert store.get("1") == changed


def test_a_change_of_nothing_is_a_write_too(store: Any) -> None:
    store.create(make_item())
    assert store.change("1", {}, LATER) == {**make_item(), "updatedAt": timestamp(LATER), "version": 2}


def test_a_deleted_item_is_gone_and_its_id_free(store: Any) -> None:
    store.create(make_item())
    store.delete("1")
    with pytest.raises(NotFound):
        store.get("1")
    store.create(make_item(name="Another"))


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 8, 100])
def test_pages_hold_each_item_once_and_the_last_says_so(store: Any, limit: int) -> None:
    for number in range(7):
        store.create(make_item(f"i{number}"))
    sizes, found, after = [], [], None
    while True:
        items, after = store.page(limit, after)
        sizes.append(len(items))
        found += items
        if after is None:
            break
    assert sorted(item["itemId"] for item in found) == [f"i{number}" for number in range(7)]
    assert sizes == [limit] * (7 // limit) + [7 % limit] * (7 % limit > 0)


def make_archive(store: Any) -> list[str]:
    """Seven archived items, two of them made at the same time, between others; their ids, the newest first."""
    for number in range(7):
        time = NOW + timedelta(minutes=number // 2)
        store.create(make_item(f"a{number}", now=time, status="archived"))
        store.create(make_item(f"d{number}", now=time, status="draft"))
    return [f"a{number}" for number in (6, 5, 4, 3, 2, 1, 0)]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 100])
def test_the_items_of_a_status_come_newest_first(store: Any, limit: int) -> None:
    expected = make_archive(store)
    found, after = [], None
    while True:
        items, after = store.page_by_status("archived", limit, after)
        assert len(items) <= limit
        found += [item["itemId"] for item in items]
        if after is None:
            break
    assert sorted(found) == sorted(expected)
    assert [int(item_id[1:]) // 2 for item_id in found] == [3, 2, 2, 1, 1, 0, 0]
    assert store.page_by_status("active", limit, None) == ([], None)


def test_a_list_by_status_shows_whole_items_as_they_became(store: Any) -> None:
    store.create(make_item(status="draft", tags=["a"]))
    assert store.page_by_status("draft", 5, None) == ([make_item(status="draft", tags=["a"])], None)
    changed = store.change("1", {"status": "active"}, LATER)
    assert store.page_by_status("draft", 5, None) == ([], None)
    assert store.page_by_status("active", 5, None) == ([changed], None)


def test_a_page_starts_after_a_place_whose_item_is_gone(store: Any) -> None:
    ids = make_archive(store)
    first, after = store.page_by_status("archived", 3, None)
    store.delete(after.item_id)
    rest, end = store.page_by_status("archived", 10, after)
    assert sorted(item["itemId"] for item in first + rest) == sorted(ids)
    assert end is None
    first, after = store.page(5, None)
    store.delete(after.item_id)
    rest, end = store.page(20, after)
    assert len(first + rest) == 13
    assert end is None


@pytest.mark.parametrize("item_id", ["\x00", "ÿ" * 128, "no such id"])
@pytest.mark.parametrize("created_at", ["0", "Z" * 32])
def test_a_page_may_start_after_any_place(store: Any, created_at: str, item_id: str) -> None:
    store.create(make_item())
    place = Position(created_at, item_id)
    for items, after in (store.page(10, place), store.page_by_status("active", 10, place)):
        assert len(items) in (0, 1)
        assert after is None


def test_many_items_come_in_one_call_and_those_that_are_missing_do_not(store: Any) -> None:
    for number in range(100):
        store.create(make_item(f"i{number}"))
    found = store.get_many([f"i{number}" for number in range(1, 101)], math.inf)
    assert found == {f"i{number}": make_item(f"i{number}") for number in range(1, 100)}


def test_writers_at_the_same_time_lose_no_version(store: Any) -> None:
    def replace(number: int) -> int:
        return int(store.replace("1", content({"name": "the same for all"}), datetime.now(UTC))["version"])

    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(replace, range(120)))
    assert sorted(versions) == list(range(1, 121))


def test_writers_in_the_same_microsecond_are_told_apart(store: Any) -> None:
    first = store.replace("1", content({"name": "Same"}), NOW)
    second = store.replace("1", content({"name": "Same"}), NOW)
    assert (first["version"], second["version"]) == (1, 2)
    assert second["updatedAt"] == timestamp(NOW + timedelta(microseconds=1))


def test_only_one_of_many_creators_wins(store: Any) -> None:
    def create(number: int) -> bool:
        try:
            store.create(make_item(name=f"N{number}"))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(40))) == 1


def test_an_item_that_dynamodb_finds_too_large_is_told_as_that(store: Any) -> None:
    with pytest.raises(TooLarge):
        store.create(make_item(description="x" * 500_000))
    store.create(make_item())
    with pytest.raises(TooLarge):
        store.replace("1", content({"name": "N", "description": "x" * 500_000}), LATER)
    assert store.get("1") == make_item()
