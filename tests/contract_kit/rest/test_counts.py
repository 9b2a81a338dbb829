"""Numbers of resources are known by plain names and descriptions; none is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.contract.rest.counts import Count, find_counts
from homeport.contract.rest.explain import explain_model
from tests.support.rest_model import TEXT, WHOLE, answers, arrays, asks, model_of, objects, takes

STATE = {**TEXT, "enum": ["new", "worn"]}
COPY = objects(copyId=TEXT, onLoan={"type": "boolean"}, state=STATE, pages=WHOLE, tags=arrays(TEXT))
BODY = objects(state=STATE, pages=WHOLE, tags=arrays(TEXT))


def counts_of(paths: dict[str, Any]) -> list[Count]:
    """Return the counts of an API."""
    return list(find_counts(model_of(paths)))


def of_book(name: str, description: str = "") -> list[Count]:
    """Return the counts of a book with copies, of which a number has a description."""
    book = objects("isbn", isbn=TEXT, **{name: {**WHOLE, **({"description": description} if description else {})}})
    return counts_of(
        {
            "/books": {"post": takes(objects(title=TEXT), answers(book, "201"))},
            "/books/{isbn}": {"get": answers(book)},
            "/books/{isbn}/copies": {
                "get": answers(objects(copies=arrays(COPY))),
                "post": takes(BODY, answers(COPY, "201")),
            },
            "/books/{isbn}/copies/{copyId}": {"get": answers(COPY)},
        }
    )


@pytest.mark.parametrize(
    ("name", "description", "conditions", "weight"),
    [
        ("copies", "", [], ""),
        ("copyCount", "", [], ""),
        ("number_of_copies", "", [], ""),
        ("n", "How many copies there are.", [], ""),
        ("n", "The number of copies of this book.", [], ""),
        ("n", "How many of them are not on loan.", [("onLoan", False)], ""),
        ("n", "Number of copies that are on loan.", [("onLoan", True)], ""),
        ("n", "How many worn copies it has.", [("state", "worn")], ""),
        ("n", "The sum of the copies' pages.", [], "pages"),
        ("n", "Sum of the pages of all copies.", [], "pages"),
    ],
)
def test_count_below_a_resource_is_read(
    name: str, description: str, conditions: list[tuple[str, Any]], weight: str
) -> None:
    (found,) = of_book(name, description)
    assert (found.members, found.below, found.weight) == ("copies", True, weight)
    assert [(one.field, one.value) for one in found.conditions] == conditions


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("n", ""),
        ("copies", "At most this many copies can be added."),
        ("copies", "How many copies were ever there."),
        ("n", "How many copies were lent in the last days."),
        ("n", "About how many copies there are."),
        ("n", "How many copies are torn."),
        ("n", "The sum of the copies' prices."),
        ("pages", "The number of pages."),
    ],
)
def test_no_count_is_guessed(name: str, description: str) -> None:
    assert of_book(name, description) == []


def of_copies(path: str, words: str, answer: dict[str, Any]) -> list[Count]:
    """Return the counts of an API of copies alone, with a further path."""
    return counts_of(
        {
            "/copies": {
                "get": answers(objects(copies=arrays(COPY))),
                "post": takes(BODY, answers(COPY, "201")),
            },
            "/copies/{copyId}": {"get": answers(COPY)},
            path: {"get": {**asks(answers(answer)), "description": words}},
        }
    )


def test_numbers_beside_resources_are_read_by_their_names() -> None:
    answer = objects(copies=WHOLE, worn=WHOLE, onLoan=WHOLE, torn=WHOLE)
    found = of_copies("/counters", "How many copies there are, and how many of them are worn or on loan.", answer)
    assert {one.name: len(one.choices) for one in found} == {"copies": 1, "worn": 1, "onLoan": 2}
    assert [len(choice) for one in found for choice in one.choices] == [0, 1, 1, 2]
    assert of_copies("/counters", "Some numbers.", answer) == []
    assert of_copies("/counters", "How many books there are.", answer) == []


def test_a_list_with_a_number_for_each_value_is_read() -> None:
    answer = objects(tags=arrays(objects(tag=TEXT, copies=WHOLE)))
    (found,) = of_copies("/tags", "With the number of worn copies that have them. The most used first.", answer)
    assert (found.name, found.key, found.array) == ("copies", "tag", "tags")
    assert [(one.field, one.value) for one in found.conditions] == [("state", "worn")]
    assert of_copies("/tags", "With the number of copies of the last days.", answer) == []
    assert of_copies("/tags", "With a number.", answer) == []


def test_counts_are_explained() -> None:
    book = objects("isbn", isbn=TEXT)
    book["properties"]["free"] = {**WHOLE, "description": "How many copies are not on loan."}
    paths = {
        "/books/{isbn}": {"get": answers(book)},
        "/books/{isbn}/copies": {"post": takes(BODY, answers(COPY, "201"))},
        "/books/{isbn}/copies/{copyId}": {"get": answers(COPY)},
    }
    lines = " ".join(" ".join(explain_model(model_of(paths))).split())
    assert "counts GET /books/{isbn}: free counts copies whose onLoan is false" in lines


def test_total_is_that_of_the_members_that_meet_the_conditions() -> None:
    (found,) = of_book("n", "How many of them are not on loan.")
    members = [{"onLoan": True}, {"onLoan": False}, {}]
    assert found.total(found.choices[0], members) == 1
    (found,) = of_book("n", "The sum of the copies' pages.")
    assert found.total(found.choices[0], [{"pages": 2}, {"pages": 3}]) == 5
    assert found.total(found.choices[0], [{"pages": None}]) is None
