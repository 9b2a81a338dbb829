"""The cursor of a page: the item after which the next one starts, by its creation time and its id.

A Lambda function has no secret to sign it with, and needs none: all that a made-up cursor can do is start a page
elsewhere. But a damaged one should be told, and openapi.yaml should be able to say which ones are accepted: that takes
a pattern, which knows no checksums. So each half of a byte is followed by a letter that stands for it: in lower and
upper case by turns, byte by byte, and in the last byte of the alphabet read backwards.

Every list can start after any item: a cursor means the same whatever list it came from.
"""

from __future__ import annotations

from typing import NamedTuple

_LETTERS = "ghijklmnopqrstuv"


class Position(NamedTuple):
    """An item's place: in a list by status its creation time counts first, in the table its id alone."""

    created_at: str
    item_id: str


def encode(position: Position) -> str:
    """The cursor for a position, which must be ASCII."""
    *others, last = "/".join(position).encode("ascii")
    pieces = [_piece(byte, _LETTERS, place) for place, byte in enumerate(others)]
    return "".join(pieces) + _piece(last, _LETTERS[::-1], len(others))


def decode(cursor: str) -> Position:
    """The position of a cursor that keeps to the contract's pattern: any such cursor has one, though no item may."""
    created_at, _, item_id = bytes.fromhex(cursor[::2]).decode("latin-1").partition("/")
    return Position(created_at or "0", item_id or "0")


def _piece(byte: int, letters: str, place: int) -> str:
    letters = letters.upper() if place % 2 else letters
    return "".join(f"{half:x}{letters[half]}" for half in divmod(byte, 16))
