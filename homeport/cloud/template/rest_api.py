"""A REST API: a definition, a deployment of it, a stage, usage plans and API keys.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from homeport.cloud.template.functions import literal, permissions, ref, sub
from homeport.cloud.template.http_api import throttling
from homeport.cloud.template.monitoring import (
    access_log,
    access_log_settings,
    account_settings_description,
    execution_log,
    own_account_settings,
)
from homeport.cloud.template.names import Names, digest
from homeport.cloud.template.rest_definition import rest_body
from homeport.project.load import Project
from homeport.project.model import ApiKey, Throttle, UsagePlan

_V1 = "AWS::ApiGateway::"


def rest_api(project: Project, names: Names, secrets_fingerprint: str) -> dict[str, Any]:
    """Return the API, its permissions, deployment, stage, logs, usage plans and keys.

    ``secrets_fingerprint`` is of the secrets in ``auth`` and ``cors``, which the definition refers to.
    """
    body = rest_body(project, names)
    allowed = permissions(project, names, _lambda_authorizers(project))
    # A deployment is a copy of the API as it was: only a new one, by a new logical id, makes changes live.
    deployment = f"ApiDeployment{digest(json.dumps(body, sort_keys=True) + secrets_fingerprint)}"
    return {
        "Api": {
            "Type": f"{_V1}RestApi",
            "Properties": {
                "Name": ref("AWS::StackName"),
                "Body": body,
                "EndpointConfiguration": {"Types": ["REGIONAL"]},
            },
        },
        **allowed,
        **access_log(project),
        **execution_log(project),
        deployment: {
            "Type": f"{_V1}Deployment",
            "DependsOn": sorted(allowed),
            "Properties": {"RestApiId": ref("Api")},
        },
        "ApiStage": _stage(project, deployment),
        **_usage_plans(project, names),
        **_api_keys(project, names),
    }


def _stage(project: Project, deployment: str) -> dict[str, Any]:
    stage = project.stage
    properties: dict[str, Any] = {
        "RestApiId": ref("Api"),
        "DeploymentId": ref(deployment),
        "StageName": stage.stage_name,
        "AccessLogSetting": access_log_settings(project),
        "MethodSettings": _method_settings(project),
        "TracingEnabled": stage.tracing,
    }
    if stage.variables:
        properties["Variables"] = dict(stage.variables)
    own = own_account_settings(project)
    if own is None:
        properties["Description"] = account_settings_description()
    return {
        "Type": f"{_V1}Stage",
        "DependsOn": sorted(["ExecutionLogGroup", *([own] if own is not None else [])]),
        "Properties": properties,
    }


def _method_settings(project: Project) -> list[dict[str, Any]]:
    whole = _method_setting("/*", "*", project.stage.throttle)
    methods = [
        _method_setting(_resource_path(operation.path), operation.method, operation.throttle)
        for operation in project.api.operations
        if operation.throttle is not None
    ]
    return [whole, *methods]


def _method_setting(path: str, method: str, throttle: Throttle | None) -> dict[str, Any]:
    return {
        "ResourcePath": path,
        "HttpMethod": method,
        "LoggingLevel": "ERROR",
        "DataTraceEnabled": False,
        "MetricsEnabled": False,
        **(throttling(throttle) if throttle is not None else {}),
    }


def _resource_path(path: str) -> str:
    """Return a path as method settings have it: ``/items/{id}`` is ``/~1items~1{id}``, ``/`` stays.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html
    """
    return "/" if path == "/" else "/" + path.replace("/", "~1")


def _usage_plans(project: Project, names: Names) -> dict[str, Any]:
    return {
        f"{names.usage_plans[name]}UsagePlan": {"Type": f"{_V1}UsagePlan", "Properties": _usage_plan(plan)}
        for name, plan in project.stage.usage_plans.items()
    }


def _usage_plan(plan: UsagePlan) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "UsagePlanName": sub(f"${{AWS::StackName}}-{literal(plan.name)}"),
        "ApiStages": [{"ApiId": ref("Api"), "Stage": ref("ApiStage")}],
    }
    if plan.throttle is not None:
        limits = throttling(plan.throttle)
        properties["Throttle"] = {
            "RateLimit": limits["ThrottlingRateLimit"],
            "BurstLimit": limits["ThrottlingBurstLimit"],
        }
    if plan.quota is not None:
        properties["Quota"] = {"Limit": plan.quota.limit, "Period": plan.quota.period}
    return properties


def _api_keys(project: Project, names: Names) -> dict[str, Any]:
    resources: dict[str, Any] = {}
    for name, key in project.stage.api_keys.items():
        id = names.api_keys[name]
        resources[f"{id}ApiKey"] = {"Type": f"{_V1}ApiKey", "Properties": _api_key(key)}
        if key.usage_plan is not None:
            resources[f"{id}PlanKey"] = _plan_key(id, names.usage_plans, key.usage_plan)
    return resources


def _api_key(key: ApiKey) -> dict[str, Any]:
    return {"Name": sub(f"${{AWS::StackName}}-{literal(key.name)}"), "Value": key.value, "Enabled": key.enabled}


def _plan_key(id: str, plans: Mapping[str, str], plan: str) -> dict[str, Any]:
    return {
        "Type": f"{_V1}UsagePlanKey",
        "Properties": {
            "KeyId": ref(f"{id}ApiKey"),
            "KeyType": "API_KEY",
            "UsagePlanId": ref(f"{plans[plan]}UsagePlan"),
        },
    }


def _lambda_authorizers(project: Project) -> Mapping[str, str]:
    """Return the ARN suffix of the authorizers that invoke each function. Only API Gateway knows their ids."""
    return {
        authorizer.function: "authorizers/*"
        for authorizer in project.api.authorizers.values()
        if authorizer.function is not None
    }
