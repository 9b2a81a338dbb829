"""Numbers have one spelling, whatever the request writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.dynamodb.embedded.expressions.values import canonical_number, equal, normalise


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        *(("1.50", "1.5"), ("1e0", "1"), ("001", "1"), ("-0", "0"), ("+7", "7"), (".5", "0.5"), ("5.", "5")),
        *(("1E-3", "0.001"), ("-1.0e2", "-100"), ("0e200", "0"), ("1" + "0" * 45, "1" + "0" * 45)),
        *(("9" * 38, "9" * 38), ("9" * 39, None), ("1e126", None), ("1e-131", None), ("9.9e125", "99" + "0" * 124)),
        *(("abc", None), ("", None), ("1_0", None), (" 1", None), ("NaN", None), ("Infinity", None), ("0x1", None)),
    ],
)
def test_a_number_has_one_spelling(text: str, canonical: str | None) -> None:
    assert canonical_number(text) == canonical


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20), max_value=10**20))
def test_the_spelling_is_of_the_same_number_and_stays(number: object) -> None:
    text = canonical_number(str(number))
    assert text is not None
    assert canonical_number(text) == text
    assert equal({"N": text}, {"N": str(number)})


def test_numbers_of_a_request_are_normalised_wherever_they_are() -> None:
    request = {
        "Key": {"a": {"N": "1.0"}, "N": {"S": "1.0"}},
        "Item": {"M": {"M": {"x": {"L": [{"N": "02"}, {"NS": ["1.0", "2"]}]}}}, "bad": {"N": "x"}},
        "Limit": 1,
    }
    normalise(request)
    assert request == {
        "Key": {"a": {"N": "1"}, "N": {"S": "1.0"}},
        "Item": {"M": {"M": {"x": {"L": [{"N": "2"}, {"NS": ["1", "2"]}]}}}, "bad": {"N": "x"}},
        "Limit": 1,
    }
