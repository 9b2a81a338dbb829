"""service/cursor.py, and what openapi.yaml says of cursors."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from homeport.project.load import load_project
from service import _validators, cursor
from service.cursor import Position
from tests.support.service import ROOT

_PATTERN = load_project(ROOT).api.document["components"]["schemas"]["Cursor"]["pattern"]

_places = st.builds(
    Position,
    st.text(string.digits + ":.-+TZ", min_size=1, max_size=32),
    st.text(string.ascii_letters + string.digits + "_.~-", min_size=1, max_size=128),
)


def _accepted(text: str) -> bool:
    found = _validators.parameters("listItems", path={}, query={"cursor": [text]}, headers={}, cookies={})
    return found[1] == []


def test_a_cursor_is_a_place_with_a_letter_after_each_half_of_a_byte() -> None:
    assert cursor.encode(Position("2026", "1A")) == "3j2i3J0G3j2i3J6M2ifv3J1H4r1u"


@given(_places)
def test_a_cursor_gives_its_place_back_and_keeps_to_the_contract(place: Position) -> None:
    encoded = cursor.encode(place)
    assert cursor.decode(encoded) == place
    assert _accepted(encoded)


def test_the_longest_cursor_is_accepted() -> None:
    assert len(cursor.encode(Position("0" * 32, "x" * 128))) == 644
    assert _accepted(cursor.encode(Position("0" * 32, "x" * 128)))


@given(_places, st.data())
def test_a_cursor_with_one_character_changed_is_refused(place: Position, data: st.DataObject) -> None:
    encoded = cursor.encode(place)
    position = data.draw(st.integers(0, len(encoded) - 1))
    other = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_=%. "))
    assume(other != encoded[position])
    assert not _accepted(encoded[:position] + other + encoded[position + 1 :])


@given(_places, st.data())
def test_a_cursor_with_two_neighbours_exchanged_is_refused(place: Position, data: st.DataObject) -> None:
    encoded = cursor.encode(place)
    at = data.draw(st.integers(0, len(encoded) - 2))
    assert not _accepted(encoded[:at] + encoded[at + 1] + encoded[at] + encoded[at + 2 :])


@given(_places, st.data())
def test_a_cursor_with_a_byte_too_few_or_twice_is_refused(place: Position, data: st.DataObject) -> None:
    encoded = cursor.encode(place)
    at = 4 * data.draw(st.integers(0, len(encoded) // 4 - 1))
    assert not _accepted(encoded[:at] + encoded[at + 4 :])
    assert not _accepted(encoded[: at + 4] + encoded[at:])


@given(_places, st.data())
def test_a_cursor_that_is_cut_or_continued_is_refused(place: Position, data: st.DataObject) -> None:
    encoded = cursor.encode(place)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    assert not _accepted(encoded[:cut])
    assert not _accepted(encoded[len(encoded) - cut + cut % 2 :][1:])
    assert not _accepted(encoded + data.draw(st.text(string.ascii_letters + string.digits + "-", min_size=1)))


@pytest.mark.parametrize(
    "text",
    [
        *["", "-", "x", "4r1u", "3J4r1u", "eyJpZCI6IjEifQ==", "3j2i3J0G4r1u\n", "3j2i3J0G4r1u" * 2],
        *["3j2i3J0G4r1u".upper(), "3j2i3J0G4r1u".lower(), "3j2i2IfV3j1h", "3j2i2IfV 4r1u"],
    ],
)
def test_a_text_that_never_was_a_cursor_is_refused(text: str) -> None:
    assert not _accepted(text)


@given(st.from_regex(_PATTERN, fullmatch=True))
def test_every_accepted_cursor_has_a_position(text: str) -> None:
    assert all(cursor.decode(text))
    assert _accepted(text) is (len(text) <= 644)
