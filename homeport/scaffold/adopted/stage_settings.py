"""A stage of a template as settings of deploy/stages.yaml."""

from __future__ import annotations

import re
from typing import Any

from homeport.project.cloudformation.apis.api_source import ACCOUNT_THROTTLE
from homeport.project.integrations.caching import CacheSettings, StageCache
from homeport.project.model import Canary, Quota, Stage, Throttle, UsagePlan
from homeport.project.names import snake_case
from homeport.scaffold.adopted.adoption import Json
from homeport.scaffold.adopted.own_functions import OwnFunctions


def stage_settings(stage: Stage, functions: OwnFunctions) -> Json:
    """Return the settings that all stages share."""
    is_rest = stage.flavor == "rest"
    settings: dict[str, Any] = {
        "flavor": stage.flavor,
        "payloadFormat": None if is_rest else stage.payload_format,
        "stageName": stage.stage_name if is_rest or stage.stage_name != "$default" else None,
        "region": stage.region,
        "runtime": functions.runtime,
        "architecture": functions.architecture,
        "memory": functions.memory,
        "timeout": functions.timeout,
        "throttle": throttle_settings(stage.throttle or ACCOUNT_THROTTLE),
        "variables": dict(stage.variables) or None,
        "cors": dict(stage.cors) or None,
        "accessLog": dict(stage.access_log) or None,
        "tracing": True if stage.tracing or functions.is_traced else None,
        "logFormat": stage.log_format if stage.log_format != "Text" else None,
        "usagePlans": {name: _usage_plan(plan) for name, plan in stage.usage_plans.items()} or None,
        "apiKeys": _api_keys(stage) or None,
        "canary": _canary(stage.canary) if stage.canary is not None else None,
        "cache": _cache(stage.cache) if stage.cache is not None else None,
    }
    return {name: value for name, value in settings.items() if value is not None}


def _canary(canary: Canary) -> Json:
    return {"percent": canary.percent, **({"variables": dict(canary.variables)} if canary.variables else {})}


def _cache(cache: StageCache) -> Json:
    """Return a cache; settings of a whole path, or of a method of all paths, have no counterpart and stay behind."""
    whole = cache.methods.get("* *", CacheSettings())
    routes = {name: _caching(each) for name, each in cache.methods.items() if "*" not in name.split(" ")}
    said = {"cacheClusterSize": float(cache.size), **_caching(whole)}
    return {**said, "routes": routes} if routes else said


def _caching(settings: CacheSettings) -> Json:
    said: Json = {"cachingEnabled": settings.enabled, "cacheTtlInSeconds": settings.ttl}
    return {**said, "cacheDataEncrypted": True} if settings.encrypted else said


def throttle_settings(throttle: Throttle) -> Json:
    """Return a throttle as files of a project have it."""
    rate = int(throttle.rate) if throttle.rate == int(throttle.rate) else throttle.rate
    return {"rate": rate, "burst": throttle.burst}


def api_key_variables(stage: Stage) -> dict[str, str]:
    """Return the variables of ``.env`` with the values of API keys, which no file of the project holds."""
    return {_variable(name): key.value for name, key in stage.api_keys.items()}


def _api_keys(stage: Stage) -> Json:
    keys: Json = {}
    for name, key in stage.api_keys.items():
        said = {
            "value": f"${{{_variable(name)}}}",
            "enabled": None if key.enabled else False,
            "usagePlan": key.usage_plan,
        }
        keys[name] = {setting: value for setting, value in said.items() if value is not None}
    return keys


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9_]", "_", f"API_KEY_{snake_case(name)}".upper())


def _usage_plan(plan: UsagePlan) -> Json:
    throttle = throttle_settings(plan.throttle) if plan.throttle is not None else {}
    return {**throttle, **({"quota": _quota(plan.quota)} if plan.quota is not None else {})}


def _quota(quota: Quota) -> Json:
    return {"limit": quota.limit, "period": quota.period}
