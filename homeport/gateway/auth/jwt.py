"""Tokens as text: taken apart, and their signature checked. Nothing here trusts a token's header further than to look
up what it names: the algorithm among those of RSA, the key among the issuer's.

The wording follows AWS's where it has been seen: ``token contains an invalid number of segments``, ``signing method
ES256 is invalid``, ``issuer does not match``, the audience's, and the two communication errors (jwks.py). All other
wording is not confirmed; AWS's own looks like that of the Go library golang-jwt.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Never

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html: "only RSA-based algorithms
# are supported". Whether PS256 is one of those is not confirmed; refusing it can't surprise anyone later on AWS.
_ALGORITHMS = {
    "RS256": RSAAlgorithm(RSAAlgorithm.SHA256),
    "RS384": RSAAlgorithm(RSAAlgorithm.SHA384),
    "RS512": RSAAlgorithm(RSAAlgorithm.SHA512),
}
_OTHER_ALGORITHMS = frozenset(
    {"ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512", "PS256", "PS384", "PS512", "none"}
)

ALGORITHMS = tuple(_ALGORITHMS)
"""The signature algorithms that API Gateway takes."""

_OUTSIDE = re.compile(r"[^A-Za-z0-9_-]")


class TokenError(Exception):
    """A token is not good. ``description`` goes to the client, so it never holds what the token says.

    ``expired`` is true if it has been good once. ``detail`` is for the developer's log.
    """

    def __init__(self, description: str, *, detail: str = "", expired: bool = False) -> None:
        super().__init__(detail or description)
        self.description = description
        self.expired = expired


@dataclass(frozen=True, slots=True)
class Token:
    """A token whose signature has not been checked."""

    algorithm: str
    key_id: str
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    def check_signature(self, key: RSAPublicKey) -> None:
        """Raises TokenError unless ``key`` has signed the token."""
        if not _ALGORITHMS[self.algorithm].verify(self.signed, key, self.signature):
            raise TokenError("crypto/rsa: verification error", detail="the signature is not that of the key it names")


def read_token(text: str) -> Token:
    """Take a token apart. Raises TokenError."""
    if text.count(".") != 2:
        raise TokenError("token contains an invalid number of segments")
    head, body, tail = text.split(".")
    header, claims = _json_object(_decoded(head), "header"), _json_object(_decoded(body), "payload")
    algorithm = _algorithm(header.get("alg"))
    if "crit" in header or header.get("b64", True) is not True:
        raise TokenError("the token has a critical header", detail="crit and b64 are not known to API Gateway")
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise TokenError("the token does not have a key id", detail="its header has no kid")
    return Token(algorithm, key_id, claims, f"{head}.{body}".encode("ascii"), _decoded(tail))


def bare_token(value: str) -> str:
    """A token without the ``Bearer `` before it, if there is one."""
    value = value.strip()
    return value.removeprefix("Bearer").strip() if value.partition(" ")[0] == "Bearer" else value


def _algorithm(name: object) -> str:
    if name is None:
        raise TokenError("signing method (alg) is unspecified.")
    if isinstance(name, str) and name in _ALGORITHMS:
        return name
    if isinstance(name, str) and name in _OTHER_ALGORITHMS:
        raise TokenError(f"signing method {name} is invalid", detail=f"{name} is not one of RS256, RS384, RS512")
    raise TokenError("signing method (alg) is unavailable.", detail=f"the token's alg is {str(name)[:32]!r}")


def _decoded(segment: str) -> bytes:
    """Base64url without padding, in its one canonical form, so that no token has a second spelling."""
    outside = _OUTSIDE.search(segment)
    if outside is not None:
        raise TokenError(f"illegal base64 data at input byte {outside.start()}")
    try:
        data = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        raise TokenError(f"illegal base64 data at input byte {len(segment)}") from None
    if urlsafe_b64encode(data).rstrip(b"=") != segment.encode("ascii"):
        raise TokenError(f"illegal base64 data at input byte {len(segment) - 1}")
    return data


def _json_object(data: bytes, name: str) -> dict[str, Any]:
    """A JSON object as strict as the standard; of a name that comes twice the last counts, as in Go's reader."""
    try:
        text = data.decode("utf-8")
        value = json.loads(text, parse_constant=_no_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise TokenError(f"the token's {name} is not JSON") from None
    if not isinstance(value, dict):
        raise TokenError(f"the token's {name} is not a JSON object")
    return value


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a JSON number")
