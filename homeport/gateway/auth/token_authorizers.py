"""The authorizers that check tokens themselves: JWT authorizers of HTTP APIs, Cognito authorizers of REST APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-enable-cognito-user-pool.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from homeport.gateway.auth import Authorization
from homeport.gateway.auth.identity import IdentitySource, read_identity
from homeport.gateway.auth.jwt import (
    Claims,
    KeySource,
    TokenError,
    check_audience,
    check_times,
    read_scopes,
    strip_bearer,
    verify_token,
)
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.issuer.trust import Trust

# Recorded for a request without a token.
_NO_TOKEN = "Bearer"

# RFC 6749 allows these characters in a scope, so they can stand between the challenge's quotes.
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


@dataclass(frozen=True, slots=True)
class _TokenAuthorizer:
    """An authorizer for a route or method that asks for ``scopes``. ``clock`` gives seconds since the epoch."""

    name: str
    source: IdentitySource
    trust: Trust
    keys: KeySource
    clock: Callable[[], float]
    scopes: tuple[str, ...] = ()

    def _read_claims(self, exchange: Exchange, challenge: str | None, check: Callable[[Claims], None]) -> Claims:
        """Return the claims of a token that ``check`` takes. Raises GatewayError, with a challenge if one is given."""
        text = strip_bearer(read_identity(exchange, (self.source,), challenge)[0])
        if not text:
            raise GatewayError(GatewayResponseType.MISSING_IDENTITY, "Bearer without a token", challenge=challenge)
        try:
            claims = verify_token(text, self.trust.issuers, self.keys)
            check(claims)
        except TokenError as error:
            wrong = _challenge("invalid_token", error.description) if challenge else None
            raise GatewayError(_response_type(error), f"{self.name}: {error}", challenge=wrong) from None
        return claims


class JwtAuthorizer(_TokenAuthorizer):
    """Authorize the calls of one route of an HTTP API. A token needs one of the route's scopes."""

    def __call__(self, exchange: Exchange) -> Authorization:
        """Return the token's claims, and those of its scopes that the route asks for. Raises GatewayError."""
        claims = self._read_claims(exchange, _NO_TOKEN, self._check)
        return Authorization("jwt", claims, self._common_scopes(claims))

    def _check(self, claims: Claims) -> None:
        check_audience(claims, self.trust.audience)
        check_times(claims, self.clock())

    def _common_scopes(self, claims: Claims) -> tuple[str, ...] | None:
        if not self.scopes:
            return None
        scopes = read_scopes(claims)
        common = tuple(scope for scope in self.scopes if scope in scopes)
        if not common:
            challenge = _challenge("insufficient_scope", "the token does not have a required scope", self.scopes)
            raise _scope_error(self.name, self.scopes, challenge)
        return common


@dataclass(frozen=True, slots=True)
class CognitoAuthorizer(_TokenAuthorizer):
    """Authorize the calls of one method of a REST API.

    A method without ``scopes`` takes identity tokens, a method with scopes access tokens that have one of them; every
    other token gets 401, even for a missing scope. The audience counts only for ``expression``, the authorizer's
    identityValidationExpression.
    https://docs.aws.amazon.com/apigateway/latest/api/API_Authorizer.html
    """

    expression: str | None = None

    def __call__(self, exchange: Exchange) -> Authorization:
        """Return the token's claims. Raises GatewayError."""
        return Authorization("cognito", self._read_claims(exchange, None, self._check))

    def _check(self, claims: Claims) -> None:
        check_times(claims, self.clock())
        use, client = ("access", "client_id") if self.scopes else ("id", "aud")
        if claims.get("token_use") != use:
            method = "asks for scopes" if self.scopes else "asks for no scopes"
            raise TokenError("token_use", detail=f"the method {method}, so it takes {use} tokens only")
        name = claims.get(client)
        if self.expression is not None and not (isinstance(name, str) and re.fullmatch(self.expression, name)):
            raise TokenError(client, detail=f"{client} does not match identityValidationExpression")
        if self.scopes and read_scopes(claims).isdisjoint(self.scopes):
            raise _scope_error(self.name, self.scopes)


def _response_type(error: TokenError) -> GatewayResponseType:
    return GatewayResponseType.EXPIRED_TOKEN if error.expired else GatewayResponseType.INVALID_TOKEN


def _scope_error(name: str, scopes: tuple[str, ...], challenge: str | None = None) -> GatewayError:
    reason = f"{name}: the token has none of the scopes {' '.join(scopes)}"
    return GatewayError(GatewayResponseType.INSUFFICIENT_SCOPE, reason, challenge=challenge)


def _challenge(error: str, description: str, scopes: tuple[str, ...] = ()) -> str:
    """Return the value of ``www-authenticate``. Recorded for invalid_token, with an empty scope."""
    scope = " ".join(scope for scope in scopes if _SCOPE.fullmatch(scope))
    return f'Bearer scope="{scope}" error="{error}" error_description="{description}"'
