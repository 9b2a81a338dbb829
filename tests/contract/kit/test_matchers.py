"""The words of saved tests mean what they say."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from homeport.contract.fixtures.matchers import MissingSecret, first_page, fresh, holding, like, secret, some

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


def test_holding_is_equal_to_lists_with_its_elements_among_others_in_any_order() -> None:
    assert holding({"id": like("{uuid}")}, 3) == [{"id": 1}, {"id": UUID}, 3]
    assert holding(3, 4) != [3]
    assert holding("3") != "34"
    assert holding() == []


def test_a_first_page_that_is_not_the_last_may_hold_other_elements() -> None:
    expected = first_page({"items": holding(1), "limit": 10})
    assert expected == {"items": [2, 1], "limit": 10}
    assert expected != {"items": [2], "limit": 10}
    assert expected == {"items": [2], "limit": 10, "cursor": "abc"}
    assert expected != {"items": [2], "limit": 11, "cursor": "abc"}
    assert expected != {"items": {}, "limit": 10, "cursor": "abc"}
    assert expected != {"limit": 10}


def test_matchers_are_shown_as_they_are_written() -> None:
    shown = repr(first_page({"a": holding(like("{uuid}"), some(int))}))
    assert shown == "first_page({'a': holding(like('{uuid}'), some(int))})"


def test_a_fresh_id_is_new_each_time() -> None:
    assert re.fullmatch(r"lamp-7-[0-9a-f]{8}", fresh("lamp-7"))
    assert fresh("lamp-7") != fresh("lamp-7")
    assert uuid.UUID(fresh(UUID)) != uuid.UUID(UUID)


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEPORT_TOKEN", "abc")
    assert secret("HOMEPORT_TOKEN") == "abc"
    monkeypatch.delenv("HOMEPORT_TOKEN")
    with pytest.raises(MissingSecret, match="set HOMEPORT_TOKEN"):
        secret("HOMEPORT_TOKEN")
