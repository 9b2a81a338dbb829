"""The issuer's key pair: made on first use, kept in the project's ``.homeport/issuer/``, readable by its owner only."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from jwt.algorithms import RSAAlgorithm

from homeport.errors import HomeportError

FOLDER = Path(".homeport", "issuer")
"""The folder of the key, relative to the project."""

KEY_FILE = FOLDER / "key.pem"
"""The file of the key, relative to the project."""

_BITS = 2048


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The issuer's private key. ``id`` is the ``kid`` of its tokens: the public key's thumbprint (RFC 7638)."""

    id: str
    private: RSAPrivateKey


def public_jwk(key: RSAPublicKey) -> dict[str, Any]:
    """Return the public key as a member of a JWKS."""
    parts = RSAAlgorithm.to_jwk(key, as_dict=True)
    thumbprint = json.dumps({"e": parts["e"], "kty": "RSA", "n": parts["n"]}, separators=(",", ":"))
    digest = hashlib.sha256(thumbprint.encode()).digest()
    key_id = urlsafe_b64encode(digest).rstrip(b"=").decode()
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id, "n": parts["n"], "e": parts["e"]}


def signing_key(folder: Path) -> SigningKey:
    """Return the key in ``folder``; make it if there is none. Processes that make it at once end up with the same key.

    Raises HomeportError if the key can't be read or written.
    """
    file = folder / KEY_FILE.name
    try:
        if not file.exists():
            _make(file)
        return _read(file)
    except OSError as error:
        raise HomeportError(
            f"the issuer's key can't be kept in {file}: {error.strerror}", "make it writable"
        ) from error


def _read(file: Path) -> SigningKey:
    try:
        key = _parse(file.read_bytes())
    except (ValueError, TypeError) as error:
        raise HomeportError(f"{file} is no private key", "remove it: a new one is made, old tokens end") from error
    if not isinstance(key, RSAPrivateKey):
        raise HomeportError(f"{file} is no RSA key", "remove it: a new one is made, old tokens end")
    return SigningKey(public_jwk(key.public_key())["kid"], key)


# OpenSSL checks the numbers of a key that it reads, which takes 60 ms.
@lru_cache(maxsize=4)
def _parse(pem: bytes) -> PrivateKeyTypes:
    return serialization.load_pem_private_key(pem, password=None)


def _make(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The project's own .gitignore may not cover .homeport: a private key must stay out of the repository.
    (file.parent / ".gitignore").write_text("*\n")
    pem = rsa.generate_private_key(public_exponent=65537, key_size=_BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor, name = tempfile.mkstemp(prefix=".key-", dir=file.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as target:
            target.write(pem)
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()


class LocalKeys:
    """The issuer's public key, for the gateway. It never makes a key: without one there is no token to check."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / KEY_FILE.name
        self._version: tuple[int, int] | None = None
        self._keys: dict[str, RSAPublicKey] = {}

    def find(self, issuer: str, kid: str) -> RSAPublicKey | None:
        """Return the key with this id. For an unknown id the file is read again if it has changed.

        Raises HomeportError if the file holds no key, OSError if it can't be read.
        """
        return self._keys.get(kid) or self._read_again().get(kid)

    def _read_again(self) -> dict[str, RSAPublicKey]:
        try:
            status = self._file.stat()
        except FileNotFoundError:
            self._version, self._keys = None, {}
            return self._keys
        version = (status.st_mtime_ns, status.st_ino)
        if version != self._version:
            key = _read(self._file)
            self._version, self._keys = version, {key.id: key.private.public_key()}
        return self._keys
