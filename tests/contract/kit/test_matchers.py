"""The words of saved tests mean what they say."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from homeport.contract.fixtures.matchers import fresh, like, page, some

UUID = "5e36ec4f-5d66-4f24-9a0e-ea02ba1ec6b0"
TIME = "2026-11-21T12:00:00.123456Z"


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("{uuid}", UUID),
        ("urn:uuid:{uuid}", f"urn:uuid:{UUID}"),
        ('"1-{time}"', f'"1-{TIME}"'),
        ("{time}", "2026-11-21T12:00:00+01:00"),
        ("{token}", "3c2d3c0f3c2d3c69-"),
        ("a.b{c}", "a.b{c}"),
    ],
)
def test_like_is_equal_to_texts_of_its_shape(shape: str, text: str) -> None:
    assert text == like(shape)


@pytest.mark.parametrize(
    ("shape", "value"), [("{uuid}", "5e36ec4f"), ("{time}", "noon"), ("a.b", "axb"), ("{uuid}", f"{UUID} "), ("1", 1)]
)
def test_like_is_equal_to_nothing_else(shape: str, value: Any) -> None:
    assert value != like(shape)


@pytest.mark.parametrize(
    ("kind", "value", "equal"),
    [(int, 7, True), (int, True, False), (int, "7", False), (str, "", True), (bool, True, True), (float, 1.5, True)],
)
def test_some_is_equal_to_values_of_its_type(kind: type, value: Any, equal: bool) -> None:
    assert (value == some(kind)) is equal


def test_a_page_has_its_items_among_others_in_any_order() -> None:
    expected = page({"items": [{"itemId": "b"}, {"itemId": like("{uuid}"), "n": 1}], "limit": 10})
    items = [{"itemId": "a"}, {"itemId": UUID, "n": 1}, {"itemId": "b"}]
    assert expected == {"items": items, "limit": 10}
    assert expected != {"items": items[:2], "limit": 10}
    assert expected != {"items": items, "limit": 11}
    assert expected != {"items": {}, "limit": 10}
    assert expected != {"limit": 10}
    assert page([{"id": 1}]) == [{"id": 2}, {"id": 1}]


def test_a_page_that_is_not_all_of_the_list_may_lack_items_but_not_change_them() -> None:
    expected = {"items": [{"itemId": "a", "n": 1}]}
    assert page(expected) == {"items": [{"itemId": "b", "n": 1}], "cursor": "abc"}
    assert page(expected) != {"items": [{"itemId": "a", "n": 2}], "cursor": "abc"}
    assert page(expected) != {"items": [{"id": "b", "n": 1}], "cursor": "abc"}
    assert page(expected) != {"items": []}
    assert page(expected, later=True) == {"items": []}


def test_matchers_are_shown_as_they_are_written() -> None:
    shown = repr(page({"a": [like("{uuid}"), some(int)]}, later=True))
    assert shown == "page({'a': [like('{uuid}'), some(int)]}, later=True)"


def test_a_fresh_id_is_new_each_time() -> None:
    assert re.fullmatch(r"lamp-7-[0-9a-f]{8}", fresh("lamp-7"))
    assert fresh("lamp-7") != fresh("lamp-7")
    assert uuid.UUID(fresh(UUID)) != uuid.UUID(UUID)
