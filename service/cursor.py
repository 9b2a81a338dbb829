"""The cursor of a page: the item after which the next one starts, by its creation time and its id.

A Lambda function has no secret to sign it with, and needs none: all that a made-up cursor can do is start a page
elsewhere. But a damaged one should be told. So each half of a byte is followed by its complement, and a hyphen comes
last: that is something which openapi.yaml can say in a pattern, as it couldn't of a checksum, so the contract knows
exactly the cursors that are accepted, and validation refuses the others.

Every list can start after any item: a cursor means the same whatever list it came from.
"""

from __future__ import annotations

from typing import NamedTuple

_COMPLEMENT = str.maketrans("0123456789abcdef", "fedcba9876543210")


class Position(NamedTuple):
    """An item's place: in a list by status its creation time counts first, in the table its id alone."""

    created_at: str
    item_id: str


def encode(position: Position) -> str:
    """The cursor for a position, which must be ASCII."""
    digits = "/".join(position).encode("ascii").hex()
    pairs = zip(digits, digits.translate(_COMPLEMENT), strict=True)
    return "".join(digit + check for digit, check in pairs) + "-"


def decode(cursor: str) -> Position:
    """The position of a cursor that keeps to the contract's pattern: any such cursor has one, though no item may."""
    created_at, _, item_id = bytes.fromhex(cursor[:-1:2]).decode("latin-1").partition("/")
    return Position(created_at, item_id)
