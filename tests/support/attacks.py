"""Attacks on token authorizers: the fields that every row of the tables has.

Everything that a row does not say is right: a fresh token of the right issuer for the right audience, by the right key.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.support.tokens import REMOVED, make_claims, make_header, make_token

SIGNATURE = "crypto/rsa: verification error"
UNAVAILABLE = "signing method (alg) is unavailable."
UNSPECIFIED = "signing method (alg) is unspecified."
NO_KEY_ID = "the token does not have a key id"
UNKNOWN_KEY = "the key of the token is not known"
SEGMENTS = "token contains an invalid number of segments"
CRITICAL = "the token has a critical header"
NOT_JSON = "the token's payload is not JSON"
NOT_AN_OBJECT = "the token's payload is not a JSON object"
EXPIRED = "the token has expired"
ISSUER_DIFFERS = "issuer does not match"
AUDIENCE_DIFFERS = "the token does not have a valid audience"


@dataclass(frozen=True)
class Attack:
    """``header`` is the whole Authorization header. ``why`` is an HTTP API's error_description, None without a token.

    ``on_cognito`` is false where a Cognito pool takes the token.
    """

    name: str
    header: str
    why: str | None
    on_cognito: bool = True


def sign_header(claims: Any = None, **header: Any) -> str:
    return make_token(claims, make_header(**header))


def claiming(**changes: Any) -> str:
    return make_token(make_claims(**changes))


def raw_payload(text: str | bytes) -> str:
    return make_token(text if isinstance(text, bytes) else text.encode())


def with_claim_text(name: str, text: str) -> str:
    """A token whose claim is this very JSON text."""
    claims = json.dumps(make_claims(**{name: REMOVED}))
    return raw_payload(claims[:-1] + f', "{name}": {text}}}')


GOOD = make_token()
HEAD, BODY, TAIL = GOOD.split(".")


def illegal(position: int) -> str:
    """Return the description of a character outside of base64url, or of one character too many."""
    return f"illegal base64 data at input byte {position}"
