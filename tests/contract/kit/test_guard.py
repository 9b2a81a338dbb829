from __future__ import annotations

from pathlib import Path

import pytest

from homeport.contract.fuzz import FuzzOptions, fuzz_command, is_local
from homeport.contract.guard import created, spared


def test_only_what_the_run_made_keeps_its_id() -> None:
    assert spared({"a": "mine", "b": "theirs", "c": 7}, {"mine"}, "f" * 32) == {
        "a": "mine",
        "b": "f" * 32,
        "c": 2**53 - 1,
    }


def test_the_location_and_the_ids_of_the_body_were_created() -> None:
    assert set(created("/items/a%20b", b'{"itemId": "x", "name": "y", "orderKey": 3}')) == {"a b", "x", "3"}
    assert list(created("", b"not json")) == []


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
    options = FuzzOptions(Path("reports"), "http", spared=("DELETE /items",))
    assert "DELETE /items" in fuzz_command(Path(), "https://example.com", options)
    assert "DELETE /items" not in fuzz_command(Path(), "http://127.0.0.1:8080", options)
