"""Tokens, as the issuers that they stand for would make them.

What token is wanted for a project's authorizers: by the command line, or by the inspector's API page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import jwt

from homeport.errors import HomeportError
from homeport.issuer.keys import SigningKey
from homeport.issuer.trust import DEFAULT_AUDIENCE, ISSUER, trust_of
from homeport.project.model import Authorizer
from homeport.project.project import Project

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


@dataclass(frozen=True, slots=True)
class TokenOptions:
    """A person's words. ``authorizer`` is a security scheme (None: any that checks tokens), ``use`` the kind of a
    Cognito token (``id``, ``access``; None: as the scopes have it), ``lifetime`` seconds. An empty ``audience`` is the
    authorizers' own.
    """

    sub: str
    authorizer: str | None = None
    scopes: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    use: str | None = None
    lifetime: int = HOUR
    claims: Mapping[str, Any] = field(default_factory=dict)


def token_request(wanted: TokenOptions, project: Project) -> TokenRequest:
    """What to mint. Raises HomeportError where no authorizer takes the kit's tokens."""
    authorizers = _chosen(project, wanted.authorizer)
    usual = _audience(authorizers, project)
    return TokenRequest(
        sub=wanted.sub,
        kind=_kind(authorizers, wanted.use, bool(wanted.scopes)),
        scopes=wanted.scopes,
        audience=wanted.audience or tuple(usual),
        lifetime=wanted.lifetime,
        claims=wanted.claims,
    )


def _chosen(project: Project, name: str | None) -> Sequence[Authorizer]:
    """The authorizers that the token is for: the named one, or all that check tokens."""
    able = {key: a for key, a in project.api.authorizers.items() if a.kind in ("jwt", "cognito")}
    if name is None:
        return tuple(able.values())
    if name not in able:
        known = ", ".join(able) or "none"
        raise HomeportError(f"there is no JWT or Cognito authorizer {name!r}", f"openapi.yaml has: {known}")
    return (able[name],)


def _kind(authorizers: Sequence[Authorizer], use: str | None, scoped: bool) -> TokenKind:
    if use is not None:
        return "access" if use == "access" else "id"
    if not any(authorizer.kind == "cognito" for authorizer in authorizers):
        return "jwt"
    return "access" if scoped else "id"


def _audience(authorizers: Sequence[Authorizer], project: Project) -> list[str]:
    """What each authorizer asks for first. Raises HomeportError if none of them takes the kit's tokens."""
    trusts = {authorizer.name: trust_of(authorizer, project.stage) for authorizer in authorizers}
    local = [trust for trust in trusts.values() if trust.is_local]
    if trusts and not local:
        name, trust = next(iter(trusts.items()))
        raise HomeportError(
            f"{name!r} takes tokens of {' or '.join(trust.issuers)} in stage {project.stage.key!r}, not the kit's",
            "get one there, or use the stage local without an issuer for it",
        )
    return list(dict.fromkeys(trust.audience[0] for trust in local if trust.audience)) or [DEFAULT_AUDIENCE]
