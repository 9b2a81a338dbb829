"""Where the public keys that tokens are checked with come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from homeport.errors import HomeportError
from homeport.gateway.auth.fetch import http_get
from homeport.gateway.auth.jose import TokenRefused
from homeport.gateway.auth.jwks import RemoteKeys
from homeport.issuer.keys import FOLDER, LocalKeys
from homeport.issuer.trust import ISSUER


class KeySource(Protocol):
    """Public keys of issuers."""

    def find(self, issuer: str, kid: str) -> RSAPublicKey | None:
        """The issuer's key of that id, None if it has no such key. Raises TokenRefused if it can't be asked."""
        ...


@dataclass(frozen=True, slots=True)
class Keys:
    """The kit's own issuer is read from its folder, any other is asked."""

    local: KeySource
    remote: KeySource

    def find(self, issuer: str, kid: str) -> RSAPublicKey | None:
        """See KeySource."""
        if issuer != ISSUER:
            return self.remote.find(issuer, kid)
        try:
            return self.local.find(issuer, kid)
        except (HomeportError, OSError) as error:
            raise TokenRefused("JWKS communication error", detail=str(error)) from error


def keys_of_project(project: Path, clock: Callable[[], float]) -> Keys:
    """The keys for a project's gateway; ``clock`` gives seconds since the epoch. Nothing is read or fetched yet."""
    return Keys(LocalKeys(project / FOLDER), RemoteKeys(http_get, clock))
