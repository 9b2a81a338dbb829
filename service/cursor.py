"""The cursor of a page: the key after which the next one starts.

A Lambda function has no secret to sign it with, and needs none: all that a made-up cursor can do is start a page
elsewhere. But a damaged one should be told. So each half of a byte is followed by its complement, and a hyphen comes
last: that is something which openapi.yaml can say in a pattern, as it couldn't of a checksum, so the contract knows
exactly the cursors that are accepted, and validation refuses the others.
"""

from __future__ import annotations

_COMPLEMENT = str.maketrans("0123456789abcdef", "fedcba9876543210")


def encode(key: str) -> str:
    """The cursor for a key, which must be ASCII."""
    digits = key.encode("ascii").hex()
    pairs = zip(digits, digits.translate(_COMPLEMENT), strict=True)
    return "".join(digit + check for digit, check in pairs) + "-"


def decode(cursor: str) -> str:
    """The key of a cursor that keeps to the contract's pattern: any such cursor has one, though no item may."""
    return bytes.fromhex(cursor[:-1:2]).decode("latin-1")
