"""Tokens, as the issuers that they stand for would make them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import jwt

from homeport.issuer.keys import SigningKey
from homeport.issuer.trust import DEFAULT_AUDIENCE, ISSUER

HOUR = 3600

TokenKind = Literal["jwt", "id", "access"]
"""``jwt`` for JWT authorizers, ``id`` and ``access`` as a Cognito user pool makes them."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """Who the token is for and what it says.

    ``lifetime`` is seconds; a token of a negative one has expired already. ``claims`` are added last and win over
    any other, so that a token can be made wrong on purpose.
    """

    sub: str
    kind: TokenKind = "jwt"
    scopes: tuple[str, ...] = ()
    audience: tuple[str, ...] = (DEFAULT_AUDIENCE,)
    lifetime: int = HOUR
    claims: Mapping[str, Any] = field(default_factory=dict)


def mint(request: TokenRequest, key: SigningKey, *, now: float, token_id: str) -> str:
    """A signed token. ``now`` is seconds since the epoch, ``token_id`` a unique text."""
    return jwt.encode(
        token_claims(request, now=now, token_id=token_id),
        key.private,
        algorithm="RS256",
        headers={"kid": key.id},
    )


def token_claims(request: TokenRequest, *, now: float, token_id: str) -> dict[str, Any]:
    """The claims of a token.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
    """
    issued = int(now)
    claims: dict[str, Any] = {"iss": ISSUER, "sub": request.sub}
    client = request.audience[0] if request.audience else DEFAULT_AUDIENCE
    scope = " ".join(request.scopes)
    if request.kind == "id":
        claims |= {"aud": client, "token_use": "id", "auth_time": issued, "cognito:username": request.sub}
    elif request.kind == "access":
        claims |= {"client_id": client, "token_use": "access", "auth_time": issued, "username": request.sub}
        claims |= {"version": 2, "scope": scope}
    else:
        claims["aud"] = client if len(request.audience) < 2 else list(request.audience)
        claims |= {"scope": scope} if scope else {}
    return claims | {"iat": issued, "exp": issued + request.lifetime, "jti": token_id} | dict(request.claims)
