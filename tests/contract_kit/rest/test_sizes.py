"""The largest size that a value can have by its schema."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.contract.rest.sizes import largest_size

_DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "Line": {
                "type": "object",
                "properties": {"sku": {"type": "string", "maxLength": 10}, "count": {"type": "integer"}},
            },
            "Tree": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Tree"}}},
        }
    }
}
_LINE = {"$ref": "#/components/schemas/Line"}


@pytest.mark.parametrize(
    ("schema", "size"),
    [
        ({"type": "string", "maxLength": 10}, 40),
        ({"type": "string", "enum": ["a", "long"]}, 16),
        ({"type": "string", "format": "date-time"}, 40),
        ({"type": "boolean"}, 1),
        (_LINE, 3 + (3 + 40 + 1) + (5 + 21 + 1)),
        ({"type": "array", "items": _LINE, "maxItems": 2}, 3 + 2 * 75),
        ({"allOf": [_LINE, {"type": "object", "properties": {"on": {"type": "boolean"}}}]}, 81),
    ],
)
def test_largest_value_is_as_large_as_its_schema_allows(schema: Any, size: int) -> None:
    assert largest_size(schema, _DOCUMENT) == size


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "string"},
        {"type": "array", "items": {"type": "boolean"}},
        {"type": "object"},
        {"type": "object", "properties": {"a": {"type": "boolean"}}, "additionalProperties": {"type": "string"}},
        {"anyOf": [{"type": "boolean"}, {"type": "string"}]},
        {"$ref": "#/components/schemas/Tree"},
    ],
)
def test_value_without_a_limit_has_no_largest_size(schema: Any) -> None:
    assert largest_size(schema, _DOCUMENT) is None
