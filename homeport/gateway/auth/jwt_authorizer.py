"""JWT authorizers of HTTP APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from homeport.gateway.auth.identity import Source, identity_of
from homeport.gateway.auth.jose import TokenRefused, bare_token
from homeport.gateway.auth.keys import KeySource
from homeport.gateway.auth.token_claims import Claims, check_audience, check_times, scopes_of, signed_claims
from homeport.gateway.context import Authorization, Exchange
from homeport.gateway.errors import Refusal, Refused
from homeport.issuer.trust import Trust

# Observed for a request without a token.
_NO_TOKEN = "Bearer"

# What RFC 6749 allows in a scope, and so in the challenge's quotes.
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


@dataclass(frozen=True, slots=True)
class JwtAuthorizer:
    """Decides about one route; ``scopes`` are the route's, of which a token needs one. ``clock`` gives epoch time."""

    name: str
    source: Source
    trust: Trust
    keys: KeySource
    clock: Callable[[], float]
    scopes: tuple[str, ...] = ()

    def __call__(self, exchange: Exchange) -> Authorization:
        """What the token says. Raises Refused."""
        text = bare_token(identity_of(exchange, (self.source,), _NO_TOKEN)[0])
        if not text:
            raise Refused(Refusal.MISSING_IDENTITY, "Bearer without a token", challenge=_NO_TOKEN)
        try:
            claims = self._claims(text)
        except TokenRefused as refused:
            raise Refused(
                Refusal.EXPIRED_TOKEN if refused.expired else Refusal.INVALID_TOKEN,
                f"{self.name}: {refused}",
                challenge=_challenge("invalid_token", refused.description),
            ) from None
        return Authorization("jwt", claims, self._granted(claims))

    def _claims(self, text: str) -> Claims:
        claims = signed_claims(text, self.trust.issuers, self.keys)
        check_audience(claims, self.trust.audience)
        check_times(claims, self.clock())
        return claims

    def _granted(self, claims: Claims) -> tuple[str, ...] | None:
        if not self.scopes:
            return None
        held = scopes_of(claims)
        granted = tuple(scope for scope in self.scopes if scope in held)
        if not granted:
            raise Refused(
                Refusal.INSUFFICIENT_SCOPE,
                f"{self.name}: the token has none of the scopes {' '.join(self.scopes)}",
                challenge=_challenge("insufficient_scope", "the token does not have a required scope", self.scopes),
            )
        return granted


def _challenge(error: str, description: str, scopes: tuple[str, ...] = ()) -> str:
    """``www-authenticate``. Recorded for invalid_token, with an empty scope."""
    scope = " ".join(scope for scope in scopes if _SCOPE.fullmatch(scope))
    return f'Bearer scope="{scope}" error="{error}" error_description="{description}"'
