"""Orders are read from sentences that say them, with their direction; none is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.contract.rest.explain import explain_model
from homeport.contract.rest.written_orders import begins_with_newest, made_times, written_sorts
from tests.support.rest_model import TEXT, WHOLE, answers, arrays, asks, model_of, objects, takes

_TIME = {**TEXT, "format": "date-time"}
STATE = {**TEXT, "enum": ["open", "closed"]}
LOAN = objects(
    "loanId", "sentAt", loanId=TEXT, title=TEXT, price=WHOLE, dueOn=TEXT, state=STATE, sentAt=_TIME, expiresAt=_TIME
)


def paths_with(words: str) -> dict[str, Any]:
    """Return loans whose list is described so."""
    listed = {**asks(answers(objects(loans=arrays(LOAN))), title=TEXT), "description": words}
    create = takes(objects("title", title=TEXT, price=WHOLE, dueOn=TEXT), answers(LOAN, "201"))
    return {"/loans": {"get": listed, "post": create}, "/loans/{loanId}": {"get": answers(LOAN)}}


@pytest.mark.parametrize(
    ("words", "field", "descending"),
    [
        ("Loans sorted by title. More of them behind the cursor.", "title", False),
        ("Sorted by the day they are due, the earliest first.", "dueOn", False),
        ("All loans, ordered by price, the highest first.", "price", True),
        ("Sorted by price in descending order.", "price", True),
        ("Loans in the order of their titles.", "title", False),
        ("Sorted by title, then the newest first.", "title", False),
        ("Sorted by title. The newest first within a title.", "title", False),
    ],
)
def test_order_is_read(words: str, field: str, descending: bool) -> None:
    model = model_of(paths_with(words))
    (resource,) = model.resources
    ((sort, asked),) = written_sorts(model.document, resource.listings[0], resource)
    assert (sort.field, sort.descending, asked) == (field, descending, frozenset())


@pytest.mark.parametrize(
    "words",
    [
        "Loans in no particular order, not sorted by title.",
        "Loans can be sorted by title.",
        "Sorted by title or by price.",
        "Sorted by relevance.",
        "Sorted by state.",
        "The newest first.",
    ],
)
def test_no_order_is_guessed(words: str) -> None:
    model = model_of(paths_with(words))
    (resource,) = model.resources
    assert list(written_sorts(model.document, resource.listings[0], resource)) == []


def test_newest_goes_by_a_time_that_the_service_sets() -> None:
    (resource,) = model_of(paths_with("")).resources
    assert made_times(resource) == ["sentAt"]
    assert [
        begins_with_newest(one) for one in ("The newest first.", "Oldest first", "newest first or oldest first")
    ] == ([True, False, None])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("Sorted by price, the highest first.", "order          price descending, as the description says"),
        ("The newest first.", "order          the newest first by sentAt, as the description says"),
        ("Some loans.", "order          none documented"),
    ],
)
def test_order_is_explained(words: str, line: str) -> None:
    assert line in {one.strip() for one in explain_model(model_of(paths_with(words)))}
