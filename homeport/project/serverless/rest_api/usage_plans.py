"""The API keys of a REST API, and the usage plans that they are in.

https://www.serverless.com/framework/docs/providers/aws/events/apigateway#setting-api-keys-for-your-rest-api
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from homeport.project.serverless.service import Content, ServerlessService, ServiceTemplate, optional, text_of
from homeport.project.source.cursor import Cursor


def add_usage_plans(service: ServerlessService, api: Any, template: ServiceTemplate) -> None:
    """Add the API keys and usage plans of a service."""
    settings = service.provider.at("apiGateway")
    keys = settings.at("apiKeys") if settings.has("apiKeys") else service.provider.at("apiKeys")
    plans = settings.at("usagePlan") if settings.has("usagePlan") else service.provider.at("usagePlan")
    if keys.value is None and plans.value is None:
        return
    made = dict(_plans(service, plans if plans.value is not None else keys))
    for name, (logical_id, plan) in made.items():
        properties: Content = {
            "ApiStages": [{"ApiId": api, "Stage": service.stage}],
            "UsagePlanName": f"{service.prefix}" if name == "default" else f"{service.name}-{name}-{service.stage}",
            "Quota": _limits(plan.at("quota"), {"limit": "Limit", "offset": "Offset", "period": "Period"}),
            "Throttle": _limits(plan.at("throttle"), {"burstLimit": "BurstLimit", "rateLimit": "RateLimit"}),
        }
        template.add(logical_id, "AWS::ApiGateway::UsagePlan", properties, plan)
    numbers: dict[str, int] = {}
    for name, key in _keys(keys, made):
        number = numbers[name] = numbers.get(name, 0) + 1
        suffix = f"{number}" if name == "default" else f"{name[:1].upper()}{name[1:]}{number}"
        if name not in made:
            key.error(f"the API key {name!r} has no usage plan", "write it below usagePlan")
            continue
        _add_key(service, api, suffix, key, made[name][0], template)


def _plans(service: ServerlessService, plans: Cursor) -> Iterator[tuple[str, tuple[str, Cursor]]]:
    """Yield the name of each usage plan, its logical id and its settings."""
    if not isinstance(plans.value, list) or plans.name == "apiKeys":
        settings = plans if isinstance(plans.value, dict) else plans._replace(value={})
        yield "default", ("ApiGatewayUsagePlan", settings)
        return
    for entry in plans.entries():
        for name, plan in entry.items():
            yield name, (f"ApiGatewayUsagePlan{name[:1].upper()}{name[1:]}", plan)


def _keys(keys: Cursor, plans: dict[str, tuple[str, Cursor]]) -> Iterator[tuple[str, Cursor]]:
    """Yield each API key with the name of its usage plan."""
    for entry in keys.entries():
        first = next(iter(entry.items()), None)
        if first is not None and isinstance(first[1].value, list):
            yield from ((first[0], key) for key in first[1].entries())
        else:
            yield "default" if "default" in plans else next(iter(plans), "default"), entry


def _add_key(
    service: ServerlessService, api: Any, suffix: str, key: Cursor, plan: str, template: ServiceTemplate
) -> None:
    settings = key if isinstance(key.value, dict) else key._replace(value={})
    properties: Content = {
        "Name": optional(settings.at("name")) if settings.value else key,
        "Value": optional(settings.at("value")),
        "Enabled": settings.at("enabled") if settings.at("enabled").value is not None else True,
        "StageKeys": [{"RestApiId": api, "StageName": service.stage}],
    }
    if not settings.value and not text_of(key):
        properties["Name"] = None
    logical_id = template.add(f"ApiGatewayApiKey{suffix}", "AWS::ApiGateway::ApiKey", properties, key)
    link = {"KeyId": {"Ref": logical_id}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": plan}}
    template.add(f"ApiGatewayUsagePlanKey{suffix}", "AWS::ApiGateway::UsagePlanKey", link, key)


def _limits(at: Cursor, names: dict[str, str]) -> Content | None:
    found = {name: at.at(key) for key, name in names.items() if at.at(key).value is not None}
    return found or None
