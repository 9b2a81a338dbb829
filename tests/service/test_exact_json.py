"""service/exact_json.py."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.exact_json import dumps, loads, number_text

_numbers = st.integers() | st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(-(10**27), 10**27),
    st.integers(-150, 150),
)
_values = st.recursive(
    st.none()
    | st.booleans()
    | _numbers
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('abc"\\/\n'), inner, max_size=4),
    max_leaves=10,
)


@given(_values)
def test_a_written_value_is_read_back_with_every_digit(value: Any) -> None:
    assert loads(dumps(value).encode()) == value


@given(_values)
def test_a_written_value_is_json_for_other_parsers(value: Any) -> None:
    assert json.loads(dumps(value), parse_float=Decimal) == value


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0"),
        ("-0.00", "0"),
        ("10.50", "10.5"),
        ("100", "100"),
        ("1E+2", "100"),
        ("1E+20", "100000000000000000000"),
        ("1E+21", "1E+21"),
        ("0.0000001", "0.0000001"),
        ("0.00000001", "1E-8"),
        ("-1.5E-130", "-1.5E-130"),
        ("12345678901234567890.123456789012345678", "12345678901234567890.123456789012345678"),
    ],
)
def test_numbers_lose_their_trailing_zeros_only(number: str, text: str) -> None:
    assert number_text(Decimal(number)) == text


def test_integers_stay_integers_and_fractions_become_decimals() -> None:
    assert loads(b"[1, -0, 1.0, 1e2]") == [1, 0, Decimal("1.0"), Decimal("1e2")]
    assert [type(number) for number in loads(b"[1, 1.0]")] == [int, Decimal]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xff", "is not UTF-8 text"),
        (b'"\xed\xa0\x80"', "is not UTF-8 text"),
        ('"\ufffd"'.encode(), "is not UTF-8 text, or has U+FFFD, which JSON can write as \\ufffd"),
        (b"", "is not JSON: Expecting value at line 1, column 1"),
        (b'{"a":\n1 2}', "is not JSON: Expecting ',' delimiter at line 2, column 3"),
        (b"{'a': 1}", "is not JSON: Expecting property name enclosed in double quotes at line 1, column 2"),
        (b"1 2", "is not JSON: Extra data at line 1, column 3"),
        (b"[NaN]", "is not JSON: NaN is no number"),
        (b"-Infinity", "is not JSON: -Infinity is no number"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', 'has the property "c" twice'),
        (rb'"\ud800"', "has a lone surrogate, which is no character"),
        (rb'{"\udc00x": 1}', "has a lone surrogate, which is no character"),
        (b"1" * 1001, "has a number of more than 1000 characters"),
        (b"0." + b"1" * 1001, "has a number of more than 1000 characters"),
        (b"1e99999999999999999999", "has a number that is out of range"),
        (b"[" * 200_000, "is nested too deeply"),
        (b'{"a":' * 200_000, "is nested too deeply"),
    ],
)
def test_ambiguous_json_is_rejected(data: bytes, why: str) -> None:
    with pytest.raises(ValueError) as refusal:
        loads(data)
    assert str(refusal.value) == why


def test_escaped_characters_that_exist_are_read() -> None:
    assert loads(rb'["\ufffd", "\ud83d\ude00", "\u0000"]') == ["\ufffd", "😀", "\x00"]
