"""Tokens of the local issuer: which token a project's authorizers take, its claims, and its signature.

The command line and the inspector's API page ask for tokens by ``TokenOptions``.
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
"""``jwt`` for JWT authorizers, ``id`` and ``access`` for the tokens of a Cognito user pool."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A token to be made: its subject, kind and claims.

    ``lifetime`` is seconds; a token with a negative lifetime has expired already. ``claims`` are added last and
    replace any other, so that a token can be made wrong on purpose.
    """

    sub: str
    kind: TokenKind = "jwt"
    scopes: tuple[str, ...] = ()
    audience: tuple[str, ...] = (DEFAULT_AUDIENCE,)
    lifetime: int = HOUR
    claims: Mapping[str, Any] = field(default_factory=dict)


def mint(request: TokenRequest, key: SigningKey, *, now: float, token_id: str) -> str:
    """Return a signed token. ``now`` is seconds since the epoch, ``token_id`` a unique text."""
    claims = token_claims(request, now=now, token_id=token_id)
    return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.id})


def token_claims(request: TokenRequest, *, now: float, token_id: str) -> dict[str, Any]:
    """Return the claims of a token.

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
    """The options that a person gives for a token.

    ``authorizer`` is a security scheme (None: any that checks tokens), ``use`` the kind of a Cognito token (``id``,
    ``access``; None: ``access`` if there are scopes), ``lifetime`` seconds. Without an ``audience`` the token gets the
    authorizers' own.
    """

    sub: str
    authorizer: str | None = None
    scopes: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    use: str | None = None
    lifetime: int = HOUR
    claims: Mapping[str, Any] = field(default_factory=dict)


def token_request(options: TokenOptions, project: Project) -> TokenRequest:
    """Return the token to mint for a project. Raises HomeportError if no authorizer takes the local issuer's tokens."""
    authorizers = _token_authorizers(project, options.authorizer)
    audience = _audience(authorizers, project)
    return TokenRequest(
        sub=options.sub,
        kind=_kind(authorizers, options.use, bool(options.scopes)),
        scopes=options.scopes,
        audience=options.audience or tuple(audience),
        lifetime=options.lifetime,
        claims=options.claims,
    )


def _token_authorizers(project: Project, name: str | None) -> Sequence[Authorizer]:
    """Return the authorizer of that name, or all that check tokens."""
    known = {key: a for key, a in project.api.authorizers.items() if a.kind in ("jwt", "cognito")}
    if name is None:
        return tuple(known.values())
    if name not in known:
        names = ", ".join(known) or "none"
        raise HomeportError(
            f"there is no JWT or Cognito authorizer {name!r}", f"{project.documents.spec.file} has: {names}"
        )
    return (known[name],)


def _kind(authorizers: Sequence[Authorizer], use: str | None, scoped: bool) -> TokenKind:
    if use is not None:
        return "access" if use == "access" else "id"
    if not any(authorizer.kind == "cognito" for authorizer in authorizers):
        return "jwt"
    return "access" if scoped else "id"


def _audience(authorizers: Sequence[Authorizer], project: Project) -> list[str]:
    """Return the first audience of each authorizer. Raises HomeportError if none of them trusts the local issuer."""
    trusts = {authorizer.name: trust_of(authorizer, project.stage) for authorizer in authorizers}
    local = [trust for trust in trusts.values() if trust.is_local]
    if trusts and not local:
        name, trust = next(iter(trusts.items()))
        raise HomeportError(
            f"{name!r} takes tokens of {' or '.join(trust.issuers)} in stage {project.stage.key!r}, not the kit's",
            "get one there, or use the stage local without an issuer for it",
        )
    return list(dict.fromkeys(trust.audience[0] for trust in local if trust.audience)) or [DEFAULT_AUDIENCE]
