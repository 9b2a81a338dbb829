"""The stage of an HTTP API that is served: its name, variables, throttles, access log and custom domain.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-stage.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from homeport.project.cloudformation.apis.api_source import ACCOUNT_THROTTLE, stack_stage
from homeport.project.cloudformation.apis.typed_values import read_number
from homeport.project.cloudformation.stack.function_values import as_text
from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.model import Stage, Throttle
from homeport.project.source.cursor import Cursor


def read_http_stage(stack: CloudFormationStack, api: StackResource) -> Stage:
    """Return the stage of an API that is served: ``$default``, or the first one. The others are named."""
    settings = _settings(stack, api)
    if settings is None:
        if not api.properties.has("Target"):
            api.properties.warning("the API has no stage, so the deployed one can't be called", "add a stage $default")
        return _with_domain(stack_stage(stack), stack, api)
    name = settings.text("StageName") or "$default"
    throttle = _throttle(settings.map("DefaultRouteSettings"))
    stage = stack_stage(stack, stage_name=name)
    log = settings.map("AccessLogSettings").text("Format").strip()
    variables = {key: as_text(value.value) for key, value in settings.map("StageVariables").items()}
    stage = replace(
        stage,
        variables=variables,
        throttle=throttle or stage.throttle,
        access_log={"format": log} if log else {},
    )
    return _with_domain(stage, stack, api)


def route_throttles(stack: CloudFormationStack, api: StackResource) -> dict[str, tuple[Throttle, Cursor]]:
    """Return the throttles of single routes by route key, each with its place."""
    settings = _settings(stack, api)
    found: dict[str, tuple[Throttle, Cursor]] = {}
    for route_key, route in settings.map("RouteSettings").items() if settings is not None else ():
        throttle = _throttle(route)
        if throttle is not None:
            found[route_key] = throttle, route
    return found


def _settings(stack: CloudFormationStack, api: StackResource) -> Cursor | None:
    """Return the properties of the stage that is served."""
    stages = [stage.properties for stage in _of_api(stack, "AWS::ApiGatewayV2::Stage", api)]
    overrides = next(_of_api(stack, "AWS::ApiGatewayV2::ApiGatewayManagedOverrides", api), None)
    if overrides is not None and overrides.properties.has("Stage"):
        stages.append(overrides.properties.at("Stage"))
    if not stages:
        return None
    served = next((stage for stage in stages if stage.text("StageName") in ("", "$default")), stages[0])
    for stage in stages:
        if stage is not served:
            stage.at("StageName").warning(
                f"the stage {stage.text('StageName')} is not served: "
                f"one stage of an API is, {served.text('StageName') or '$default'}",
                "run the template with another one",
            )
    return served


def _of_api(stack: CloudFormationStack, type: str, api: StackResource) -> Iterator[StackResource]:
    return (it for it in stack.of_type(type) if it.properties.at("ApiId").value == api.physical_id)


def _throttle(settings: Cursor) -> Throttle | None:
    rate, burst = (read_number(settings.at(f"Throttling{key}Limit")) for key in ("Rate", "Burst"))
    if rate is None and burst is None:
        return None
    return Throttle(
        ACCOUNT_THROTTLE.rate if rate is None else float(rate), ACCOUNT_THROTTLE.burst if burst is None else int(burst)
    )


def _with_domain(stage: Stage, stack: CloudFormationStack, api: StackResource) -> Stage:
    """Return the stage with the custom domain that is mapped to it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html
    """
    for mapping in _of_api(stack, "AWS::ApiGatewayV2::ApiMapping", api):
        domain: Mapping[str, Any] = {
            "name": mapping.properties.text("DomainName"),
            "basePath": mapping.properties.text("ApiMappingKey"),
        }
        if domain["name"]:
            return replace(stage, domain=domain)
    return stage
