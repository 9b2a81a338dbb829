"""Conditions, updates and projections on items."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.dynamodb.embedded.expressions import ExpressionError
from homeport.dynamodb.embedded.expressions.binding import Binder
from homeport.dynamodb.embedded.expressions.condition import holds
from homeport.dynamodb.embedded.expressions.projection import project
from homeport.dynamodb.embedded.expressions.update import apply_update, changed_values, written_paths

ITEM: dict[str, Any] = {
    **{"n": {"N": "1.50"}, "s": {"S": "text"}, "b": {"B": "YWJj"}, "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2"]}},
    "l": {"L": [{"S": "p"}, {"N": "2"}, {"M": {"x": {"N": "1"}, "y": {"N": "2"}}}]},
    "m": {"M": {"x": {"S": "1"}, "k": {"M": {"z": {"N": "1"}}}, "e": {"L": [{"N": "1"}, {"N": "2"}]}}},
    "t": {"BOOL": True},
}
VALUES: dict[str, Any] = {
    **{":n": {"N": "1.5"}, ":one": {"N": "1"}, ":s": {"S": "te"}, ":text": {"S": "text"}, ":type": {"S": "N"}},
    **{":b": {"B": "YWI="}, ":a": {"S": "a"}, ":ss": {"SS": ["b", "c"]}, ":ns": {"NS": ["2.0", "1"]}},
    **{":l": {"L": [{"S": "z"}]}, ":map": {"M": {"y": {"N": "2.0"}, "x": {"N": "1"}}}, ":4": {"N": "4"}},
}


def is_met(text: str) -> bool:
    return holds(Binder({}, VALUES).condition("FilterExpression", text), ITEM)


@pytest.mark.parametrize(
    "text",
    [
        *("n = :n", "n >= :n", "n BETWEEN :one AND :n", "n IN (:s, :n)", "n <> :one", "n <> gone", "gone <> gone2"),
        *("begins_with(s, :s)", "begins_with(b, :b)", "contains(s, :s)", "contains(b, :b)", "contains(ss, :a)"),
        *("contains(ns, :one)", "contains(l, l[1])", "ns = :ns", "l[2] = :map", "l[2].x = :one", "m.e[1] = l[1]"),
        *("attribute_exists(m.k.z)", "attribute_not_exists(m.q)", "attribute_type(n, :type)", "size(s) = :4"),
        *("NOT n < gone", "NOT gone = gone2", "n = :one OR s = :text AND t <> gone", "size(n) <> :one"),
    ],
)
def test_a_condition_holds(text: str) -> None:
    assert is_met(text)


@pytest.mark.parametrize(
    "text",
    [
        *("gone = gone2", "gone = :n", "gone < :n", "gone BETWEEN :one AND :n", "gone IN (gone2)", "n = :s", "n < :s"),
        *("begins_with(n, :s)", "begins_with(gone, :s)", "contains(gone, :s)", "contains(n, :one)", "contains(s, :n)"),
        *("attribute_exists(l[3])", "attribute_exists(n.x)", "attribute_exists(m[0])", "attribute_type(gone, :type)"),
        *("size(n) = :one", "size(gone) > :one", "NOT n = :n", "l[0] = l[1]", "ss = :ss"),
    ],
)
def test_a_condition_does_not_hold(text: str) -> None:
    assert not is_met(text)


def update(text: str) -> dict[str, Any]:
    """The attributes that an update leaves with other values; None for those that it removes."""
    after = apply_update(Binder({}, VALUES).update(text), ITEM)
    return {name: after.get(name) for name in {**ITEM, **after} if after.get(name) != ITEM.get(name)}


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("SET a = :s", {"a": {"S": "te"}}),
        ("SET n = n + :one", {"n": {"N": "2.5"}}),
        ("SET n = :one - n", {"n": {"N": "-0.5"}}),
        ("SET a = s, s = :s", {"a": {"S": "text"}, "s": {"S": "te"}}),
        ("SET a = if_not_exists(n, :s), z = if_not_exists(gone, :s)", {"a": {"N": "1.50"}, "z": {"S": "te"}}),
        ("SET a = list_append(:l, m.e)", {"a": {"L": [{"S": "z"}, {"N": "1"}, {"N": "2"}]}}),
        ("SET l[0] = :one REMOVE l[2]", {"l": {"L": [{"N": "1"}, {"N": "2"}]}}),
        ("SET l[9] = :one, l[8] = :s", {"l": {"L": [*ITEM["l"]["L"], {"S": "te"}, {"N": "1"}]}}),
        ("REMOVE l[0], l[1], l[7]", {"l": {"L": ITEM["l"]["L"][2:]}}),
        ("REMOVE l[2].x", {"l": {"L": [*ITEM["l"]["L"][:2], {"M": {"y": {"N": "2"}}}]}}),
        ("REMOVE n, gone", {"n": None}),
        ("ADD n :one, a :one", {"n": {"N": "2.5"}, "a": {"N": "1"}}),
        ("ADD ss :ss", {"ss": {"SS": ["a", "b", "c"]}}),
        ("ADD ns :ns", {}),
        ("DELETE ss :ss", {"ss": {"SS": ["a"]}}),
        ("DELETE ns :ns", {"ns": None}),
        ("DELETE gone :ss", {}),
    ],
)
def test_an_update_changes_what_it_names(text: str, changed: dict[str, Any]) -> None:
    assert update(text) == changed


BAD_TYPE = "An operand in the update expression has an incorrect data type"
BAD_PATH = "The document path provided in the update expression is invalid for update"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SET a = s + :one", BAD_TYPE),
        ("SET a = n - s", BAD_TYPE),
        ("SET a = if_not_exists(s, :one) + :one", BAD_TYPE),
        ("SET a = list_append(s, :l)", BAD_TYPE),
        ("ADD s :one", BAD_TYPE),
        ("ADD ss :ns", BAD_TYPE),
        ("DELETE ns :ss", BAD_TYPE),
        ("SET n[0] = :s", BAD_PATH),
        ("SET l.x = :s", BAD_PATH),
        ("SET m[0] = :s", BAD_PATH),
        ("SET gone.x = :s", BAD_PATH),
        ("REMOVE gone.x", BAD_PATH),
        ("REMOVE l[9].x", BAD_PATH),
        ("ADD m.q.x :one", BAD_PATH),
        ("SET a = gone", "The provided expression refers to an attribute that does not exist in the item"),
    ],
)
def test_an_update_that_does_not_fit_the_item_is_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        update(text)
    assert str(raised.value) == message


def test_values_that_were_copied_change_apart() -> None:
    bind = Binder({}, VALUES)
    copied = apply_update(bind.update("SET a = m, z = m"), ITEM)
    changed = apply_update(bind.update("SET a.x = :one"), copied)
    assert changed["z"] == changed["m"] == ITEM["m"]


def test_a_sum_over_38_digits_is_refused() -> None:
    values = {":tiny": {"N": "0.1"}}
    with pytest.raises(ExpressionError, match="38 significant digits"):
        apply_update(Binder({}, values).update("SET n = n + :tiny"), {"n": {"N": "1" + "0" * 37}})


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (
            "SET l[2].x = :s, l[0] = :s",
            {"l": [{"S": "p"}, {"x": {"N": "1"}}]},
            {"l": [{"S": "te"}, {"x": {"S": "te"}}]},
        ),
        ("SET l[9] = :s", {}, {}),
        ("REMOVE l[0]", {"l": [{"S": "p"}]}, {}),
        ("REMOVE n SET s = :s", {"n": {"N": "1.50"}, "s": {"S": "text"}}, {"s": {"S": "te"}}),
        ("SET m.k.z = :s", {"m": {"k": {"z": {"N": "1"}}}}, {"m": {"k": {"z": {"S": "te"}}}}),
        ("SET a = :s", {}, {"a": {"S": "te"}}),
    ],
)
def test_updated_values_are_the_changed_fragments(text: str, old: Any, new: Any) -> None:
    bound = Binder({}, VALUES).update(text)
    paths = written_paths(bound)
    after = apply_update(bound, ITEM)
    assert plain(changed_values(paths, ITEM)) == old
    assert plain(changed_values([path for path, printed in paths.items() if printed], after)) == new


def plain(part: Any) -> Any:
    """Maps and lists without the words of DynamoDB's API around them."""
    if isinstance(part, dict) and part.keys() <= {"M", "L"} and part:
        part = next(iter(part.values()))
    if isinstance(part, list):
        return [plain(each) for each in part]
    if isinstance(part, dict) and not part.keys() & {"S", "N"}:
        return {name: plain(each) for name, each in part.items()}
    return part


def test_a_projection_closes_lists_up() -> None:
    paths = Binder({}, {}).projection("l[2].y, l[0], m.k, gone, m.e[1]")
    assert project(ITEM, paths) == {
        "l": {"L": [{"S": "p"}, {"M": {"y": {"N": "2"}}}]},
        "m": {"M": {"k": {"M": {"z": {"N": "1"}}}, "e": {"L": [{"N": "2"}]}}},
    }
