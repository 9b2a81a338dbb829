"""``cache`` of deploy/stages.yaml: the response cache of a REST API's stage.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeport.project.integrations.caching import CacheSettings, StageCache
from homeport.project.stages.cache_keys import SMALLEST_CACHE


def stage_cache(given: Mapping[str, Any]) -> StageCache:
    """Return the cache: the settings of every GET method, those of ``routes``, and the size."""
    whole = _settings(given, CacheSettings(enabled=True))
    routes = {name: _settings(own, replace(whole, enabled=True)) for name, own in given.get("routes", {}).items()}
    return StageCache(given.get("cacheClusterSize", SMALLEST_CACHE), {"* *": whole, **routes})


def _settings(given: Mapping[str, Any], below: CacheSettings) -> CacheSettings:
    """Return the settings that a map gives, those of ``below`` for what it leaves out."""
    return CacheSettings(
        enabled=given.get("cachingEnabled", below.enabled),
        ttl=given.get("cacheTtlInSeconds", below.ttl),
        encrypted=given.get("cacheDataEncrypted", below.encrypted),
        authorized=given.get("requireAuthorizationForCacheControl", below.authorized),
        unauthorized=given.get("unauthorizedCacheControlHeaderStrategy", below.unauthorized),
    )
