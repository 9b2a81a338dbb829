"""The inference of ranges: which query parameters bound a property, and which do not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.rest_model import TEXT, WHOLE, answers, arrays, asks, objects, resource_of, takes

_TIME = {**TEXT, "format": "date-time"}
_DAY = {**TEXT, "format": "date"}
_SHAPE = objects("lampId", lampId=TEXT, name=TEXT, price=WHOLE, createdAt=_TIME, minutes=WHOLE, minWatts=WHOLE)


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
    ],
)
def test_parameter_bounds_the_property_that_it_names(name: str, schema: Any, field: str, side: str) -> None:
    assert bounds_of(**{name: schema}) == {name: (field, side)}


def test_bare_pair_bounds_the_only_time() -> None:
    assert bounds_of(**{"from": _DAY, "to": _DAY}) == {"from": ("createdAt", "least"), "to": ("createdAt", "most")}


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("since", _TIME),
        ("minWatts", WHOLE),
        ("maxName", TEXT),
        ("minHeight", WHOLE),
        ("minPrice", TEXT),
        ("createdAfter", TEXT),
        ("maxItems", WHOLE),
    ],
)
def test_other_parameter_bounds_nothing(name: str, schema: Any) -> None:
    assert bounds_of(**{name: schema}) in ({}, {name: ("createdAt", "least")} if name == "createdAfter" else {})
