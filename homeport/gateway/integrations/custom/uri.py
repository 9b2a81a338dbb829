"""URIs of integrations: their variables filled in, and the request target that a call makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.uri import percent_encode_rest

_PLACEHOLDER = re.compile(r"\{([^{}/?]+)\}")


class BackendPlace(NamedTuple):
    """The base URL of a backend, and the request target at it, encoded."""

    base_url: str
    target: str


def fill_path(uri: str, encoded: Mapping[str, str]) -> str:
    """Return a URI whose ``{name}`` have their mapped values, encoded already; others stay."""
    return _PLACEHOLDER.sub(lambda found: encoded.get(found[1], found[0]), uri)


def encode_path_value(value: str) -> str:
    """Return a value for a place in a path: slashes stay, as a greedy variable needs them."""
    return quote(value, safe="/~")


def add_query(target: str, client_query: str, mapped: Iterable[tuple[str, str]]) -> str:
    """Return a target with the client's query string, encoded, and mapped parameters added to its own."""
    path, _, own = target.partition("?")
    added = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in mapped)
    query = "&".join(part for part in (own, client_query, added) if part)
    return f"{path}?{query}" if query else path


def encode_target(target: str) -> str:
    """Return a target in which blanks, control characters and text beyond ASCII are percent-encoded as UTF-8."""
    return percent_encode_rest(target.encode("utf-8", "replace").decode("latin-1"))


def split_url(url: str) -> BackendPlace:
    """Return the place that a whole URL names. Raises GatewayError (API_CONFIGURATION_ERROR) where it is none."""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise GatewayError(GatewayResponseType.API_CONFIGURATION_ERROR, f"{url!r} is no URL of a backend")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return BackendPlace(f"{parts.scheme}://{parts.netloc}", encode_target(target))
