"""The response cache of a template's REST API: what its stage and the settings of its methods say."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

from homeport.project.integrations import cache_key_of
from homeport.project.integrations.caching import CacheKey, CacheSettings, StageCache
from tests.support.rest_templates import DEPLOYED, PROXY_BODY, one_route, with_body
from tests.support.templates import ReadTemplate, read_template_text


def read(root: Path, settings: str, **integration: object) -> ReadTemplate:
    body = one_route(
        {**PROXY_BODY, **integration},
        parameters=[{"name": "page", "in": "query", "schema": {"type": "string"}}],
    )
    properties = indent(f"RestApiId: !Ref Api\nStageName: live\n{settings}", " " * 6)
    stage = f"  Stage:\n    Type: AWS::ApiGateway::Stage\n    Properties:\n{properties}"
    return read_template_text(root, with_body(body).replace(DEPLOYED, stage))


def test_settings_of_methods_say_what_is_cached(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """\
CacheClusterEnabled: "true"
CacheClusterSize: "1.6"
MethodSettings:
  - {ResourcePath: "/*", HttpMethod: "*", CachingEnabled: true, CacheDataEncrypted: true}
  - {ResourcePath: /~1a, HttpMethod: POST, CachingEnabled: true, CacheTtlInSeconds: "20"}
  - {ResourcePath: "/~1a~1{id}", HttpMethod: GET, CachingEnabled: false}
  - {ResourcePath: /~1b, HttpMethod: GET, ThrottlingRateLimit: 1}
""",
        cacheKeyParameters=["method.request.querystring.page"],
        cacheNamespace="pages",
    )
    assert found.project.stage.cache == StageCache(
        "1.6",
        {
            "* *": CacheSettings(enabled=True, encrypted=True),
            "POST /a": CacheSettings(enabled=True, ttl=20),
            "GET /a/{id}": CacheSettings(),
        },
    )
    key = cache_key_of(found.operation("GET /a").integration)
    assert (key.names, key.namespace) == (["method.request.querystring.page"], "pages")
    assert found.warnings == []


def test_a_stage_without_a_cache_has_none(tmp_path: Path) -> None:
    found = read(tmp_path, "TracingEnabled: false\n")
    assert found.project.stage.cache is None
    assert cache_key_of(found.operation("GET /a").integration) == CacheKey()


def test_settings_without_effect_are_named(tmp_path: Path) -> None:
    settings = "MethodSettings: [{ResourcePath: /*, HttpMethod: '*', CachingEnabled: true}]\n"
    lost = read(tmp_path / "lost", settings)
    assert lost.project.stage.cache is None
    assert lost.warnings == ["nothing is cached: the stage has no cache"]
    unused = read(tmp_path / "unused", "CacheClusterEnabled: true\nCacheClusterSize: 2\n")
    assert unused.project.stage.cache == StageCache("0.5")
    assert unused.warnings == ["there is no cache of 2 GB", "the stage has a cache, and no method uses it"]


def test_the_settings_that_other_tools_have_are_read(tmp_path: Path) -> None:
    settings = """\
CacheClusterEnabled: true
MethodSettings:
  - ResourcePath: "/*"
    HttpMethod: "*"
    CachingEnabled: true
    CacheTtlInSeconds: 4000
    RequireAuthorizationForCacheControl: false
    UnauthorizedCacheControlHeaderStrategy: SUCCEED_WITHOUT_RESPONSE_HEADER
"""
    found = read(tmp_path, settings)
    assert found.project.stage.cache is not None
    assert found.project.stage.cache.methods["* *"] == CacheSettings(
        enabled=True, authorized=False, unauthorized="SUCCEED_WITHOUT_RESPONSE_HEADER"
    )
    assert found.warnings == ["a response is cached for 0 to 3600 seconds, not 4000"]
