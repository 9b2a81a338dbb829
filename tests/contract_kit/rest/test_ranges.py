"""The inference of ranges: which query parameters bound a property, and which do not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from homeport.contract.checks.collections.ranges import rank_of
from homeport.contract.rest.ranges import infer_bounds, is_decimal
from homeport.contract.rest.resource import Bound, Field
from homeport.project.model import Parameter
from tests.support.rest_model import TEXT, WHOLE, answers, arrays, asks, objects, resource_of, takes

_TIME = {**TEXT, "format": "date-time"}
_DAY = {**TEXT, "format": "date"}
_MONEY = {**TEXT, "pattern": r"^(0|[1-9][0-9]*)\.[0-9]{2}$"}
_SHAPE = objects(
    "lampId", lampId=TEXT, name=TEXT, price=WHOLE, createdAt=_TIME, minutes=WHOLE, minWatts=WHOLE, fee=_MONEY
)


def bounds_of(**query: Any) -> dict[str, tuple[str, str]]:
    """Return the bounds of a list of lamps, by parameter."""
    listed = asks(answers(objects(items=arrays(_SHAPE))), **query)
    paths = {"/lamps": {"get": listed, "post": takes(_SHAPE, answers(_SHAPE, "201"))}}
    resource = resource_of({**paths, "/lamps/{lampId}": {"get": answers(_SHAPE)}}, name="lamps")
    return {one.parameter: (one.field, one.side) for one in resource.listings[0].bounds}


@pytest.mark.parametrize(
    ("name", "schema", "field", "side"),
    [
        ("minPrice", WHOLE, "price", "least"),
        ("price_max", WHOLE, "price", "most"),
        ("price[gte]", {"type": "number"}, "price", "least"),
        ("filter[price][lt]", WHOLE, "price", "most"),
        ("priceTo", WHOLE, "price", "most"),
        ("createdAfter", _TIME, "createdAt", "least"),
        ("created_before", _DAY, "createdAt", "most"),
        ("min_fee", _MONEY, "fee", "least"),
    ],
)
def test_parameter_bounds_the_property_that_it_names(name: str, schema: Any, field: str, side: str) -> None:
    assert bounds_of(**{name: schema}) == {name: (field, side)}


def test_bare_pair_bounds_the_only_time() -> None:
    assert bounds_of(**{"from": _DAY, "to": _DAY}) == {"from": ("createdAt", "least"), "to": ("createdAt", "most")}


@pytest.mark.parametrize(
    ("words", "found"),
    [("Only those created on this day or later.", "createdAt"), ("Those that were changed.", ""), ("", "")],
)
def test_bare_pair_bounds_the_time_that_its_words_name(words: str, found: str) -> None:
    fields = {one: Field(one, _TIME, answered=True) for one in ("createdAt", "updatedAt")}
    fields["to"] = Field("to", objects(city=TEXT), answered=True)
    pair = [Parameter(one, "query", False, _DAY) for one in ("from", "to")]
    bounds = list(infer_bounds(pair, fields, {}, {"from": words, "to": words}))
    assert {one.field for one in bounds} == ({found} if found else set())


@pytest.mark.parametrize(
    ("name", "words", "inclusive"),
    [
        ("maxPrice", "Only those below this price; the price itself is not included.", False),
        ("minPrice", "With a price of at least this much.", True),
        ("maxPrice", "This price or less", True),
        ("maxPrice", "Cheaper than this, exclusive", False),
        ("minPrice", "Strictly more", False),
        ("minPrice", "More than this", False),
        ("minPrice", "More than or equal to this", True),
        ("maxPrice", "Lamps below this price.", False),
        ("maxPrice", "Lamps before the day of the sale.", None),
        ("maxPrice", "Lamps below or at this price.", None),
        ("maxPrice", "This price or less. Less than `minPrice` is a 400.", True),
        ("minPrice", "", None),
        ("price[gte]", "", True),
        ("price[lt]", "", False),
    ],
)
def test_a_bound_is_in_its_range_as_the_document_says(name: str, words: str, inclusive: bool | None) -> None:
    parameter = Parameter(name, "query", False, WHOLE)
    fields = {"price": Field("price", WHOLE, answered=True)}
    (bound,) = infer_bounds([parameter], fields, {}, {name: words})
    assert bound.inclusive is inclusive


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("since", _TIME),
        ("minWatts", WHOLE),
        ("maxName", TEXT),
        ("minHeight", WHOLE),
        ("minPrice", TEXT),
        ("minFee", TEXT),
        ("createdAfter", TEXT),
        ("maxItems", WHOLE),
    ],
)
def test_other_parameter_bounds_nothing(name: str, schema: Any) -> None:
    assert bounds_of(**{name: schema}) in ({}, {name: ("createdAt", "least")} if name == "createdAfter" else {})


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        (_MONEY, True),
        ({**TEXT, "format": "decimal"}, True),
        ({**TEXT, "pattern": r"^\d+(\.\d+)?$"}, True),
        ({**TEXT, "pattern": r"^[\d.]+$"}, False),
        ({**TEXT, "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}, False),
        (TEXT, False),
        (WHOLE, False),
    ],
)
def test_decimal_texts_are_known_by_their_pattern(schema: Any, found: bool) -> None:
    assert is_decimal(schema, {}) is found


def test_decimal_texts_have_the_order_of_numbers() -> None:
    bound = Bound("min_fee", "fee", "least", _MONEY)
    assert [rank_of(fee, bound) for fee in ("9.50", "10.00", "ten")] == [Decimal("9.5"), Decimal(10), None]
