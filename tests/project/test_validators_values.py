"""homeport/project/validators/embedded.py: numbers and equality."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.project.validators.embedded import LIMITS, TYPES, identity, is_multiple

_decimals = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(-(10**20), 10**20), st.integers(-30, 30)
)
_steps = st.builds(lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(1, 50), st.integers(-4, 4))


@given(_decimals | st.integers(), _steps | st.integers(1, 100))
def test_a_multiple_agrees_with_exact_fractions(value: Any, step: Any) -> None:
    assert is_multiple(value, step) == ((Fraction(value) / Fraction(step)).denominator == 1)


@given(st.integers(-1000, 1000), _steps)
def test_every_multiple_is_recognized(factor: int, step: Decimal) -> None:
    assert is_multiple(factor * step, step)


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [
        (Decimal("1e999999999999"), 7, False),
        (Decimal("7e999999999999"), Decimal("0.07"), True),
        (Decimal("1e-999999999999"), Decimal("0.01"), False),
        (Decimal("0e-999999999999"), Decimal("0.01"), True),
        (0.3, Decimal("0.1"), True),
        (0.30000000000000004, Decimal("0.1"), False),
    ],
)
def test_multiples_are_exact_at_any_size(value: Any, step: Any, expected: bool) -> None:
    assert is_multiple(value, step) is expected


@pytest.mark.parametrize(
    ("value", "types"),
    [
        (1, {"integer", "number"}),
        (1.0, {"integer", "number"}),
        (Decimal("1.0"), {"integer", "number"}),
        (Decimal("1e5"), {"integer", "number"}),
        (1.5, {"number"}),
        (True, {"boolean"}),
        (None, {"null"}),
        (float("nan"), set()),
        (float("inf"), set()),
        (Decimal("Infinity"), set()),
        ("1", {"string"}),
        ([], {"array"}),
        ({}, {"object"}),
    ],
)
def test_a_value_has_the_types_of_json_schema(value: Any, types: set[str]) -> None:
    assert {name for name, holds in TYPES.items() if holds(value)} == types


def test_equal_values_share_an_identity_and_others_do_not() -> None:
    assert identity([1, {"a": 1.0}]) == identity([Decimal("1.00"), {"a": 1}])
    different = [0, False, "", None, [], {}, 1, True, "1", "True", [1], [[1]], {"a": 1}, ["a", 1], "None", [["a", 1]]]
    assert len({identity(value) for value in different}) == len(different)


@pytest.mark.parametrize(
    ("word", "argument", "message"),
    [
        ("minLength", 1, "must have at least 1 character"),
        ("maxLength", 2, "must have at most 2 characters"),
        ("minItems", 1, "must have at least 1 item"),
        ("maxItems", 0, "must have at most 0 items"),
        ("minProperties", 1, "must have at least 1 property"),
        ("maxProperties", 2, "must have at most 2 properties"),
        ("uniqueItems", True, "must not have an item twice"),
        ("minimum", Decimal("0.1"), "must be at least 0.1"),
        ("maximum", 3, "must be at most 3"),
        ("exclusiveMinimum", 0, "must be greater than 0"),
        ("exclusiveMaximum", 3, "must be less than 3"),
        ("multipleOf", Decimal("0.01"), "must be a multiple of 0.01"),
        ("enum", ["a"], 'must be "a"'),
        ("enum", ["é", 1, None, True], 'must be one of "é", 1, null, true'),
    ],
)
def test_each_limit_has_its_message(word: str, argument: Any, message: str) -> None:
    assert LIMITS[word][2](argument) == message
