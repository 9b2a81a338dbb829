"""The document that /docs shows fills in what can be sent as it is, and nothing that may be left out."""

from __future__ import annotations

from typing import Any

from homeport.inspector.docs_document import document_to_execute

ITEM_ID = {"name": "itemId", "in": "path", "required": True, "schema": {"type": "string"}, "example": "lamp-7"}


def parameters(*given: dict[str, Any], shared: tuple[dict[str, Any], ...] = ()) -> list[dict[str, Any]]:
    """The parameters of an operation as the page has them."""
    item: dict[str, Any] = {"get": {"parameters": list(given)}, **({"parameters": list(shared)} if shared else {})}
    document = {"paths": {"/items": item}, "components": {"parameters": {"ItemId": ITEM_ID}}}
    found: list[dict[str, Any]] = document_to_execute(document)["paths"]["/items"]["get"]["parameters"]
    return found


def test_a_required_parameter_keeps_its_example_or_gets_one() -> None:
    colour = {"name": "colour", "in": "query", "required": True, "schema": {"type": "string", "enum": ["red"]}}
    assert parameters({"$ref": "#/components/parameters/ItemId"}, colour) == [ITEM_ID, {**colour, "example": "red"}]


def test_the_example_of_a_parameter_that_may_be_left_out_is_told_and_not_sent() -> None:
    cursor = {"name": "cursor", "in": "query", "description": "Where to go on.", "schema": {"type": "string"}}
    assert parameters({**cursor, "example": "eyJ"}) == [{**cursor, "description": "Where to go on. For example: `eyJ`"}]
    assert parameters({**cursor, "schema": {"type": "string", "example": "eyJ"}}) == [
        {**cursor, "description": "Where to go on. For example: `eyJ`"}
    ]
    assert parameters(cursor) == [cursor]


def test_a_parameter_of_the_operation_replaces_that_of_its_path() -> None:
    own = {**ITEM_ID, "example": "kettle-2"}
    assert parameters(own, shared=(ITEM_ID,)) == [own]


def test_a_document_without_paths_stays_as_it_is() -> None:
    assert document_to_execute({"openapi": "3.0.3"}) == {"openapi": "3.0.3"}
