"""Names: conversions between their forms, and the nearest name."""

from __future__ import annotations

import pytest

from homeport.project.names import camel_case, did_you_mean, kebab_case, nearest, slug, snake_case


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("createItem", "create_item"),
        ("CreateItem", "create_item"),
        ("create-item", "create_item"),
        ("create_item", "create_item"),
        ("items.list", "items_list"),
        ("getHTTPStatus", "get_http_status"),
        ("listV2Items", "list_v2_items"),
        ("act", "act"),
    ],
)
def test_any_spelling_of_a_name_gives_one_module(name: str, snake: str) -> None:
    assert snake_case(name) == snake
    assert kebab_case(name) == snake.replace("_", "-")


def test_a_route_without_operation_id_gets_a_name_of_its_method_and_path() -> None:
    assert camel_case("GET /items/{itemId}") == "getItemsItemId"


@pytest.mark.parametrize(
    ("title", "expected"),
    [("Items API", "items-api"), ("  Äpfel & Birnen ", "pfel-birnen"), ("42 things", "api-42-things"), ("…", "api")],
)
def test_a_title_becomes_the_start_of_a_stack_name(title: str, expected: str) -> None:
    assert slug(title) == expected


def test_the_nearest_name_is_found_whatever_its_case() -> None:
    assert nearest("getitem", ("GetItem", "PutItem")) == "GetItem"
    assert nearest("zzz", ("GetItem", "PutItem")) is None


def test_a_hint_names_the_nearest_name_or_all_of_them() -> None:
    assert did_you_mean("memry", ("memory", "timeout")) == "did you mean memory?"
    assert did_you_mean("zzz", ("b", "a")) == "known: a, b"
    assert did_you_mean("zzz", ()) == "there are none"
