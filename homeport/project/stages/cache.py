"""``cache`` of deploy/stages.yaml: the response cache of a REST API's stage.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from homeport.project.caching import (
    CACHE_SIZES,
    LONGEST_TTL,
    UNAUTHORIZED_STRATEGIES,
    CacheSettings,
    StageCache,
    UnauthorizedStrategy,
)
from homeport.project.features import check_keys
from homeport.project.source.cursor import Cursor

_METHOD = (
    *("cachingEnabled", "cacheTtlInSeconds", "cacheDataEncrypted"),
    *("requireAuthorizationForCacheControl", "unauthorizedCacheControlHeaderStrategy"),
)
_STAGE = ("cacheClusterSize", *_METHOD, "routes")
_SMALLEST = "0.5"


def read_cache(cursor: Cursor, key: str) -> StageCache | None:
    """Read the section: the settings of every GET method, those of ``routes``, and the size of the cache."""
    inner = cursor.map(key)
    check_keys(inner, _STAGE, "'cache'")
    whole = _settings(inner, CacheSettings(enabled=True))
    methods = {"* *": whole}
    for name, entry in inner.map("routes").items():
        if entry.is_map("the settings of a route, a map"):
            check_keys(entry, _METHOD, "the cache of a route")
            methods[name] = _settings(entry, replace(whole, enabled=True))
    return StageCache(_size(inner), methods)


def _size(cursor: Cursor) -> str:
    written = cursor.at("cacheClusterSize")
    size = _SMALLEST if written.value is None else str(written.value)
    if size not in CACHE_SIZES:
        written.error(f"there is no cache of {size} GB", f"take one of {', '.join(CACHE_SIZES)}")
        return _SMALLEST
    return size


def _settings(cursor: Cursor, below: CacheSettings) -> CacheSettings:
    """Return the settings that a map gives, those of ``below`` for what it leaves out."""
    ttl = cursor.integer("cacheTtlInSeconds", 0, LONGEST_TTL, "seconds")
    strategy = cursor.choice("unauthorizedCacheControlHeaderStrategy", UNAUTHORIZED_STRATEGIES, below.unauthorized)
    return CacheSettings(
        enabled=cursor.flag("cachingEnabled", below.enabled),
        ttl=below.ttl if ttl is None else ttl,
        encrypted=cursor.flag("cacheDataEncrypted", below.encrypted),
        authorized=cursor.flag("requireAuthorizationForCacheControl", below.authorized),
        unauthorized=cast(UnauthorizedStrategy, strategy),
    )
