from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from homeport.contract.created_resources import (
    CreatedResource,
    created_paths,
    id_in_body,
    id_names,
    id_parameter,
    is_own,
    replace_ids,
    unknown_id,
)
from homeport.contract.fuzz.schemathesis_run import FuzzOptions, fuzz_command
from homeport.contract.fuzz.schemathesis_settings import DEFAULT_CONFIG
from homeport.http_client import is_local


def test_only_created_resources_and_paths_below_them_are_the_run_s_own() -> None:
    made = {"/items/mine"}
    assert [is_own(path, made) for path in ("/items/mine", "/items/mine/tags/1", "/items/mine/")] == [True] * 3
    assert [is_own(path, made) for path in ("/items/theirs", "/items", "/", "/carts/mine", "/items/mine2")] == [
        False
    ] * 5


def test_a_write_to_another_resource_gets_an_unknown_id() -> None:
    assert unknown_id("theirs") != unknown_id("theirs")
    assert isinstance(unknown_id("theirs"), str)
    assert isinstance(unknown_id(7), int)


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/notes", {"noteId": "a", "text": "a"}, {"noteId": "!", "text": "a"}),
        ("/notes", [{"noteId": "a"}, {"note": {"ID": 7}}], [{"noteId": "!"}, {"note": {"ID": "!"}}]),
        ("/notes", {"userId": "a"}, {"userId": "a"}),
        ("/notes/batch", {"noteIds": ["a", 7], "userId": "b"}, {"noteIds": ["!", "!"], "userId": "!"}),
        ("/notes/batch", {"ids": [], "id": None, "tags": ["a"]}, {"ids": [], "id": None, "tags": ["a"]}),
        ("/notes/batch", "text", "text"),
    ],
)
def test_every_id_of_a_body_is_found_also_in_a_batch(path: str, body: object, expected: object) -> None:
    names = id_names(["/notes", "/notes/{noteId}", "/notes/batch", "/users/{userId}"], path)
    assert replace_ids(body, names, lambda _: "!") == expected


@pytest.mark.parametrize(
    ("method", "path", "location", "ids", "expected"),
    [
        ("POST", "/items", "/items/a%20b", ("x",), ["/items/a%20b"]),
        ("POST", "/items", "/prod/items/a", (), ["/items/a"]),
        ("POST", "/items", "https://api.test/prod/items/a", (), ["/items/a"]),
        ("POST", "/items", "a", (), ["/items/a"]),
        ("POST", "/items", "", ("a/b",), ["/items/a%2Fb"]),
        ("PUT", "/items/a", "", ("b",), ["/items/a"]),
        ("POST", "/items", "", (), []),
        ("POST", "/items", "/prod/items", ("x",), ["/items/x"]),
        ("POST", "/items", "/prod", (), []),
        ("POST", "/items/a/tags", "/prod/items/a", (), []),
        ("POST", "/items", "", ("",), []),
    ],
)
def test_a_created_resource_has_a_path(
    method: str, path: str, location: str, ids: tuple[str, ...], expected: list[str]
) -> None:
    created = CreatedResource(method, path, location, ids)
    assert [*created_paths(created, "/prod")][:1] == expected


def test_only_the_new_resource_s_id_is_read_from_the_body() -> None:
    name = id_parameter(["/orders", "/orders/{orderId}", "/products/{productId}"], "/orders")
    assert list(id_in_body(b'{"productId": "theirs", "orderId": "mine", "customerId": "theirs"}', name)) == ["mine"]
    assert list(id_in_body(b'{"id": 7, "ownerId": "theirs"}', id_parameter(["/x"], "/x"))) == ["7"]
    assert list(id_in_body(b"not json", "id")) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080", True),
        ("http://[::1]:8080", True),
        ("https://a1b2.execute-api.eu-west-1.amazonaws.com", False),
    ],
)
def test_this_machine_is_local(url: str, expected: bool) -> None:
    assert is_local(url) is expected


def test_a_write_to_a_whole_collection_is_left_out_elsewhere() -> None:
    options = FuzzOptions(Path("reports"), "http", excluded=("DELETE /items",), guarded=True)
    assert "DELETE /items" in fuzz_command(Path(), "https://example.com", options, DEFAULT_CONFIG)
    assert "DELETE /items" not in fuzz_command(
        Path(), "https://example.com", replace(options, guarded=False), DEFAULT_CONFIG
    )
