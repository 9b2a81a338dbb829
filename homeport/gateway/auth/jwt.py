"""JSON Web Tokens, checked as API Gateway checks them: form, algorithm, issuer, signature, audience, times and scopes.

PyJWT's algorithms check the signature. The rest is our own: API Gateway describes the first fault that it finds to the
client, down to the byte of wrong base64, and its rules for ``aud``, ``client_id`` and times are not those of a library.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html

Recorded on AWS: ``token contains an invalid number of segments``, ``signing method ES256 is invalid``, ``issuer does
not match``, the text about the audience, and the two communication errors in ``keys.py``. No other text is confirmed;
AWS's own look like those of the Go library golang-jwt.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from homeport import strict_json

Claims = Mapping[str, Any]

# "only RSA-based algorithms are supported": it is not confirmed that this leaves out PS256. A token that is rejected
# here can't be a surprise on AWS.
_RSA = {
    "RS256": RSAAlgorithm(RSAAlgorithm.SHA256),
    "RS384": RSAAlgorithm(RSAAlgorithm.SHA384),
    "RS512": RSAAlgorithm(RSAAlgorithm.SHA512),
}
ALGORITHMS = tuple(_RSA)
"""The signature algorithms that API Gateway accepts."""

_OTHER_ALGORITHMS = frozenset(
    {"ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512", "PS256", "PS384", "PS512", "none"}
)
_NOT_BASE64URL = re.compile(r"[^A-Za-z0-9_-]")
_YEAR_10000 = 253_402_300_800


class TokenError(Exception):
    """A token is not valid.

    ``description`` is sent to the client, so it never quotes the token. ``detail`` is for the developer's log.
    ``expired`` is true if the token was valid once.
    """

    def __init__(self, description: str, *, detail: str = "", expired: bool = False) -> None:
        super().__init__(detail or description)
        self.description = description
        self.expired = expired


class KeySource(Protocol):
    """A source of the public keys of issuers."""

    def find(self, issuer: str, kid: str) -> RSAPublicKey | None:
        """Return the issuer's key with this id, None if it has no such key.

        Raises TokenError if the issuer can't be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """The parts of a token whose signature has not been checked. ``signed`` is the text that ``signature`` covers."""

    algorithm: str
    key_id: str
    claims: Claims
    signed: bytes
    signature: bytes

    def check_signature(self, key: RSAPublicKey) -> None:
        """Raise TokenError unless ``key`` has signed the token with the algorithm that its header names."""
        if not _RSA[self.algorithm].verify(self.signed, key, self.signature):
            raise TokenError("crypto/rsa: verification error", detail="the signature is not that of the key it names")


def verify_token(text: str, issuers: tuple[str, ...], keys: KeySource) -> Claims:
    """Return the claims of a token that one of ``issuers`` has signed. Raises TokenError.

    The issuer is checked before its keys are looked up: a foreign token can't make the gateway fetch anything.
    """
    token = read_token(text)
    issuer = token.claims.get("iss")
    if not isinstance(issuer, str) or issuer not in issuers:
        raise TokenError("issuer does not match", detail=f"iss is {_quote(issuer)}, not {' or '.join(issuers)}")
    key = keys.find(issuer, token.key_id)
    if key is None:
        raise TokenError("the key of the token is not known", detail=f"{issuer} has no key {_quote(token.key_id)}")
    token.check_signature(key)
    return token.claims


def read_token(text: str) -> Token:
    """Split a token into its parts. Raises TokenError."""
    if text.count(".") != 2:
        raise TokenError("token contains an invalid number of segments")
    head, body, signature = text.split(".")
    header, claims = _json_object(_decode(head), "header"), _json_object(_decode(body), "payload")
    algorithm = _algorithm(header.get("alg"))
    if "crit" in header or header.get("b64", True) is not True:
        raise TokenError("the token has a critical header", detail="crit and b64 are not known to API Gateway")
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise TokenError("the token does not have a key id", detail="its header has no kid")
    return Token(algorithm, key_id, claims, f"{head}.{body}".encode("ascii"), _decode(signature))


def strip_bearer(value: str) -> str:
    """Return the token of an identity source's value, without the ``Bearer `` that may precede it."""
    value = value.strip()
    return value.removeprefix("Bearer").strip() if value.partition(" ")[0] == "Bearer" else value


def check_audience(claims: Claims, audience: tuple[str, ...]) -> None:
    """Raise TokenError unless ``aud`` names one of ``audience``; ``client_id`` counts only without an ``aud``."""
    found = _texts(claims["aud"] if "aud" in claims else claims.get("client_id"))
    if not any(name in audience for name in found):
        raise TokenError(
            "the token does not have a valid audience",
            detail=f"aud or client_id is {_quote(claims.get('aud', claims.get('client_id')))}, not "
            + (" or ".join(audience) or "anything: the authorizer has no audience"),
        )


def check_times(claims: Claims, now: float) -> None:
    """Raise TokenError unless ``exp`` is in the future, and ``nbf`` and ``iat``, where present, are not.

    ``now`` is seconds since the epoch. AWS's text does not mention a token without ``exp``; it is rejected here.
    """
    if "exp" not in claims:
        raise TokenError("the token has no exp")
    if _date(claims, "exp", missing=now) <= now:
        raise TokenError("the token has expired", expired=True)
    if _date(claims, "nbf", missing=now) > now:
        raise TokenError("the token is not valid yet")
    if _date(claims, "iat", missing=now) > now:
        raise TokenError("the token was issued in the future")


def read_scopes(claims: Claims) -> frozenset[str]:
    """Return the scopes in ``scope`` and ``scp``, each a list or a text separated by spaces."""
    return frozenset(
        scope for name in ("scope", "scp") for text in _texts(claims.get(name)) for scope in text.split(" ") if scope
    )


def _algorithm(name: object) -> str:
    if name is None:
        raise TokenError("signing method (alg) is unspecified.")
    if isinstance(name, str) and name in ALGORITHMS:
        return name
    if isinstance(name, str) and name in _OTHER_ALGORITHMS:
        raise TokenError(f"signing method {name} is invalid", detail=f"{name} is not one of RS256, RS384, RS512")
    raise TokenError("signing method (alg) is unavailable.", detail=f"the token's alg is {str(name)[:32]!r}")


def _decode(segment: str) -> bytes:
    """Decode base64url without padding, in its one canonical form, so that no token has a second spelling."""
    wrong = _NOT_BASE64URL.search(segment)
    if wrong is not None:
        raise TokenError(f"illegal base64 data at input byte {wrong.start()}")
    try:
        data = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        raise TokenError(f"illegal base64 data at input byte {len(segment)}") from None
    if urlsafe_b64encode(data).rstrip(b"=") != segment.encode("ascii"):
        raise TokenError(f"illegal base64 data at input byte {len(segment) - 1}")
    return data


def _json_object(data: bytes, name: str) -> dict[str, Any]:
    """Read a JSON object strictly. The last of equal names counts, as in Go's reader."""
    try:
        text = data.decode("utf-8")
        value = strict_json.loads(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise TokenError(f"the token's {name} is not JSON") from None
    if not isinstance(value, dict):
        raise TokenError(f"the token's {name} is not a JSON object")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    """Return a text, or the members of a list that holds only texts; any other value holds no text."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return ()


def _date(claims: Claims, name: str, *, missing: float) -> float:
    """Return seconds since the epoch: a number (not ``"1"``, not ``true``) that is a date before the year 10000."""
    if name not in claims:
        return missing
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _YEAR_10000:
        raise TokenError(f"{name} is not a date")
    return value


def _quote(value: Any) -> str:
    return repr(value)[:80]
