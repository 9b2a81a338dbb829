"""Properties that hold ids by what their descriptions say."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.contract.rest.described_ids import described_ids
from tests.support.rest_model import TEXT, answers, model_of, objects, takes

_ID = {"type": "string", "pattern": "^[0-9a-f]{8}$"}


def _ids(**properties: Any) -> dict[str, tuple[str, str]]:
    def at(*names: str) -> list[dict[str, Any]]:
        return [{"name": one, "in": "path", "required": True, "schema": _ID} for one in names]

    home, item = objects("homeId", homeId=_ID), objects("itemId", itemId=_ID, name=TEXT)
    model = model_of(
        {
            "/homes": {"post": answers(home, "201")},
            "/homes/{homeId}": {"parameters": at("homeId"), "get": answers(home)},
            "/homes/{homeId}/items": {"parameters": at("homeId"), "post": answers(item, "201")},
            "/homes/{homeId}/items/{itemId}": {"parameters": at("homeId", "itemId"), "get": answers(item)},
            "/moves": {"post": takes(objects(**properties), answers(objects(moved=TEXT), "201"))},
        }
    )
    (operation,) = model.others
    return {name: (one.resource.name, one.above) for name, one in described_ids(operation, model).items()}


@pytest.mark.parametrize(
    ("words", "schema", "owner"),
    [
        ("The homeId that gives.", TEXT, "homes"),
        ("The id of another home.", TEXT, "homes"),
        ("Another home (else 400).", _ID, "homes"),
        ("A home or a hotel.", TEXT, ""),
        ("The name of the home.", _ID, ""),
        ("How the homes are called.", TEXT, ""),
        ("The homeId that gives.", {"type": "boolean"}, ""),
    ],
)
def test_description_says_whose_id_it_is(words: str, schema: dict[str, Any], owner: str) -> None:
    found = _ids(to={**schema, "description": words})
    assert found == ({"to": (owner, "")} if owner else {})


def test_item_is_one_of_the_home_that_another_property_has() -> None:
    found = _ids(home={**_ID, "description": "The homeId."}, thing={**_ID, "description": "An item of `home`."})
    assert found == {"home": ("homes", ""), "thing": ("items", "home")}
