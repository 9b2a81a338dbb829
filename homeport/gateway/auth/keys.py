"""Public keys of issuers: the local issuer's from its folder, any other's over HTTP by OpenID Connect discovery.

API Gateway keeps an issuer's keys for up to two hours, and fetches them again for a key that it has not seen.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html

This is the only module of the gateway that requests anything from the network.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from threading import Lock
from typing import Any
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
from homeport.gateway.auth.jwt import ALGORITHMS, KeySource, TokenError
from homeport.issuer.keys import FOLDER, LocalKeys
from homeport.issuer.trust import ISSUER

log = logging.getLogger("homeport.gateway.auth")

Fetch = Callable[[str], bytes]
"""GET a URL and return the body. Raises OSError or ValueError."""

# https://openid.net/specs/openid-connect-discovery-1_0.html
DISCOVERY_PATH = "/.well-known/openid-configuration"

# API Gateway itself gives up after 1.5 s (recorded).
_TIMEOUT = 1.5
_MAX_BYTES = 1_000_000
_KEPT_SECONDS = 2 * 3600.0
_PAUSE_SECONDS = 10.0
_MIN_KEY_BITS = 2048


@dataclass(frozen=True, slots=True)
class IssuerKeys:
    """The keys that a project's gateway trusts: ``local`` has those of the local issuer, ``remote`` all others.

    ``pools`` are the issuers of user pools on this machine, each with the URL at which it has its keys (None: they do
    not run).
    """

    local: KeySource
    remote: KeySource
    pools: Mapping[str, str | None] = field(default_factory=dict)

    def find(self, issuer: str, kid: str) -> RSAPublicKey | None:
        """Return a key (see KeySource.find)."""
        if issuer in self.pools:
            url = self.pools[issuer]
            if url is None:
                raise TokenError("JWKS communication error", detail=f"the user pool of {issuer} does not run here")
            return self.remote.find(url, kid)
        if issuer != ISSUER:
            return self.remote.find(issuer, kid)
        try:
            return self.local.find(issuer, kid)
        except (HomeportError, OSError) as error:
            raise TokenError("JWKS communication error", detail=str(error)) from error


def issuer_keys(project: Path, clock: Callable[[], float], pools: Mapping[str, str | None] | None = None) -> IssuerKeys:
    """Return the keys for a project's gateway, none of them read yet; ``clock`` gives seconds since the epoch.

    ``pools`` are as in ``IssuerKeys``.
    """
    return IssuerKeys(LocalKeys(project / FOLDER), RemoteKeys(http_get, clock), pools or {})


@dataclass(slots=True)
class _IssuerState:
    """The published keys of one issuer: ``fetched`` is when they came, ``tried`` when they were last asked for."""

    lock: Lock = field(default_factory=Lock)
    keys: Mapping[str, RSAPublicKey] = field(default_factory=dict)
    fetched: float | None = None
    tried: float | None = None
    failure: str | None = None


class RemoteKeys:
    """Keys that issuers publish.

    An issuer is asked at most once in ``pause`` seconds, however many keys the tokens name. While it does not answer,
    the keys that it has published before still count. ``clock`` gives seconds since the epoch.
    """

    def __init__(
        self,
        fetch: Fetch,
        clock: Callable[[], float],
        *,
        kept: float = _KEPT_SECONDS,
        pause: float = _PAUSE_SECONDS,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept = kept
        self._pause = pause
        self._issuers: dict[str, _IssuerState] = {}
        self._lock = Lock()

    def find(self, issuer: str, kid: str) -> RSAPublicKey | None:
        """Return a key (see KeySource.find)."""
        state = self._issuers.get(issuer)
        if state is None:
            with self._lock:
                state = self._issuers.setdefault(issuer, _IssuerState())
        key = state.keys.get(kid)
        if key is not None and not self._older(state.fetched, self._kept):
            return key
        with state.lock:
            if self._older(state.tried, self._pause):
                self._refresh(issuer, state)
        if state.failure is not None and not state.keys:
            raise TokenError(state.failure, detail=f"{issuer}: {state.failure}")
        return state.keys.get(kid)

    def _older(self, moment: float | None, seconds: float) -> bool:
        return moment is None or not 0 <= self._clock() - moment < seconds

    def _refresh(self, issuer: str, state: _IssuerState) -> None:
        state.tried = self._clock()
        try:
            state.keys = self._fetch_keys(issuer)
            state.fetched, state.failure = state.tried, None
        except TokenError as error:
            state.failure = error.description
            log.warning("%s", error)

    def _fetch_keys(self, issuer: str) -> Mapping[str, RSAPublicKey]:
        discovery = self._fetch_json(issuer.rstrip("/") + DISCOVERY_PATH, "OIDC discovery endpoint communication error")
        url = discovery.get("jwks_uri")
        if not isinstance(url, str):
            raise TokenError("OIDC discovery endpoint communication error", detail=f"{issuer} names no jwks_uri")
        members = self._fetch_json(url, "JWKS communication error").get("keys")
        return usable_keys(members if isinstance(members, list) else ())

    def _fetch_json(self, url: str, failure: str) -> dict[str, Any]:
        try:
            document = json.loads(self._fetch(url))
        except (OSError, ValueError, RecursionError) as error:
            raise TokenError(failure, detail=f"{failure}: {url}: {error}") from error
        if not isinstance(document, dict):
            raise TokenError(failure, detail=f"{failure}: {url} is not a JSON object")
        return document


def usable_keys(members: Iterable[Any]) -> dict[str, RSAPublicKey]:
    """Return the RSA signature keys of a JWKS by id; other members are skipped. The first key of an id counts."""
    keys: dict[str, RSAPublicKey] = {}
    for member in members:
        key = _rsa_key(member) if isinstance(member, dict) else None
        if key is not None:
            keys.setdefault(member["kid"], key)
    return keys


def _rsa_key(jwk: Mapping[str, Any]) -> RSAPublicKey | None:
    names = (jwk.get("kid"), jwk.get("n"), jwk.get("e"))
    if jwk.get("kty") != "RSA" or not all(isinstance(name, str) and name for name in names):
        return None
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", "RS256") not in ALGORITHMS:
        return None
    try:
        key = RSAAlgorithm.from_jwk({"kty": "RSA", "n": jwk["n"], "e": jwk["e"]})
    except (PyJWTError, ValueError):
        return None
    return None if isinstance(key, RSAPrivateKey) or key.key_size < _MIN_KEY_BITS else key


def http_get(url: str, *, timeout: float = _TIMEOUT) -> bytes:
    """Return the body behind an http or https URL; ``timeout`` is seconds for each wait.

    Raises OSError without a successful answer, ValueError for any other URL and for a body over 1 MB.
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError("not an http or https URL")
    try:
        with _opener().open(url, timeout=timeout) as response:
            body: bytes = response.read(_MAX_BYTES + 1)
    except HTTPError as error:
        error.close()
        raise
    except HTTPException as error:
        raise OSError(f"not HTTP: {error!r}") from error
    if len(body) > _MAX_BYTES:
        raise ValueError(f"over {_MAX_BYTES} bytes")
    return body


def _opener() -> OpenerDirector:
    """Return an opener without the handlers for files and FTP, which a redirect could lead to."""
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
