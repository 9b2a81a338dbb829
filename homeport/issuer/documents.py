"""What the issuer tells of itself to tools that check its tokens: two documents, to be served under any URL."""

from __future__ import annotations

from typing import Any

from homeport.issuer.keys import SigningKey, public_jwk
from homeport.issuer.trust import ISSUER

DISCOVERY_PATH = "/.well-known/openid-configuration"
JWKS_PATH = "/.well-known/jwks.json"


def discovery_document(base_url: str) -> dict[str, Any]:
    """OpenID Connect's discovery document, as served at ``base_url`` + DISCOVERY_PATH.

    ``issuer`` is the fixed name that tokens have as ``iss``, not ``base_url``, which depends on a port.
    https://openid.net/specs/openid-connect-discovery-1_0.html
    """
    return {
        "issuer": ISSUER,
        "jwks_uri": f"{base_url.rstrip('/')}{JWKS_PATH}",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["aud", "exp", "iat", "iss", "jti", "scope", "sub"],
    }


def jwks_document(key: SigningKey) -> dict[str, Any]:
    """The public keys."""
    return {"keys": [public_jwk(key.private.public_key())]}
