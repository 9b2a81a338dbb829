"""service/preconditions.py: ETags, and what writes and reads make of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from service.errors import BadRequest, Changed, NotFound
from service.model import content
from service.preconditions import MOST_TAGS, Preconditions, etag
from tests.support.service import NOW, make_item

pytestmark = pytest.mark.stack

LATER = NOW + timedelta(days=1)
OLD = '"1-2020-01-01T00:00:00.000000Z"'
MINE = '"1-2026-01-31T09:30:00.000000Z"'

Write = Callable[[Any, Preconditions], Any]
WRITES: dict[str, Write] = {
    "replace": lambda store, wanted: store.replace("1", content({"name": "New"}), LATER, wanted),
    "change": lambda store, wanted: store.change("1", {"name": "New"}, LATER, wanted),
    "delete": lambda store, wanted: store.delete("1", wanted),
}
writes = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


def wanted(**headers: str) -> Preconditions:
    """Preconditions by header: ``If_Match`` stands for If-Match."""
    return Preconditions.of({name.replace("_", "-"): value for name, value in headers.items()})


def test_an_etag_is_strong_and_tells_version_and_creation() -> None:
    assert etag(make_item()) == MINE
    assert etag({**make_item(), "version": 2}) != MINE
    assert etag(make_item(now=LATER)) != MINE


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (MINE, True),
        (f"W/{MINE}", True),
        (f"{OLD}, {MINE}", True),
        (f'"a,b",W/{MINE}', True),
        ("*", True),
        (" * ", True),
        (OLD, False),
        ('"*"', False),
        (MINE.strip('"'), False),
        (MINE.lower(), False),
        ("", False),
        ('"1-', False),
        ('"1"', False),
        ('"01-2026-01-31T09:30:00.000000Z"', False),
    ],
)
def test_a_get_need_not_send_what_the_client_has(header: str, known: bool) -> None:
    assert wanted(If_None_Match=header).is_known(make_item()) is known


@pytest.mark.parametrize("header", [MINE, f"{OLD}, {MINE}", "*"])
def test_a_get_of_the_item_that_is_wanted_is_answered(header: str) -> None:
    wanted(If_Match=header).must_match(make_item())


@pytest.mark.parametrize("header", [OLD, f"W/{MINE}", "", "nonsense", '"*"'])
def test_a_get_of_an_item_that_is_another_by_now_is_refused(header: str) -> None:
    with pytest.raises(Changed):
        wanted(If_Match=header).must_match(make_item())


def test_a_get_without_a_precondition_sends_the_item() -> None:
    wanted().must_match(make_item())
    assert not wanted().is_known(make_item())


@writes
@pytest.mark.parametrize(
    "headers",
    [
        {"If_Match": MINE},
        {"If_Match": f"{OLD},{MINE}"},
        {"If_Match": "*"},
        {"If_None_Match": OLD},
        {"If_None_Match": f'W/{OLD}, "x"'},
        {"If_None_Match": "nonsense"},
        {"If_Match": MINE, "If_None_Match": OLD},
    ],
    ids=str,
)
def test_a_write_whose_preconditions_hold_is_made(store: Any, write: Write, headers: dict[str, str]) -> None:
    store.create(make_item())
    write(store, wanted(**headers))
    items, _ = store.page(10, None)
    assert [item["version"] for item in items] in ([], [2])


@writes
@pytest.mark.parametrize(
    "headers",
    [
        {"If_Match": OLD},
        {"If_Match": f"W/{MINE}"},
        {"If_Match": "nonsense"},
        {"If_Match": '"*"'},
        {"If_None_Match": MINE},
        {"If_None_Match": f"{OLD} , W/{MINE}"},
        {"If_None_Match": "*"},
        {"If_Match": MINE, "If_None_Match": MINE},
        {"If_Match": OLD, "If_None_Match": OLD},
    ],
    ids=str,
)
def test_a_write_whose_preconditions_fail_changes_nothing(store: Any, write: Write, headers: dict[str, str]) -> None:
    store.create(make_item())
    with pytest.raises(Changed):
        write(store, wanted(**headers))
    assert store.get("1") == make_item()


@pytest.mark.parametrize("write", ["change", "delete"])
@pytest.mark.parametrize("headers", [{"If_Match": "*"}, {"If_Match": OLD}, {"If_None_Match": "*"}], ids=str)
def test_where_there_is_no_item_it_is_not_found_whatever_the_preconditions(
    store: Any, write: str, headers: dict[str, str]
) -> None:
    with pytest.raises(NotFound):
        WRITES[write](store, wanted(**headers))


@pytest.mark.parametrize("headers", [{"If_Match": "*"}, {"If_Match": OLD}], ids=str)
def test_a_replacement_of_something_does_not_create_it(store: Any, headers: dict[str, str]) -> None:
    with pytest.raises(Changed):
        WRITES["replace"](store, wanted(**headers))
    assert store.page(10, None) == ([], None)


@pytest.mark.parametrize("headers", [{"If_None_Match": "*"}, {"If_None_Match": OLD}], ids=str)
def test_a_replacement_of_nothing_creates_it(store: Any, headers: dict[str, str]) -> None:
    assert WRITES["replace"](store, wanted(**headers))["version"] == 1


def test_an_etag_of_an_item_that_had_the_id_before_is_worth_nothing(store: Any) -> None:
    store.create(make_item())
    store.delete("1")
    store.create(make_item(now=LATER))
    with pytest.raises(Changed):
        store.delete("1", wanted(If_Match=MINE))


def test_as_many_tags_as_are_allowed_fit_into_one_condition(store: Any) -> None:
    store.create(make_item())
    others = ", ".join(f'"{number}-2026-01-31T09:30:00.000000Z"' for number in range(10**18, 10**18 + MOST_TAGS - 1))
    headers = {"If_Match": f"{others},{MINE}", "If_None_Match": f"{others},{OLD}"}
    assert store.replace("1", content({"name": "New"}), LATER, wanted(**headers))["version"] == 2
    with pytest.raises(BadRequest) as refusal:
        wanted(If_Match=f"{others},{MINE},{OLD}")
    assert refusal.value.errors == [{"in": "header", "pointer": "/If-Match", "detail": "must have at most 20 ETags"}]


def test_of_many_writers_with_one_etag_one_wins(store: Any) -> None:
    store.create(make_item())

    def write(number: int) -> bool:
        try:
            store.replace("1", content({"name": f"N{number}"}), LATER, wanted(If_Match=MINE))
        except Changed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(40))) == 1
    assert store.get("1")["version"] == 2


def test_read_modify_write_with_etags_loses_no_update(store: Any) -> None:
    store.create(make_item(price=0))

    def add_one(_: int) -> None:
        while True:
            item = store.get("1")
            try:
                store.change("1", {"price": item["price"] + 1}, LATER, wanted(If_Match=etag(item)))
            except Changed:
                continue
            return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(40)))
    item = store.get("1")
    assert (item["price"], item["version"]) == (40, 41)
