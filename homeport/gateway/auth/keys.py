"""The one place where the gateway asks the outside world: issuers' documents over HTTP.

Issuers' public keys: found by OpenID Connect's discovery, cached, fetched again for a key not seen before.

API Gateway keeps keys for up to two hours.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html

Where the public keys that tokens are checked with come from.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from threading import Lock
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    UnknownHandler,
)

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from jwt import PyJWTError
from jwt.algorithms import RSAAlgorithm

from homeport.errors import HomeportError
from homeport.gateway.auth.jwt import ALGORITHMS, TokenError
from homeport.issuer.keys import FOLDER, LocalKeys
from homeport.issuer.trust import ISSUER

# API Gateway itself gives up after 1.5 s (observed).
_PATIENCE = 1.5
_LARGEST = 1_000_000

# https://openid.net/specs/openid-connect-discovery-1_0.html
DISCOVERY_PATH = "/.well-known/openid-configuration"


def http_get(url: str, *, timeout: float = _PATIENCE) -> bytes:
    """The body behind an http or https URL; ``timeout`` is seconds for each wait.

    Raises OSError if there is no answer or no success, ValueError for any other URL and for bodies over
    1 MB.
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError("not an http or https URL")
    try:
        with _opener().open(url, timeout=timeout) as response:
            body: bytes = response.read(_LARGEST + 1)
    except HTTPError as error:
        error.close()
        raise
    except HTTPException as error:
        raise OSError(f"not HTTP: {error!r}") from error
    if len(body) > _LARGEST:
        raise ValueError(f"over {_LARGEST} bytes")
    return body


def _opener() -> OpenerDirector:
    """Without the handlers for files and FTP, which a redirect could lead to."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPRedirectHandler(),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
        UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


log = logging.getLogger("homeport.gateway.auth")

Fetch = Callable[[str], bytes]
"""GET a URL. Raises OSError or ValueError."""

_KEPT = 2 * 3600.0
_PAUSE = 10.0
_SMALLEST_KEY = 2048


@dataclass(slots=True)
class _Issuer:
    """What is known of one issuer. ``fetched`` is when its keys came, ``tried`` when they were last asked for."""

    lock: Lock = field(default_factory=Lock)
    keys: Mapping[str, RSAPublicKey] = field(default_factory=dict)
    fetched: float | None = None
    tried: float | None = None
    failure: str | None = None


class RemoteKeys:
    """Keys that issuers publish.

    An issuer is asked at most once in ``pause`` seconds, whatever tokens name. While it does not answer, keys that it
    has published before still count. ``clock`` gives seconds since the epoch.
    """

    def __init__(self, fetch: Fetch, clock: Callable[[], float], *, kept: float = _KEPT, pause: float = _PAUSE) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept = kept
        self._pause = pause
        self._issuers: dict[str, _Issuer] = {}
        self._lock = Lock()

    def find(self, issuer: str, kid: str) -> RSAPublicKey | None:
        """See keys.KeySource."""
        known = self._issuers.get(issuer)
        if known is None:
            with self._lock:
                known = self._issuers.setdefault(issuer, _Issuer())
        key = known.keys.get(kid)
        if key is not None and not self._older(known.fetched, self._kept):
            return key
        with known.lock:
            if self._older(known.tried, self._pause):
                self._refresh(issuer, known)
        if known.failure is not None and not known.keys:
            raise TokenError(known.failure, detail=f"{issuer}: {known.failure}")
        return known.keys.get(kid)

    def _older(self, moment: float | None, seconds: float) -> bool:
        return moment is None or not 0 <= self._clock() - moment < seconds

    def _refresh(self, issuer: str, known: _Issuer) -> None:
        known.tried = self._clock()
        try:
            known.keys = self._published(issuer)
            known.fetched, known.failure = known.tried, None
        except TokenError as error:
            known.failure = error.description
            log.warning("%s", error)

    def _published(self, issuer: str) -> Mapping[str, RSAPublicKey]:
        discovery = self._get(issuer.rstrip("/") + DISCOVERY_PATH, "OIDC discovery endpoint communication error")
        url = discovery.get("jwks_uri")
        if not isinstance(url, str):
            raise TokenError("OIDC discovery endpoint communication error", detail=f"{issuer} names no jwks_uri")
        members = self._get(url, "JWKS communication error").get("keys")
        return usable_keys(members if isinstance(members, list) else ())

    def _get(self, url: str, failure: str) -> dict[str, Any]:
        try:
            document = json.loads(self._fetch(url))
        except (OSError, ValueError, RecursionError) as error:
            raise TokenError(failure, detail=f"{failure}: {url}: {error}") from error
        if not isinstance(document, dict):
            raise TokenError(failure, detail=f"{failure}: {url} is not a JSON object")
        return document


def usable_keys(members: Iterable[Any]) -> dict[str, RSAPublicKey]:
    """The RSA signature keys of a JWKS by id; whatever else is in it is passed over. Of one id the first counts."""
    keys: dict[str, RSAPublicKey] = {}
    for member in members:
        key = _usable(member) if isinstance(member, dict) else None
        if key is not None:
            keys.setdefault(member["kid"], key)
    return keys


def _usable(jwk: Mapping[str, Any]) -> RSAPublicKey | None:
    names = (jwk.get("kid"), jwk.get("n"), jwk.get("e"))
    if jwk.get("kty") != "RSA" or not all(isinstance(name, str) and name for name in names):
        return None
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", "RS256") not in ALGORITHMS:
        return None
    try:
        key = RSAAlgorithm.from_jwk({"kty": "RSA", "n": jwk["n"], "e": jwk["e"]})
    except (PyJWTError, ValueError):
        return None
    return None if isinstance(key, RSAPrivateKey) or key.key_size < _SMALLEST_KEY else key


class KeySource(Protocol):
    """Public keys of issuers."""

    def find(self, issuer: str, kid: str) -> RSAPublicKey | None:
        """The issuer's key of that id, None if it has no such key. Raises TokenError if it can't be asked."""
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
            raise TokenError("JWKS communication error", detail=str(error)) from error


def keys_of_project(project: Path, clock: Callable[[], float]) -> Keys:
    """The keys for a project's gateway; ``clock`` gives seconds since the epoch. Nothing is read or fetched yet."""
    return Keys(LocalKeys(project / FOLDER), RemoteKeys(http_get, clock))
