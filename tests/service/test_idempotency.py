"""service/idempotency.py, and the store's memory of what a key made."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from service.errors import Conflict, KeyReused, TooLarge
from service.idempotency import LIFETIME, Receipt
from tests.support.service import NOW, make_item

pytestmark = pytest.mark.stack

BODY = {"name": "Widget", "price": 1, "tags": ["a", "b"]}


def make_receipt(key: str = "key", body: Any = BODY, now: datetime = NOW) -> Receipt:
    return Receipt.of(key, body, now)


def create(store: Any, item: dict[str, Any], receipt: Receipt) -> Any:
    return store.create_once(item, receipt, math.inf)


@pytest.mark.parametrize(
    "body",
    [
        {"tags": ["a", "b"], "price": 1, "name": "Widget"},
        {"name": "Widget", "price": Decimal("1.0"), "tags": ["a", "b"]},
        json.loads('{"name": "W\\u0069dget", "price": 1, "tags": ["a", "b"]}'),
    ],
)
def test_bodies_that_say_the_same_have_one_fingerprint(body: dict[str, Any]) -> None:
    assert make_receipt(body=body) == make_receipt()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**BODY, "price": Decimal("1.1")},
        {**BODY, "tags": ["b", "a"]},
        {**BODY, "description": ""},
        {**BODY, "name": "widget"},
        {"name": "Widget", "price": "1", "tags": ["a", "b"]},
    ],
)
def test_bodies_that_say_something_else_have_another(body: dict[str, Any]) -> None:
    assert make_receipt(body=body).fingerprint != make_receipt().fingerprint


def test_a_key_makes_its_item_once(store: Any) -> None:
    made = make_item("first", price=Decimal("1.5"), description="", tags=["a"])
    assert create(store, made, make_receipt()) is made
    assert create(store, make_item("second"), make_receipt()) == made
    assert store.page(10, None) == ([made], None)


def test_a_key_gives_the_item_as_it_was_made_whatever_became_of_it(store: Any) -> None:
    made = make_item("first")
    create(store, made, make_receipt())
    store.delete("first")
    assert create(store, make_item("second"), make_receipt()) == made
    assert store.page(10, None) == ([], None)


def test_a_key_with_another_body_is_refused_and_makes_nothing(store: Any) -> None:
    create(store, make_item("first"), make_receipt())
    with pytest.raises(KeyReused):
        create(store, make_item("second"), make_receipt(body={"name": "Other"}))
    assert [item["itemId"] for item in store.page(10, None)[0]] == ["first"]


def test_a_taken_id_is_a_conflict_and_leaves_the_key_free(store: Any) -> None:
    store.create(make_item("taken"))
    with pytest.raises(Conflict):
        create(store, make_item("taken"), make_receipt())
    assert create(store, make_item("free"), make_receipt(body={"name": "Other"}))["itemId"] == "free"


def test_a_client_that_chose_the_id_gets_its_item_again(store: Any) -> None:
    made = make_item("chosen")
    create(store, made, make_receipt())
    assert create(store, make_item("chosen"), make_receipt()) == made


def test_keys_do_not_mix(store: Any) -> None:
    create(store, make_item("first"), make_receipt("a"))
    assert create(store, make_item("second"), make_receipt("b"))["itemId"] == "second"


@pytest.mark.parametrize(("seconds", "expected"), [(LIFETIME - 1, "first"), (LIFETIME, "second")])
def test_a_key_is_free_after_a_day_though_dynamodb_has_not_deleted_it(store: Any, seconds: int, expected: str) -> None:
    create(store, make_item("first"), make_receipt())
    later = make_receipt(now=NOW + timedelta(seconds=seconds))
    assert create(store, make_item("second"), later)["itemId"] == expected


def test_an_item_that_is_too_large_is_told_as_that(store: Any) -> None:
    with pytest.raises(TooLarge):
        create(store, make_item(description="x" * 500_000), make_receipt())
    assert create(store, make_item(), make_receipt()) == make_item()


@pytest.mark.parametrize("make_id", [lambda number: f"i{number}", lambda number: "same"], ids=["new ids", "one id"])
def test_many_requests_with_one_key_at_the_same_time_make_one_item(store: Any, make_id: Callable[[int], str]) -> None:
    def request(number: int) -> str:
        return str(create(store, make_item(make_id(number)), make_receipt())["itemId"])

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(request, range(60)))
    assert len(answers) == 1
    assert [item["itemId"] for item in store.page(10, None)[0]] == list(answers)
