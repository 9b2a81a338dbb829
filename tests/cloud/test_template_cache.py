"""The response cache of a stage in its template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.cloud.template.build import build_template
from homeport.errors import HomeportError
from tests.support.template import FEATURES, changed, project_of


def resources(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = build_template(project_of(root, FEATURES["rest cache"]))["Resources"]
    return found


def test_the_stage_and_its_methods_have_their_cache(tmp_path: Path) -> None:
    stage = resources(tmp_path)["ApiStage"]["Properties"]
    assert (stage["CacheClusterEnabled"], stage["CacheClusterSize"]) == (True, "1.6")
    caching = [
        (each["HttpMethod"], each["ResourcePath"], each["CachingEnabled"], each["CacheTtlInSeconds"])
        for each in stage["MethodSettings"]
    ]
    assert caching == [
        ("*", "/*", True, 60),
        ("POST", "/~1things", True, 10),
        ("GET", "/~1pages~1{id}", False, 60),
    ]
    assert all(each["CacheDataEncrypted"] for each in stage["MethodSettings"])


def test_integrations_have_their_keys(tmp_path: Path) -> None:
    paths = resources(tmp_path)["Api"]["Properties"]["Body"]["paths"]
    found = {
        path: {name: value for name, value in method["x-amazon-apigateway-integration"].items() if "cache" in name}
        for path, item in paths.items()
        for method in item.values()
    }
    assert found == {
        "/things/{id}": {"cacheKeyParameters": ["method.request.path.id"]},
        "/things": {},
        "/pages/{id}": {"cacheKeyParameters": ["integration.request.path.id"]},
        "/site/{proxy+}": {"cacheNamespace": "site"},
    }


def test_a_setting_that_cloudformation_does_not_have_is_refused(tmp_path: Path) -> None:
    cache = {"requireAuthorizationForCacheControl": False}
    made = changed(FEATURES["plain rest"], stage={"cache": cache})
    with pytest.raises(HomeportError, match="CloudFormation can't set requireAuthorizationForCacheControl"):
        build_template(project_of(tmp_path, made))
