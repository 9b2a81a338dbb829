"""Values by which a resource ends let it outlive a run."""

from __future__ import annotations

import random
from typing import Any

import pytest

from homeport.contract.rest.lifetimes import is_lifetime, lasting_value
from homeport.contract.rest.values import Values
from tests.support.rest_model import TEXT, WHOLE, answers, model_of, objects, takes

_TTL = {**WHOLE, "minimum": 1, "maximum": 1000}
_NOTE = objects("text", text=TEXT, ttl_seconds=_TTL, keep=objects(expiresAt={**TEXT, "format": "date-time"}))


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *((name, True) for name in ("ttl", "ttl_seconds", "expiresIn", "maxAge", "hold_seconds", "Lifetime")),
        *((name, True) for name in ("expiresAt", "valid_until", "closesAt", "expiry", "endDate", "deadline")),
        *((name, False) for name in ("threshold", "title", "throttle", "endpoint", "validFrom", "settle", "holder")),
    ],
)
def test_name_says_whether_a_property_ends_a_resource(name: str, is_one: bool) -> None:
    assert is_lifetime(name) is is_one


@pytest.mark.parametrize(
    ("name", "schema", "value"),
    [
        ("ttl", {"type": "integer", "minimum": 1, "example": 3600}, 3600),
        ("ttl", {"type": "integer", "minimum": 1, "maximum": 30, "multipleOf": 7}, 28),
        ("expires", {"type": "integer", "minimum": 0}, 4_102_444_800 + 86_400),
        ("expiresAt", {"type": "string", "format": "date"}, "2099-12-31"),
        ("expires", {"type": "string", "enum": ["soon"]}, None),
        ("title", {"type": "integer"}, None),
    ],
)
def test_lasting_value_is_the_example_or_a_long_one(name: str, schema: dict[str, Any], value: Any) -> None:
    assert lasting_value(name, schema) == value


def test_every_body_of_a_run_lets_its_resource_live() -> None:
    model = model_of(
        {"/notes": {"post": takes(_NOTE, answers(_NOTE, "201"))}, "/notes/{text}": {"get": answers(_NOTE)}}
    )
    values = Values(model.document, random.Random(1))
    (resource,) = model.resources
    assert resource.create is not None
    bodies = [*values.bodies(resource.create, resource), *(values.valid(_NOTE) for _ in range(50))]
    bodies += [one for one in values.telling(_NOTE) if isinstance(one, dict)]
    lives = [one["ttl_seconds"] for one in bodies if "ttl_seconds" in one]
    dates = [one["keep"]["expiresAt"] for one in bodies if "expiresAt" in one.get("keep", {})]
    assert min(lives) >= 500
    assert min(dates) >= "2090"
    assert len(set(lives)) > 1
    assert values.telling(_TTL)[0] < 500 <= min(values.telling(_TTL, "ttl_seconds"))
