"""What a token says, checked as API Gateway does.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.gateway.auth.jose import TokenRefused, read_token
from homeport.gateway.auth.keys import KeySource

Claims = Mapping[str, Any]

_YEAR_10000 = 253_402_300_800


def signed_claims(text: str, issuers: tuple[str, ...], keys: KeySource) -> Claims:
    """The claims of a token that one of ``issuers`` has signed. Raises TokenRefused.

    The issuer is looked at before its keys are: a token of someone else's can't make the gateway fetch anything.
    """
    token = read_token(text)
    issuer = token.claims.get("iss")
    if not isinstance(issuer, str) or issuer not in issuers:
        raise TokenRefused("issuer does not match", detail=f"iss is {_shown(issuer)}, not {' or '.join(issuers)}")
    key = keys.find(issuer, token.key_id)
    if key is None:
        raise TokenRefused("the key of the token is not known", detail=f"{issuer} has no key {_shown(token.key_id)}")
    token.check_signature(key)
    return token.claims


def check_audience(claims: Claims, audience: tuple[str, ...]) -> None:
    """``aud`` names one of ``audience``; ``client_id`` counts only without an ``aud``. Raises TokenRefused."""
    found = _texts(claims["aud"] if "aud" in claims else claims.get("client_id"))
    if not any(name in audience for name in found):
        raise TokenRefused(
            "the token does not have a valid audience",
            detail=f"aud or client_id is {_shown(claims.get('aud', claims.get('client_id')))}, not "
            + (" or ".join(audience) or "anything: the authorizer has no audience"),
        )


def check_times(claims: Claims, now: float) -> None:
    """``exp`` is to come; ``nbf`` and ``iat``, if there are any, are not. Raises TokenRefused.

    AWS's text does not say what becomes of a token without ``exp``; a token without an end is refused here.
    """
    if "exp" not in claims:
        raise TokenRefused("the token has no exp")
    if _date(claims, "exp", missing=now) <= now:
        raise TokenRefused("the token has expired", expired=True)
    if _date(claims, "nbf", missing=now) > now:
        raise TokenRefused("the token is not valid yet")
    if _date(claims, "iat", missing=now) > now:
        raise TokenRefused("the token was issued in the future")


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
        raise TokenRefused(f"{name} is not a date")
    return value


def _shown(value: Any) -> str:
    return repr(value)[:80]
