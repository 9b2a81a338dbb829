"""service/cursor.py, and what openapi.yaml says of cursors."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service import _validators, cursor
from service.cursor import Position

_places = st.builds(
    Position,
    st.text(string.digits + ":.-+TZ", min_size=1, max_size=32),
    st.text(string.ascii_letters + string.digits + "_.~-", min_size=1, max_size=128),
)


def _accepted(text: str) -> bool:
    found = _validators.parameters("listItems", path={}, query={"cursor": [text]}, headers={}, cookies={})
    return found[1] == []


def test_a_cursor_is_a_place_with_a_complement_after_each_half_of_a_byte() -> None:
    assert cursor.encode(Position("2026", "1A")) == "3c2d3c0f3c2d3c692df03c1e4b1e-"


@given(_places)
def test_a_cursor_gives_its_place_back_and_keeps_to_the_contract(place: Position) -> None:
    encoded = cursor.encode(place)
    assert cursor.decode(encoded) == place
    assert _accepted(encoded)


def test_the_longest_cursor_is_accepted() -> None:
    assert len(cursor.encode(Position("0" * 32, "x" * 128))) == 645
    assert _accepted(cursor.encode(Position("0" * 32, "x" * 128)))


@given(_places, st.data())
def test_a_cursor_with_one_character_changed_is_refused(place: Position, data: st.DataObject) -> None:
    encoded = cursor.encode(place)
    position = data.draw(st.integers(0, len(encoded) - 1))
    other = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_=%. "))
    assume(other != encoded[position])
    assert not _accepted(encoded[:position] + other + encoded[position + 1 :])


@given(_places, st.data())
def test_a_cursor_that_is_cut_or_continued_is_refused(place: Position, data: st.DataObject) -> None:
    encoded = cursor.encode(place)
    assert not _accepted(encoded[: data.draw(st.integers(0, len(encoded) - 1))])
    assert not _accepted(encoded + data.draw(st.text(string.ascii_letters + string.digits + "-", min_size=1)))


@pytest.mark.parametrize(
    "text",
    [
        *["", "-", "x", "3c-", "3c1e", "3C1E-", "eyJpZCI6IjEifQ=="],
        *["3c1e-", "2df03c1e-", "3c1e2df0-", "4b1e2df03c1e-", "3c1e2df03c1e-\n", "3c1e2df03c1e-3c1e2df03c1e-"],
    ],
)
def test_a_text_that_never_was_a_cursor_is_refused(text: str) -> None:
    assert not _accepted(text)


@given(st.text(string.digits, min_size=1, max_size=32), st.binary(min_size=1, max_size=128))
def test_whatever_the_contract_accepts_has_a_place(created_at: str, raw: bytes) -> None:
    digits = created_at.encode().hex() + "2f" + raw.hex()
    encoded = "".join(f"{digit}{15 - int(digit, 16):x}" for digit in digits) + "-"
    assert _accepted(encoded)
    assert cursor.decode(encoded) == Position(created_at, raw.decode("latin-1"))
