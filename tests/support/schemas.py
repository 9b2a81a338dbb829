"""Hypothesis strategies for OpenAPI 3.0 schemas and for values that are often near to them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from homeport.project.validators.pattern import FORMATS

Schema = dict[str, Any]

NAMES = ("a", "b", "c/d", "e.f~")
COMPONENTS = ("Tree", "Leaf")
_PATTERNS = ("^a+$", "b", r"^\d{2}$", r"[^\w]", r"^(?!x).*$", "^[a-c-]*$", r"\s", ".", r"\u00e9|é", r"^\S+\.\S$")
_TEXTS = ("", "a", "aa", "b", "ab", "12", "x", "a\n", "é", "\u0663\u0663", "1.5", "\u00a0", "\x00", "😀", "null", "-")
_FORMATTED = (
    "2024-02-29",
    "2023-02-29",
    "2024-01-01T00:00:00Z",
    "12:00:00+01:00",
    "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "a@example.com",
    "http://example.com/?a=b#c",
    "::1",
    "1.2.3.4",
    "P1D",
    "/a/b",
)

_numbers = st.integers(-6, 6) | st.integers(-12, 12).map(lambda n: n / 4)
_scalars = st.none() | st.booleans() | _numbers | st.sampled_from(_TEXTS + _FORMATTED)
values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from((*NAMES, "other")), inner, max_size=3),
    max_leaves=6,
)


def _some(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Schema]:
    return st.fixed_dictionaries({}, optional=fields)


_sizes = st.integers(0, 3)
_nullable = st.just(True)
_strings = _some(
    {
        "minLength": _sizes,
        "maxLength": _sizes,
        "pattern": st.sampled_from(_PATTERNS),
        "format": st.sampled_from([*sorted(FORMATS), "password", "binary", "made-up"]),
        "enum": st.lists(st.sampled_from(_TEXTS) | st.none(), min_size=1, max_size=3, unique=True),
        "nullable": _nullable,
    }
).map(lambda schema: {"type": "string", **schema})
_numeric = st.builds(
    lambda kind, schema: {"type": kind, **schema},
    st.sampled_from(("integer", "number")),
    _some(
        {
            "minimum": _numbers,
            "maximum": _numbers,
            "exclusiveMinimum": st.booleans(),
            "exclusiveMaximum": st.booleans(),
            "multipleOf": st.sampled_from((1, 2, 0.5, 0.25, 3)),
            "format": st.sampled_from(("int32", "int64", "float", "double")),
            "enum": st.lists(_numbers, min_size=1, max_size=3),
            "nullable": _nullable,
        }
    ),
)
_anything = st.builds(lambda schema: schema, _some({"enum": st.lists(_scalars, min_size=1, max_size=3)}))
_flat = _strings | _numeric | st.just({"type": "boolean"}) | st.just({"nullable": True}) | _anything
references = st.builds(
    lambda name, extra: {"$ref": f"#/components/schemas/{name}", **extra},
    st.sampled_from(COMPONENTS),
    _some({"nullable": _nullable, "maxLength": _sizes}),
)


def _nested_schemas(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    arrays = st.builds(
        lambda items, rest: {"type": "array", "items": items, **rest},
        inner,
        _some({"minItems": _sizes, "maxItems": _sizes, "uniqueItems": st.booleans(), "nullable": _nullable}),
    )
    objects = _some(
        {
            "properties": st.dictionaries(
                st.sampled_from(NAMES), inner | st.just({"type": "string", "readOnly": True}), max_size=3
            ),
            "required": st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
            "additionalProperties": st.booleans() | inner,
            "minProperties": _sizes,
            "maxProperties": _sizes,
            "nullable": _nullable,
            "description": st.just("dropped"),
            "example": st.just(1),
        }
    ).map(lambda schema: {"type": "object", **schema})
    composed = st.builds(
        lambda word, parts, rest: {word: parts, **rest},
        st.sampled_from(("allOf", "anyOf", "oneOf")),
        st.lists(inner, min_size=1, max_size=3),
        _some({"nullable": _nullable}),
    )
    return arrays | objects | composed | inner.map(lambda schema: {"not": schema})


schemas = st.recursive(_flat | references, _nested_schemas, max_leaves=5)
components = st.fixed_dictionaries(
    {
        "Tree": st.builds(
            lambda leaf, extra: {
                "type": "object",
                "properties": {"a": leaf, "b": {"$ref": "#/components/schemas/Tree"}, **extra},
            },
            _flat,
            st.dictionaries(st.sampled_from(NAMES[2:]), references, max_size=1),
        ),
        "Leaf": _flat,
    }
)
documents = components.map(lambda found: {"components": {"schemas": found}})


def with_decimals(value: Any) -> Any:
    """The value as a function sees it that parses fractions to Decimal."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        return [with_decimals(item) for item in value]
    return {key: with_decimals(item) for key, item in value.items()} if isinstance(value, dict) else value
