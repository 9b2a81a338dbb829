"""The keys of ``cache`` in deploy/stages.yaml, by API Gateway's names for the settings of methods.

https://docs.aws.amazon.com/apigateway/latest/api/API_MethodSetting.html
"""

from __future__ import annotations

from homeport.project.integrations.caching import CACHE_SIZES, LONGEST_TTL, UNAUTHORIZED_STRATEGIES, CacheSettings
from homeport.project.keys.section import Section, SectionKey
from homeport.project.keys.values import FlagValue, MapValue, WholeValue, WordValue

SMALLEST_CACHE = "0.5"
_CACHE = CacheSettings(enabled=True)

_OF_METHOD = (
    SectionKey("cachingEnabled", FlagValue(), "Whether responses are kept.", default=_CACHE.enabled),
    SectionKey(
        "cacheTtlInSeconds", WholeValue(0, LONGEST_TTL, "seconds"), "How long a response is kept.", default=_CACHE.ttl
    ),
    SectionKey(
        "cacheDataEncrypted",
        FlagValue(),
        "Whether AWS encrypts what it keeps. No effect here.",
        default=_CACHE.encrypted,
    ),
    SectionKey(
        "requireAuthorizationForCacheControl",
        FlagValue(),
        "Whether `Cache-Control: max-age=0` needs the right to a fresh response. For the stage `local` alone, since "
        "CloudFormation can't set it.",
        default=_CACHE.authorized,
    ),
    SectionKey(
        "unauthorizedCacheControlHeaderStrategy",
        WordValue(UNAUTHORIZED_STRATEGIES),
        "What a caller without that right gets. For the stage `local` alone.",
        default=_CACHE.unauthorized,
    ),
)
CACHE_OF_ROUTE = Section("the cache of a route", _OF_METHOD, "the settings of a route, a map", of_aws=True)
CACHE = Section(
    "'cache'",
    (
        SectionKey(
            "cacheClusterSize",
            WordValue(
                tuple(CACHE_SIZES), "there is no cache of {value} GB", f"take one of {', '.join(CACHE_SIZES)}", True
            ),
            "GB.",
            default=SMALLEST_CACHE,
        ),
        *_OF_METHOD,
        SectionKey("routes", MapValue(CACHE_OF_ROUTE, "a route key or an operationId"), "Settings of single routes."),
    ),
    of_aws=True,
)
