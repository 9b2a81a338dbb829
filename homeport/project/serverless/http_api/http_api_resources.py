"""The HTTP API of a service: its ``httpApi`` events as resources of API Gateway.

https://www.serverless.com/framework/docs/providers/aws/events/http-api
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from homeport.project.serverless.http_api.http_authorizers import add_authorizers, list_at, route_protection
from homeport.project.serverless.logical_names import HTTP_API, function_id, normal_name, route_name
from homeport.project.serverless.service import (
    Content,
    EventEntry,
    ServerlessFunction,
    ServerlessService,
    ServiceTemplate,
    arn_of,
    is_set,
    optional,
    text_of,
)
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor

_METHODS = ("ANY", "GET", "POST", "PUT", "PATCH", "OPTIONS", "HEAD", "DELETE")
_ROUTE = re.compile(rf"\*|({'|'.join(_METHODS)}|\*)\s+(/\S*)", re.IGNORECASE)
_HEADERS = (
    *("Content-Type", "X-Amz-Date", "Authorization", "X-Api-Key"),
    *("X-Amz-Security-Token", "X-Amz-User-Agent", "X-Amzn-Trace-Id"),
)
_ACCESS_LOG = json.dumps(
    {
        "requestId": "$context.requestId",
        "ip": "$context.identity.sourceIp",
        "requestTime": "$context.requestTime",
        "httpMethod": "$context.httpMethod",
        "routeKey": "$context.routeKey",
        "status": "$context.status",
        "protocol": "$context.protocol",
        "responseLength": "$context.responseLength",
    }
)


class HttpApiRoute(NamedTuple):
    """A route of an HTTP API: ``key`` is ``GET /items``, or ``*`` for the one that takes every other request."""

    function: ServerlessFunction
    key: str
    method: str
    settings: Cursor
    at: Cursor


def add_http_api(service: ServerlessService, template: ServiceTemplate) -> None:
    """Add the HTTP API of a service that has ``httpApi`` events."""
    read = [_route(entry) for entry in service.events("httpApi")]
    routes = [route for route in read if route is not None]
    settings = service.provider.at("httpApi")
    if not routes:
        return
    api = _add_api(service, settings, routes, template)
    authorizers = add_authorizers(service, settings, api, template)
    for function in dict.fromkeys(route.function.key for route in routes):
        _add_integration(service, function, api, template)
    for route in routes:
        logical_id = f"HttpApiRoute{route_name(route.key)}"
        while logical_id in template.resources:
            if any(other.key == route.key for other in routes[: routes.index(route)]):
                route.at.error(f"the route {route.key} stands twice", "remove one")
                break
            logical_id += "Other"
        integration = f"HttpApiIntegration{normal_name(route.function.key)}"
        properties: Content = {
            "ApiId": api,
            "RouteKey": Placed("$default" if route.key == "*" else route.key, route.at),
            "Target": {"Fn::Join": ["/", ["integrations", {"Ref": integration}]]},
            **route_protection(route.settings.at("authorizer"), authorizers),
        }
        template.add(logical_id, "AWS::ApiGatewayV2::Route", properties, route.at)


def _route(entry: EventEntry) -> HttpApiRoute | None:
    at = entry.settings
    settings = at if isinstance(at.value, dict) else at._replace(value={})
    if isinstance(at.value, str):
        found = _ROUTE.fullmatch(at.value.strip())
        if found is None:
            at.error(f"{at.value!r} is no route", "write GET /items, or '*'")
            return None
        method, path = found[1] or "*", found[2] or "*"
    elif isinstance(at.value, dict):
        method, path = text_of(at.at("method")), text_of(at.at("path"))
    else:
        at.error("an httpApi event is a text or a map", "write httpApi: GET /items")
        return None
    if path == "*":
        return HttpApiRoute(entry.function, "*", "ANY", settings, at)
    word = method.upper().replace("*", "ANY")
    if not path.startswith("/") or word not in _METHODS:
        at.error(f"there is no route {method} {path}", "write a method and a path that begins with /")
        return None
    return HttpApiRoute(entry.function, f"{word} {path}", word, settings, at)


def _add_api(
    service: ServerlessService, settings: Cursor, routes: list[HttpApiRoute], template: ServiceTemplate
) -> Any:
    """Return the API. It is made unless it is a resource of the owner's; that of another stack is not there."""
    given = settings.at("id")
    if given.value is not None:
        own = given.value.get("Ref") if isinstance(given.value, dict) else None
        section = service.top.at("resources")
        parts = section.entries() if isinstance(section.value, list) else [section]
        if own is not None and any(part.at("Resources").has(own) for part in parts):
            return given
        given.warning(
            "the API is one of another stack: here the routes of this service are served by an API of their own",
            "its CORS settings and authorizers are not here: routes with an authorizer of it let nobody through",
        )
    at = routes[0].at if settings.value is None else settings
    starts_with_service = is_set(settings.at("shouldStartNameWithService"))
    name = service.prefix if starts_with_service else f"{service.stage}-{service.name}"
    properties: Content = {
        "Name": text_of(settings.at("name")) or name,
        "ProtocolType": "HTTP",
        "DisableExecuteApiEndpoint": optional(settings.at("disableDefaultEndpoint")),
        "CorsConfiguration": _cors(settings.at("cors"), routes),
    }
    template.add(HTTP_API, "AWS::ApiGatewayV2::Api", properties, at)
    stage: Content = {"ApiId": {"Ref": HTTP_API}, "StageName": "$default", "AutoDeploy": True}
    logs = service.provider.at("logs").at("httpApi")
    if is_set(logs):
        written = logs.at("format")
        stage["AccessLogSettings"] = {"Format": written if written.value is not None else Placed(_ACCESS_LOG, logs)}
    template.add("HttpApiStage", "AWS::ApiGatewayV2::Stage", stage, at)
    return {"Ref": HTTP_API}


def _cors(cors: Cursor, routes: list[HttpApiRoute]) -> Placed | None:
    if not is_set(cors):
        return None
    settings = cors if isinstance(cors.value, dict) else cors._replace(value={})
    used = dict.fromkeys(["OPTIONS", *(route.method for route in routes)])
    methods = list(dict.fromkeys([*used, *_METHODS])) if "ANY" in used else list(used)
    made: Content = {
        "AllowOrigins": list_at(settings.at("allowedOrigins"), ["*"]),
        "AllowHeaders": list_at(settings.at("allowedHeaders"), _HEADERS),
        "AllowMethods": list_at(settings.at("allowedMethods"), [method for method in methods if method != "ANY"]),
        "ExposeHeaders": list_at(settings.at("exposedResponseHeaders"), ()),
        "MaxAge": optional(settings.at("maxAge")),
        "AllowCredentials": Placed(True, settings) if is_set(settings.at("allowCredentials")) else None,
    }
    return Placed({key: value for key, value in made.items() if value is not None}, cors)


def _add_integration(service: ServerlessService, function: str, api: Any, template: ServiceTemplate) -> None:
    found = service.function(function)
    assert found is not None
    own = found.settings.at("httpApi").at("payload")
    payload = own if own.value is not None else service.provider.at("httpApi").at("payload")
    properties: Content = {
        "ApiId": api,
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": arn_of(function_id(function)),
        "PayloadFormatVersion": Placed(text_of(payload) or "2.0", payload),
        "TimeoutInMillis": 30000,
    }
    template.add(
        f"HttpApiIntegration{normal_name(function)}", "AWS::ApiGatewayV2::Integration", properties, found.settings
    )
