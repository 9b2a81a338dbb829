"""The authorizers that check tokens by themselves, by kind."""

from __future__ import annotations

import re
from collections.abc import Callable

from homeport.gateway.auth.cognito_authorizer import CognitoAuthorizer
from homeport.gateway.auth.identity import Source
from homeport.gateway.auth.jwt_authorizer import JwtAuthorizer
from homeport.gateway.auth.keys import KeySource
from homeport.issuer.trust import Trust
from homeport.spec.model import Authorizer


def token_authorizer(
    authorizer: Authorizer,
    *,
    source: Source,
    trust: Trust,
    keys: KeySource,
    clock: Callable[[], float],
    scopes: tuple[str, ...] = (),
    expression: re.Pattern[str] | None = None,
) -> JwtAuthorizer | CognitoAuthorizer:
    """The authorizer for a route that asks for ``scopes``; ``expression`` is for Cognito's audiences only."""
    if authorizer.kind == "cognito":
        return CognitoAuthorizer(authorizer.name, source, trust, keys, clock, scopes, expression)
    return JwtAuthorizer(authorizer.name, source, trust, keys, clock, scopes)
