"""``homeport token``: a token for the project's JWT or Cognito authorizer, printed alone so that scripts can take it.

curl -H "Authorization: $(homeport token --sub user-1 --scope cart:write)" http://127.0.0.1:8080/cart
"""

from __future__ import annotations

import argparse
import time
import uuid
from collections.abc import Sequence

from homeport.errors import HomeportError
from homeport.issuer.keys import FOLDER, signing_key
from homeport.issuer.mint import TokenKind, TokenRequest, mint
from homeport.issuer.trust import DEFAULT_AUDIENCE, trust_of
from homeport.spec.load import load_project
from homeport.spec.model import Authorizer
from homeport.spec.project import Project


def run(options: argparse.Namespace) -> int:
    """Print one token. Raises HomeportError."""
    project = load_project(options.project.resolve(), options.stage)
    request = _request(options, project)
    key = signing_key(project.root / FOLDER)
    print(mint(request, key, now=time.time(), token_id=str(uuid.uuid4())))
    return 0


def _request(options: argparse.Namespace, project: Project) -> TokenRequest:
    authorizers = _chosen(project, options.authorizer)
    scopes = tuple(scope for text in options.scope for scope in text.split())
    usual = _audience(authorizers, project)
    return TokenRequest(
        sub=options.sub,
        kind=_kind(authorizers, options.use, bool(scopes)),
        scopes=scopes,
        audience=tuple(options.audience or usual),
        lifetime=options.expires,
        claims=dict(options.claim),
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
