"""The response cache of a stage: its settings in stages.yaml, its cost, and keys that would mix up responses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.project.integrations.caching import CacheSettings, StageCache
from tests.support.spec import ID, check_problems, document, errors, load, operation, write_document

KEY: dict[str, Any] = {"type": "aws_proxy", "cacheKeyParameters": ["method.request.path.id"]}


def write(root: Path, cache: Any, stage: str = "local", flavor: str = "rest", **integration: Any) -> Path:
    more = {"x-amazon-apigateway-integration": integration} if integration else {}
    spec = document({"/a/{id}": {"parameters": [ID], "get": operation(**more)}})
    return write_document(root, spec, stages=json.dumps({"stages": {stage: {"flavor": flavor, "cache": cache}}}))


def test_settings_of_routes_take_what_they_leave_out_from_the_stage(tmp_path: Path) -> None:
    cache = {
        "cacheClusterSize": 6.1,
        "cacheTtlInSeconds": 30,
        "requireAuthorizationForCacheControl": False,
        "routes": {"act": {"unauthorizedCacheControlHeaderStrategy": "FAIL_WITH_403"}},
    }
    whole = CacheSettings(enabled=True, ttl=30, authorized=False)
    route = CacheSettings(enabled=True, ttl=30, authorized=False, unauthorized="FAIL_WITH_403")
    assert load(write(tmp_path, cache)).stage.cache == StageCache("6.1", {"* *": whole, "act": route})


@pytest.mark.parametrize(
    ("cache", "problem"),
    [
        ({"size": 1}, "unknown key 'size' in 'cache'"),
        ({"cacheClusterSize": 2}, "there is no cache of 2 GB (take one of 0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237)"),
        ({"cacheTtlInSeconds": 3601}, "'cacheTtlInSeconds' must be from 0 to 3600 seconds, not 3601"),
        ({"routes": {"GET /b": {}}}, "there is no route 'GET /b'"),
        ({"routes": {"act": {"cacheTtl": 1}}}, "unknown key 'cacheTtl' in the cache of a route"),
        (
            {"unauthorizedCacheControlHeaderStrategy": "FAIL"},
            "'unauthorizedCacheControlHeaderStrategy' can't be 'FAIL'",
        ),
    ],
)
def test_a_faulty_setting_is_named_with_its_line(tmp_path: Path, cache: Any, problem: str) -> None:
    (line,) = errors(write(tmp_path, cache))
    assert line.startswith("deploy/stages.yaml:1: error: ")
    assert problem in line


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("aws_proxy", "method.request.querystring.none"),
        ("aws_proxy", "method.request.body"),
        ("http_proxy", "integration.request.path.id"),
        ("http", "context.stage"),
    ],
)
def test_a_parameter_that_can_be_no_key_is_refused(tmp_path: Path, kind: str, name: str) -> None:
    settings = {"httpMethod": "GET", "uri": "https://example.com"} if kind != "aws_proxy" else {}
    (line,) = errors(write(tmp_path, {}, type=kind, cacheKeyParameters=[name], **settings))
    assert f"Invalid cache key parameter specified: {name} (name a declared parameter: " in line
    assert line.startswith("openapi.yaml:")


def test_an_http_api_has_no_cache(tmp_path: Path) -> None:
    found = errors(write(tmp_path, {}, flavor="http"))
    assert found == ["deploy/stages.yaml:1: error: an HTTP API has no cache (use flavor: rest, or remove them)"]


def test_the_cost_of_a_cache_that_is_deployed_is_named(tmp_path: Path) -> None:
    root = write(tmp_path, {"cacheClusterSize": 1.6}, "prod", **KEY)
    (found,) = check_problems(root, "prod")
    assert found.message == "a cache of 1.6 GB costs $0.038 an hour, about $28 a month, used or not"
    assert check_problems(write(tmp_path / "local", {}, **KEY)) == []


def test_a_route_whose_variable_is_no_part_of_the_key_is_named(tmp_path: Path) -> None:
    (found,) = check_problems(write(tmp_path, {}))
    assert found.message == "GET /a/{id} is cached, and one response serves every {id}"
    assert found.hint == "add method.request.path.id to cacheKeyParameters of its integration"
    assert check_problems(write(tmp_path / "off", {"routes": {"act": {"cachingEnabled": False}}})) == []
