"""The stage of a REST API: AWS::ApiGateway::Stage or Deployment, and the usage plans and API keys of that stage.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-stage.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-usageplan.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from homeport.project.cloudformation.apis.rest_cache import method_of_setting, read_stage_cache
from homeport.project.cloudformation.apis.rest_values import is_true, number, of_api, plain, whole
from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.model import ApiKey, Canary, Quota, Stage, Throttle, UsagePlan
from homeport.project.source.cursor import Cursor

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
_ACCOUNT_LIMIT = Throttle(10_000, 5_000)

_OF_SAM = "Stage"
"""The stage that SAM makes beside the owner's.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
"""

_UNNAMED = "local"
_PERIODS = ("DAY", "WEEK", "MONTH")


class RouteThrottle(NamedTuple):
    """The limit of some methods: ``path`` (``/items/{id}``) and ``method`` may be ``*``."""

    path: str
    method: str
    throttle: Throttle
    at: Cursor


class RestStage(NamedTuple):
    """A stage, and the limits that it sets for single methods."""

    stage: Stage
    throttles: tuple[RouteThrottle, ...]


class _Settings(NamedTuple):
    """The name of a stage, and the cursor of its settings."""

    name: str
    cursor: Cursor


def read_rest_stage(api: StackResource, stack: CloudFormationStack) -> RestStage:
    """Return the stage of an API that is served: the first one. Others are named, and what is not emulated."""
    stages = _stages(api, stack)
    if not stages:
        api.properties.warning(
            f"the API {api.logical_id} has no stage, and so no URL on AWS", "add an AWS::ApiGateway::Stage"
        )
    name, cursor = stages[0] if stages else _Settings(_UNNAMED, api.properties._replace(value={}))
    for other in stages[1:]:
        other.cursor.warning(f"the stage {other.name} of {api.logical_id} is not served: {name} is")
    _report_loose_keys(api, stack)
    limits = [*_limits(cursor)]
    shared = [each.throttle for each in limits if (each.path, each.method) == ("*", "*")]
    plans = dict(_usage_plans(api, stack, name))
    log = cursor.map("AccessLogSetting")
    stage = Stage(
        key="local",
        stage_name=name,
        flavor="rest",
        payload_format="1.0",
        region=stack.region,
        stack_name=stack.name,
        variables={key: plain(value) for key, value in cursor.map("Variables").items()},
        throttle=shared[-1] if shared else None,
        access_log={"format": plain(log.at("Format")).strip()} if log.has("Format") else {},
        tracing=is_true(cursor.at("TracingEnabled")),
        usage_plans={plan.name: plan for plan in plans.values()},
        api_keys={key.name: key for key in _api_keys(stack, plans)},
        secrets=frozenset(f"apiKeys.{_key_name(key)}.value" for key in _keys(stack) if ("Value",) in key.secret),
        domain=_domain(api, stack, name),
        canary=_canary(cursor.at("CanarySetting")),
        cache=read_stage_cache(cursor),
    )
    return RestStage(stage, tuple(each for each in limits if (each.path, each.method) != ("*", "*")))


def _stages(api: StackResource, stack: CloudFormationStack) -> list[_Settings]:
    found = {
        plain(each.properties.at("StageName")): each.properties for each in of_api(stack, "AWS::ApiGateway::Stage", api)
    }
    owned = bool(found)
    for deployment in of_api(stack, "AWS::ApiGateway::Deployment", api):
        name = plain(deployment.properties.at("StageName"))
        if name and name not in found and not (owned and name == _OF_SAM):
            found[name] = deployment.properties.map("StageDescription")
    return [_Settings(name, cursor) for name, cursor in found.items() if name]


def _canary(setting: Cursor) -> Canary | None:
    percent = number(setting.at("PercentTraffic"))
    if percent is None:
        return None
    return Canary(percent, {key: plain(value) for key, value in setting.map("StageVariableOverrides").items()})


def _limits(settings: Cursor) -> Iterator[RouteThrottle]:
    """Yield the limits in the order in which they are written; those of a deployment's stage stand beside them."""
    own = _throttle(settings)
    if own is not None:
        yield RouteThrottle("*", "*", own, settings)
    for each in settings.list("MethodSettings"):
        throttle = _throttle(each)
        if throttle is not None:
            path, method = method_of_setting(each)
            yield RouteThrottle(path, method, throttle, each)


def _throttle(
    cursor: Cursor, rate: str = "ThrottlingRateLimit", burst: str = "ThrottlingBurstLimit"
) -> Throttle | None:
    """Return a limit; the account's stands for the half that is not set. -1 is none."""
    per_second, at_once = number(cursor.at(rate)), whole(cursor.at(burst))
    if per_second is None and at_once is None:
        return None
    per_second = _ACCOUNT_LIMIT.rate if per_second is None or per_second < 0 else per_second
    return Throttle(per_second, _ACCOUNT_LIMIT.burst if at_once is None or at_once < 0 else at_once)


def _usage_plans(api: StackResource, stack: CloudFormationStack, stage: str) -> Iterator[tuple[str, UsagePlan]]:
    """Yield the usage plans of a stage by their physical ids."""
    for plan in stack.of_type("AWS::ApiGateway::UsagePlan"):
        for entry in plan.properties.list("ApiStages"):
            if (plain(entry.at("ApiId")), plain(entry.at("Stage"))) != (api.physical_id, stage):
                continue
            if entry.map("Throttle").value:
                entry.at("Throttle").warning("the limits of single methods in a usage plan are not emulated")
            name = plain(plan.properties.at("UsagePlanName")) or plan.logical_id
            throttle = _throttle(plan.properties.map("Throttle"), "RateLimit", "BurstLimit")
            yield plan.physical_id, UsagePlan(name, throttle, _quota(plan.properties.map("Quota")))


def _quota(cursor: Cursor) -> Quota | None:
    limit, period = whole(cursor.at("Limit")), plain(cursor.at("Period")).upper()
    for each in _PERIODS:
        if limit is not None and each == period:
            return Quota(limit, each)  # type: ignore[arg-type]
    return None


def _api_keys(stack: CloudFormationStack, plans: dict[str, UsagePlan]) -> Iterator[ApiKey]:
    """Yield the API keys that are in one of the usage plans."""
    keys = {key.physical_id: key for key in _keys(stack)}
    for link in stack.of_type("AWS::ApiGateway::UsagePlanKey"):
        plan = plans.get(plain(link.properties.at("UsagePlanId")))
        if plan is None:
            continue
        key = keys.get(plain(link.properties.at("KeyId")))
        if key is None:
            link.properties.at("KeyId").warning(
                f"an API key of the usage plan {plan.name} is not in the template", "its calls get 403 here"
            )
            continue
        value = "" if ("Value",) in key.unknown else plain(key.properties.at("Value"))
        yield ApiKey(
            name=_key_name(key),
            value=value or _own_value(stack, key),
            enabled=not key.properties.has("Enabled") or is_true(key.properties.at("Enabled")),
            usage_plan=plan.name,
            generated=not value,
        )


def _keys(stack: CloudFormationStack) -> Iterator[StackResource]:
    return stack.of_type("AWS::ApiGateway::ApiKey")


def _key_name(key: StackResource) -> str:
    return plain(key.properties.at("Name")) or key.logical_id


def _report_loose_keys(api: StackResource, stack: CloudFormationStack) -> None:
    """Name the API keys that are made for a stage of an API and are in no usage plan: they open nothing.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
    """
    linked = {plain(link.properties.at("KeyId")) for link in stack.of_type("AWS::ApiGateway::UsagePlanKey")}
    for key in stack.of_type("AWS::ApiGateway::ApiKey"):
        stages = key.properties.list("StageKeys")
        if key.physical_id not in linked and any(plain(each.at("RestApiId")) == api.physical_id for each in stages):
            key.properties.at("StageKeys").warning(
                f"the API key {key.logical_id} is in no usage plan, so nobody can call with it",
                "add an AWS::ApiGateway::UsagePlanKey",
            )


def _own_value(stack: CloudFormationStack, key: StackResource) -> str:
    """Return a value for a key without one, as long as those that API Gateway makes, and the same at every start.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-setup-api-keys.html
    """
    return hashlib.sha256(f"{stack.name}/{key.logical_id}".encode()).hexdigest()[:40]


def _domain(api: StackResource, stack: CloudFormationStack, stage: str) -> dict[str, Any] | None:
    for mapping in of_api(stack, "AWS::ApiGateway::BasePathMapping", api):
        own = plain(mapping.properties.at("Stage"))
        if own in ("", stage):
            name = plain(mapping.properties.at("DomainName")).lower()
            return {"name": name, "basePath": plain(mapping.properties.at("BasePath"))} if name else None
    return None
