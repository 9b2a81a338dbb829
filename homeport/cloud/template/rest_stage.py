"""The stage of a REST API: its settings, its cache, usage plans and API keys.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-stage.html
"""

from __future__ import annotations

from typing import Any

from homeport.cloud.template.functions import literal, ref, resource, sub
from homeport.cloud.template.http_api import throttling
from homeport.cloud.template.monitoring import (
    access_log_settings,
    account_settings_description,
    own_account_settings,
)
from homeport.cloud.template.names import Names
from homeport.errors import HomeportError
from homeport.project.integrations.caching import CacheSettings, StageCache
from homeport.project.model import Canary, Throttle, UsagePlan
from homeport.project.project import Project

V1 = "AWS::ApiGateway::"
"""The beginning of the types of a REST API's resources."""


def rest_stage(project: Project, deployment: str) -> dict[str, Any]:
    """Return the stage of a deployment. Raises HomeportError for settings of its cache that can't be deployed."""
    _check_cache(project.stage.cache)
    stage, own = project.stage, own_account_settings(project)
    return resource(
        f"{V1}Stage",
        {"DependsOn": sorted(["ExecutionLogGroup", *([own] if own is not None else [])])},
        RestApiId=ref("Api"),
        DeploymentId=ref(deployment),
        StageName=stage.stage_name,
        AccessLogSetting=access_log_settings(project),
        MethodSettings=_method_settings(project),
        TracingEnabled=stage.tracing,
        Variables=dict(stage.variables) or None,
        CanarySetting=_canary(stage.canary),
        CacheClusterEnabled=True if stage.cache is not None else None,
        CacheClusterSize=stage.cache.size if stage.cache is not None else None,
        Description=account_settings_description() if own is None else None,
    )


def _check_cache(cache: StageCache | None) -> None:
    default = CacheSettings()
    for settings in cache.methods.values() if cache is not None else ():
        if (settings.authorized, settings.unauthorized) != (default.authorized, default.unauthorized):
            raise HomeportError(
                "CloudFormation can't set requireAuthorizationForCacheControl and "
                "unauthorizedCacheControlHeaderStrategy",
                "set them for the stage local alone, and on AWS by hand",
            )


def _canary(canary: Canary | None) -> dict[str, Any] | None:
    if canary is None:
        return None
    percent = int(canary.percent) if canary.percent.is_integer() else canary.percent
    overrides = {"StageVariableOverrides": dict(canary.variables)} if canary.variables else {}
    return {"PercentTraffic": percent, **overrides}


def _method_settings(project: Project) -> list[dict[str, Any]]:
    """Return the settings of all methods, and of those with a throttle or a cache of their own."""
    cache = project.stage.cache
    whole = _method_setting("/*", "*", project.stage.throttle, _caching(cache, "* *"))
    methods = []
    for operation in project.api.operations:
        own = next((name for name in (operation.id, operation.route_key) if cache and name in cache.methods), "* *")
        if operation.throttle is not None or own != "* *":
            path, throttle = _resource_path(operation.path), operation.throttle
            methods.append(_method_setting(path, operation.method, throttle, _caching(cache, own)))
    return [whole, *methods]


def _caching(cache: StageCache | None, name: str) -> dict[str, Any]:
    if cache is None:
        return {}
    settings = cache.methods.get(name, CacheSettings())
    return {
        "CachingEnabled": settings.enabled,
        "CacheTtlInSeconds": settings.ttl,
        "CacheDataEncrypted": settings.encrypted,
    }


def _method_setting(path: str, method: str, throttle: Throttle | None, caching: dict[str, Any]) -> dict[str, Any]:
    return {
        "ResourcePath": path,
        "HttpMethod": method,
        "LoggingLevel": "ERROR",
        "DataTraceEnabled": False,
        "MetricsEnabled": False,
        **(throttling(throttle) if throttle is not None else {}),
        **caching,
    }


def _resource_path(path: str) -> str:
    """Return a path as method settings have it: ``/items/{id}`` is ``/~1items~1{id}``, ``/`` stays.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html
    """
    return "/" if path == "/" else "/" + path.replace("/", "~1")


def usage_plans(project: Project, names: Names) -> dict[str, Any]:
    """Return the usage plans of the stage."""
    return {
        f"{names.usage_plans[name]}UsagePlan": _usage_plan(plan) for name, plan in project.stage.usage_plans.items()
    }


def _usage_plan(plan: UsagePlan) -> dict[str, Any]:
    throttle, quota = plan.throttle, plan.quota
    limits = throttling(throttle) if throttle is not None else {}
    return resource(
        f"{V1}UsagePlan",
        UsagePlanName=sub(f"${{AWS::StackName}}-{literal(plan.name)}"),
        ApiStages=[{"ApiId": ref("Api"), "Stage": ref("ApiStage")}],
        Throttle={name.removeprefix("Throttling"): limit for name, limit in limits.items()} or None,
        Quota=None if quota is None else {"Limit": quota.limit, "Period": quota.period},
    )


def api_keys(project: Project, names: Names) -> dict[str, Any]:
    """Return the API keys of the stage, each in its usage plan."""
    resources: dict[str, Any] = {}
    for name, key in project.stage.api_keys.items():
        id, own_name = names.api_keys[name], sub(f"${{AWS::StackName}}-{literal(key.name)}")
        resources[f"{id}ApiKey"] = resource(f"{V1}ApiKey", Name=own_name, Value=key.value, Enabled=key.enabled)
        if key.usage_plan is not None:
            plan = ref(f"{names.usage_plans[key.usage_plan]}UsagePlan")
            resources[f"{id}PlanKey"] = resource(
                f"{V1}UsagePlanKey", KeyId=ref(f"{id}ApiKey"), KeyType="API_KEY", UsagePlanId=plan
            )
    return resources
