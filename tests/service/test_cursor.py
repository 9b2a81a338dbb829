"""service/cursor.py, and what openapi.yaml says of cursors."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service import _validators, cursor

_keys = st.text(string.ascii_letters + string.digits + "_.~-", min_size=1, max_size=128)


def _accepted(text: str) -> bool:
    found = _validators.parameters("listItems", path={}, query={"cursor": [text]}, headers={}, cookies={})
    return found[1] == []


def test_a_cursor_is_the_key_with_a_complement_after_each_half_of_a_byte() -> None:
    assert cursor.encode("1A") == "3c1e4b1e-"


@given(_keys)
def test_a_cursor_gives_its_key_back_and_keeps_to_the_contract(key: str) -> None:
    encoded = cursor.encode(key)
    assert cursor.decode(encoded) == key
    assert _accepted(encoded)


@given(_keys, st.data())
def test_a_cursor_with_one_character_changed_is_refused(key: str, data: st.DataObject) -> None:
    encoded = cursor.encode(key)
    position = data.draw(st.integers(0, len(encoded) - 1))
    other = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_=%. "))
    assume(other != encoded[position])
    assert not _accepted(encoded[:position] + other + encoded[position + 1 :])


@given(_keys, st.data())
def test_a_cursor_that_is_cut_or_continued_is_refused(key: str, data: st.DataObject) -> None:
    encoded = cursor.encode(key)
    assert not _accepted(encoded[: data.draw(st.integers(0, len(encoded) - 1))])
    assert not _accepted(encoded + data.draw(st.text(string.ascii_letters + string.digits + "-", min_size=1)))


@pytest.mark.parametrize("text", ["", "-", "x", "3c-", "3c1e", "3C1E-", "3c1e-\n", "eyJpZCI6IjEifQ==", "3c1e-3c1e-"])
def test_a_text_that_never_was_a_cursor_is_refused(text: str) -> None:
    assert not _accepted(text)


@given(st.binary(min_size=1, max_size=128))
def test_whatever_the_contract_accepts_has_a_key(raw: bytes) -> None:
    encoded = "".join(f"{digit}{15 - int(digit, 16):x}" for digit in raw.hex()) + "-"
    assert _accepted(encoded)
    assert cursor.decode(encoded).encode("latin-1") == raw
