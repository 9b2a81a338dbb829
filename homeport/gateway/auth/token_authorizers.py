"""What a token says, checked as API Gateway does.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html

JWT authorizers of HTTP APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html

Cognito authorizers of REST APIs.

A route without scopes takes identity tokens, a route with scopes access tokens that have one of them; anything else is
401, a missing scope too. The audience counts only for the authorizer's validation expression.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-enable-cognito-user-pool.html
https://docs.aws.amazon.com/apigateway/latest/api/API_Authorizer.html

The authorizers that check tokens by themselves, by kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.gateway.auth.identity import Source, read_identity
from homeport.gateway.auth.jwt import TokenError, bare_token, read_token
from homeport.gateway.auth.keys import KeySource
from homeport.gateway.authorization import Authorization
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.issuer.trust import Trust
from homeport.project.model import Authorizer

Claims = Mapping[str, Any]

_YEAR_10000 = 253_402_300_800


def signed_claims(text: str, issuers: tuple[str, ...], keys: KeySource) -> Claims:
    """The claims of a token that one of ``issuers`` has signed. Raises TokenError.

    The issuer is looked at before its keys are: a token of someone else's can't make the gateway fetch anything.
    """
    token = read_token(text)
    issuer = token.claims.get("iss")
    if not isinstance(issuer, str) or issuer not in issuers:
        raise TokenError("issuer does not match", detail=f"iss is {_shown(issuer)}, not {' or '.join(issuers)}")
    key = keys.find(issuer, token.key_id)
    if key is None:
        raise TokenError("the key of the token is not known", detail=f"{issuer} has no key {_shown(token.key_id)}")
    token.check_signature(key)
    return token.claims


def check_audience(claims: Claims, audience: tuple[str, ...]) -> None:
    """``aud`` names one of ``audience``; ``client_id`` counts only without an ``aud``. Raises TokenError."""
    found = _texts(claims["aud"] if "aud" in claims else claims.get("client_id"))
    if not any(name in audience for name in found):
        raise TokenError(
            "the token does not have a valid audience",
            detail=f"aud or client_id is {_shown(claims.get('aud', claims.get('client_id')))}, not "
            + (" or ".join(audience) or "anything: the authorizer has no audience"),
        )


def check_times(claims: Claims, now: float) -> None:
    """``exp`` is to come; ``nbf`` and ``iat``, if there are any, are not. Raises TokenError.

    AWS's text does not say what becomes of a token without ``exp``; a token without an end is refused here.
    """
    if "exp" not in claims:
        raise TokenError("the token has no exp")
    if _date(claims, "exp", missing=now) <= now:
        raise TokenError("the token has expired", expired=True)
    if _date(claims, "nbf", missing=now) > now:
        raise TokenError("the token is not valid yet")
    if _date(claims, "iat", missing=now) > now:
        raise TokenError("the token was issued in the future")


def scopes_of(claims: Claims) -> frozenset[str]:
    """The scopes in ``scope`` and ``scp``, each a list or a text with spaces between."""
    return frozenset(
        scope for name in ("scope", "scp") for text in _texts(claims.get(name)) for scope in text.split(" ") if scope
    )


def _texts(value: Any) -> tuple[str, ...]:
    """A text, or a list of nothing but texts; anything else is no name of anyone."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return ()


def _date(claims: Claims, name: str, *, missing: float) -> float:
    """Seconds since the epoch: a number, neither ``"1"`` nor ``true``, that is a date before the year 10000."""
    if name not in claims:
        return missing
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _YEAR_10000:
        raise TokenError(f"{name} is not a date")
    return value


def _shown(value: Any) -> str:
    return repr(value)[:80]


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
        """What the token says. Raises GatewayError."""
        text = bare_token(read_identity(exchange, (self.source,), _NO_TOKEN)[0])
        if not text:
            raise GatewayError(GatewayResponseType.MISSING_IDENTITY, "Bearer without a token", challenge=_NO_TOKEN)
        try:
            claims = self._claims(text)
        except TokenError as refused:
            raise GatewayError(
                GatewayResponseType.EXPIRED_TOKEN if refused.expired else GatewayResponseType.INVALID_TOKEN,
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
            raise GatewayError(
                GatewayResponseType.INSUFFICIENT_SCOPE,
                f"{self.name}: the token has none of the scopes {' '.join(self.scopes)}",
                challenge=_challenge("insufficient_scope", "the token does not have a required scope", self.scopes),
            )
        return granted


def _challenge(error: str, description: str, scopes: tuple[str, ...] = ()) -> str:
    """``www-authenticate``. Recorded for invalid_token, with an empty scope."""
    scope = " ".join(scope for scope in scopes if _SCOPE.fullmatch(scope))
    return f'Bearer scope="{scope}" error="{error}" error_description="{description}"'


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
        """What the token says. Raises GatewayError."""
        text = bare_token(read_identity(exchange, (self.source,))[0])
        if not text:
            raise GatewayError(GatewayResponseType.MISSING_IDENTITY, "Bearer without a token")
        try:
            claims = signed_claims(text, self.trust.issuers, self.keys)
            check_times(claims, self.clock())
            self._check_use(claims)
        except TokenError as refused:
            refusal = GatewayResponseType.EXPIRED_TOKEN if refused.expired else GatewayResponseType.INVALID_TOKEN
            raise GatewayError(refusal, f"{self.name}: {refused}") from None
        return Authorization("cognito", claims)

    def _check_use(self, claims: Claims) -> None:
        wanted, client = ("access", "client_id") if self.scopes else ("id", "aud")
        if claims.get("token_use") != wanted:
            asked = "asks for scopes" if self.scopes else "asks for no scopes"
            raise TokenError("token_use", detail=f"the method {asked}, so it takes {wanted} tokens only")
        name = claims.get(client)
        if self.expression is not None and not (isinstance(name, str) and self.expression.fullmatch(name)):
            raise TokenError(client, detail=f"{client} does not match identityValidationExpression")
        if self.scopes and scopes_of(claims).isdisjoint(self.scopes):
            raise GatewayError(
                GatewayResponseType.INSUFFICIENT_SCOPE,
                f"{self.name}: the token has none of the scopes {' '.join(self.scopes)}",
            )


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
