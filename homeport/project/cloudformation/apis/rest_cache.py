"""The response cache of a REST API's stage in a template: the settings of the stage and of its methods.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.project.cloudformation.apis.rest_values import is_true, plain, whole
from homeport.project.integrations.caching import (
    CACHE_SIZES,
    DEFAULT_TTL,
    LONGEST_TTL,
    UNAUTHORIZED_STRATEGIES,
    CacheSettings,
    StageCache,
)
from homeport.project.source.cursor import Cursor

_SETTINGS = ("CachingEnabled", "CacheTtlInSeconds", "CacheDataEncrypted")
_SMALLEST = "0.5"


def read_stage_cache(stage: Cursor) -> StageCache | None:
    """Return the cache of a stage, None without one. A method that is to be cached without a cache is named."""
    written = dict(_all_settings(stage))
    methods = {name: settings for name, (settings, _) in written.items()}
    if is_true(stage.at("CacheClusterEnabled")):
        size = plain(stage.at("CacheClusterSize")) or _SMALLEST
        if size not in CACHE_SIZES:
            stage.at("CacheClusterSize").warning(
                f"there is no cache of {size} GB", f"take one of {', '.join(CACHE_SIZES)}"
            )
            size = _SMALLEST
        if not any(settings.caches for settings in methods.values()):
            stage.at("CacheClusterEnabled").warning(
                "the stage has a cache, and no method uses it", "set CachingEnabled in its MethodSettings"
            )
        return StageCache(size, methods)
    for settings, at in written.values():
        if settings.caches:
            at.at("CachingEnabled").warning(
                "nothing is cached: the stage has no cache", "set CacheClusterEnabled, or remove CachingEnabled"
            )
            break
    return None


def method_of_setting(setting: Cursor) -> tuple[str, str]:
    """Return path (``/items/{id}``) and method of a setting of methods, ``*`` for all.

    The path begins with a slash of its own: ``/~1items`` is ``/items``, ``/*`` every path.
    """
    path = plain(setting.at("ResourcePath")).replace("~1", "/")
    path = "*" if path.strip("/") in ("*", "") and "*" in path else f"/{path.strip('/')}"
    return path, plain(setting.at("HttpMethod")).upper() or "*"


def _all_settings(stage: Cursor) -> Iterator[tuple[str, tuple[CacheSettings, Cursor]]]:
    """Yield the settings by method and path (``GET /items``); those of a deployment's stage stand beside them."""
    if any(stage.has(name) for name in _SETTINGS):
        yield "* *", (_settings(stage), stage)
    for each in stage.list("MethodSettings"):
        if any(each.has(name) for name in _SETTINGS):
            path, method = method_of_setting(each)
            yield f"{method} {path}", (_settings(each), each)


def _settings(at: Cursor) -> CacheSettings:
    ttl = whole(at.at("CacheTtlInSeconds"))
    if ttl is not None and not 0 <= ttl <= LONGEST_TTL:
        at.at("CacheTtlInSeconds").warning(f"a response is cached for 0 to {LONGEST_TTL} seconds, not {ttl}")
        ttl = DEFAULT_TTL
    # CloudFormation has no property for these two; other tools that are read as a template have.
    strategy = plain(at.at("UnauthorizedCacheControlHeaderStrategy")) or CacheSettings().unauthorized
    required = at.at("RequireAuthorizationForCacheControl")
    return CacheSettings(
        enabled=is_true(at.at("CachingEnabled")),
        ttl=DEFAULT_TTL if ttl is None else ttl,
        encrypted=is_true(at.at("CacheDataEncrypted")),
        authorized=required.value is None or is_true(required),
        unauthorized=strategy if strategy in UNAUTHORIZED_STRATEGIES else "FAIL_WITH_403",
    )
