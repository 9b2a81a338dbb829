"""Names: conversions between their forms, and the nearest name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from homeport.errors import HomeportError
from homeport.project.model import Api
from homeport.project.names import (
    camel_case,
    did_you_mean,
    find_function,
    find_operation,
    kebab_case,
    nearest,
    slug,
    snake_case,
)
from tests.support.gateway import make_operation
from tests.support.runtime import make_function


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


def test_a_hint_names_each_name_once() -> None:
    assert did_you_mean("zzz", ("insert", "read", "insert")) == "known: insert, read"


@pytest.mark.parametrize("find", [find_function, find_operation])
def test_an_unknown_function_or_operation_is_answered_with_each_name_once(find: Callable[[Api, str], object]) -> None:
    operations = tuple(make_operation(id=name) for name in ("insert", "readAll"))
    functions = {name: make_function(name, "a.b") for name in ("insert", "read-all")}
    api = Api("t", "1", operations, functions)
    with pytest.raises(HomeportError) as raised:
        find(api, "zzz")
    names = raised.value.hint.removeprefix("known: ").split(", ")
    assert sorted(kebab_case(name) for name in names) == ["insert", "read-all"]
