"""Keys and tokens: any header, any payload, signed by any key.

They are of one moment and one issuer; a process that needs them of another one says so in its environment
(``token_table.py``).
"""

from __future__ import annotations

import json
import os
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from homeport.issuer.keys import FOLDER, signing_key
from tests.support.gateway import RECEIVED

NOW = float(os.environ.get("TOKENS_NOW", RECEIVED))
ISSUER = os.environ.get("TOKENS_ISSUER", "https://issuer.example/pool")
AUDIENCE = "shop"
KEY_ID = "key-1"


class Removed(Enum):
    """As a claim's or header's value: leave it out."""

    REMOVED = auto()


REMOVED = Removed.REMOVED


def rsa_key(name: str = "issuer") -> RSAPrivateKey:
    """A key pair, the same one for a name during the run."""
    return _made_key(name)


@cache
def _made_key(name: str) -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def give_issuer_key(project: Path, name: str = "local") -> Path:
    """Give a project the local issuer's key, the same one for a name during the run: making one takes long."""
    folder = project / FOLDER
    folder.mkdir(mode=0o700, parents=True)
    (folder / "key.pem").write_bytes(_issuer_key(name))
    return project


@cache
def _issuer_key(name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        signing_key(Path(folder))
        return (Path(folder) / "key.pem").read_bytes()


def public_key(name: str = "issuer") -> RSAPublicKey:
    """The public half of ``rsa_key``."""
    return rsa_key(name).public_key()


@dataclass(frozen=True)
class FixedKeys:
    """Keys that are known from the start."""

    known: Mapping[tuple[str, str], RSAPublicKey]

    def find(self, issuer: str, kid: str) -> RSAPublicKey | None:
        return self.known.get((issuer, kid))


def make_keys() -> FixedKeys:
    """The issuer's one key."""
    return FixedKeys({(ISSUER, KEY_ID): public_key()})


def make_claims(**changes: Any) -> dict[str, Any]:
    """Claims that everything takes, an identity token's, with changes."""
    claims = {
        "iss": ISSUER,
        "sub": "user-1",
        "aud": AUDIENCE,
        "token_use": "id",
        "iat": int(NOW) - 60,
        "exp": int(NOW) + 3600,
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not REMOVED}


def make_header(**changes: Any) -> dict[str, Any]:
    """A header that everything takes, with changes."""
    header = {"alg": "RS256", "typ": "JWT", "kid": KEY_ID, **changes}
    return {name: value for name, value in header.items() if value is not REMOVED}


def base64url(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def make_token(
    claims: Mapping[str, Any] | bytes | None = None,
    header: Mapping[str, Any] | bytes | None = None,
    sign: Callable[[bytes], bytes] | None = None,
) -> str:
    """A token of any header and payload, signed by the issuer's key by default."""
    parts = [make_header() if header is None else header, make_claims() if claims is None else claims]
    signed = ".".join(base64url(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in parts)
    return f"{signed}.{base64url((sign or sign_with())(signed.encode()))}"


def sign_with(key: RSAPrivateKey | None = None, digest: Any = RSAAlgorithm.SHA256) -> Callable[[bytes], bytes]:
    """Signs as RS256 does, or RS384 and RS512 by ``digest``."""
    return lambda message: RSAAlgorithm(digest).sign(message, key or rsa_key())
