"""Cognito authorizers of REST APIs.

A route without scopes takes identity tokens, a route with scopes access tokens that have one of them; anything else is
401, a missing scope too. The audience counts only for the authorizer's validation expression.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-enable-cognito-user-pool.html
https://docs.aws.amazon.com/apigateway/latest/api/API_Authorizer.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from homeport.gateway.auth.identity import Source, identity_of
from homeport.gateway.auth.jose import TokenRefused, bare_token
from homeport.gateway.auth.keys import KeySource
from homeport.gateway.auth.token_claims import Claims, check_times, scopes_of, signed_claims
from homeport.gateway.context import Authorization, Exchange
from homeport.gateway.errors import Refusal, Refused
from homeport.issuer.trust import Trust


@dataclass(frozen=True, slots=True)
class CognitoAuthorizer:
    """Decides about one method; ``scopes`` are the method's. ``clock`` gives seconds since the epoch."""

    name: str
    source: Source
    trust: Trust
    keys: KeySource
    clock: Callable[[], float]
    scopes: tuple[str, ...] = ()
    expression: re.Pattern[str] | None = None

    def __call__(self, exchange: Exchange) -> Authorization:
        """What the token says. Raises Refused."""
        text = bare_token(identity_of(exchange, (self.source,))[0])
        if not text:
            raise Refused(Refusal.MISSING_IDENTITY, "Bearer without a token")
        try:
            claims = signed_claims(text, self.trust.issuers, self.keys)
            check_times(claims, self.clock())
            self._check_use(claims)
        except TokenRefused as refused:
            refusal = Refusal.EXPIRED_TOKEN if refused.expired else Refusal.INVALID_TOKEN
            raise Refused(refusal, f"{self.name}: {refused}") from None
        return Authorization("cognito", claims)

    def _check_use(self, claims: Claims) -> None:
        wanted, client = ("access", "client_id") if self.scopes else ("id", "aud")
        if claims.get("token_use") != wanted:
            asked = "asks for scopes" if self.scopes else "asks for no scopes"
            raise TokenRefused("token_use", detail=f"the method {asked}, so it takes {wanted} tokens only")
        name = claims.get(client)
        if self.expression is not None and not (isinstance(name, str) and self.expression.fullmatch(name)):
            raise TokenRefused(client, detail=f"{client} does not match identityValidationExpression")
        if self.scopes and scopes_of(claims).isdisjoint(self.scopes):
            raise Refused(
                Refusal.INSUFFICIENT_SCOPE, f"{self.name}: the token has none of the scopes {' '.join(self.scopes)}"
            )
