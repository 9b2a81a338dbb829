"""The bytes of keys have the order of the values, alone and one after the other."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from homeport.dynamodb.embedded.expressions.values import number_text
from homeport.dynamodb.embedded.storage.key_order import (
    AFTER,
    encode_start,
    encode_text,
    encode_value,
    encode_values,
    end_of,
)

SMALLEST, LARGEST = "0." + "0" * 129 + "1", "9" * 38 + "0" * 88
NUMBERS = ("0", "1", "-1", "2", "10", "12", "123", "-12", "-123", "0.5", "0.05", "-0.05", "1.5", SMALLEST, LARGEST)


def make_numbers(chance: random.Random, count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        digits = chance.randrange(1, 10 ** chance.randrange(1, 38)) * chance.choice((1, -1))
        found.append(number_text(Decimal(digits).scaleb(chance.randrange(-92, 87))))
    return found


def test_numbers_are_in_the_order_of_their_values() -> None:
    numbers = [*NUMBERS, f"-{SMALLEST}", f"-{LARGEST}", *make_numbers(random.Random(1), 2000)]
    ordered = sorted(numbers, key=lambda number: encode_value("N", number))
    assert [Decimal(number) for number in ordered] == sorted(map(Decimal, numbers))


def test_one_number_has_one_key_however_it_is_written() -> None:
    assert encode_value("N", "1.50") == encode_value("N", "15e-1") == encode_value("N", "+1.5")
    assert encode_value("N", "-0") == encode_value("N", "0.00")


def test_texts_are_in_the_order_of_their_bytes() -> None:
    texts = ["", "\0", "\0\0", "\0a", "a", "a\0", "a\0b", "aa", "b", "ü", "\uffff", "🧺"]
    assert sorted(texts, key=lambda text: encode_value("S", text)) == sorted(texts, key=encode_text)


def test_binary_values_are_in_the_order_of_their_bytes() -> None:
    # b"\x00", b"\x01", b"\x7f\xff", b"\xff", b"\xff\xff"
    values = ["AA==", "AQ==", "f/8=", "/w==", "//8="]
    assert sorted(values, key=lambda value: encode_value("B", value)) == values


def test_values_that_follow_each_other_are_ordered_by_the_first_then_the_second() -> None:
    chance = random.Random(2)
    numbers = make_numbers(chance, 20)
    items = [
        {"t": {"S": "".join(chance.choice("\0a\xff") for _ in range(chance.randrange(3)))}, "n": {"N": number}}
        for number in chance.choices(numbers, k=500)
    ]

    def values(item: dict[str, dict[str, str]]) -> tuple[bytes, Decimal]:
        return encode_text(item["t"]["S"]), Decimal(item["n"]["N"])

    ordered = sorted(items, key=lambda item: encode_values(item, ("t", "n")))
    assert list(map(values, ordered)) == sorted(map(values, items))


@pytest.mark.parametrize(
    ("kind", "start", "inside", "outside"),
    [
        ("S", "a", ["a", "a\0", "ab", "a\uffff"], ["", "b", "A"]),
        ("S", "", ["", "a", "\uffff"], []),
        ("B", "/w==", ["/w==", "//8=", "/wA="], ["/g==", "AA=="]),
    ],
)
def test_values_that_begin_with_another_lie_between_its_start_and_its_end(
    kind: str, start: str, inside: list[str], outside: list[str]
) -> None:
    first = encode_start(kind, start)
    end = end_of(first)
    assert [first <= encode_value(kind, text) < end for text in inside] == [True] * len(inside)
    assert [first <= encode_value(kind, text) < end for text in outside] == [False] * len(outside)


def test_values_that_follow_a_value_lie_before_its_end() -> None:
    key = encode_value("S", "a")
    for following in (encode_value("N", "1"), encode_value("S", "\uffff"), encode_value("B", "//8="), b""):
        assert key <= key + following < key + AFTER
