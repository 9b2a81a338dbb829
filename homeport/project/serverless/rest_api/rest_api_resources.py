"""The REST API itself: its paths, its deployment with the stage, and what all of its methods share.

https://www.serverless.com/framework/docs/providers/aws/events/apigateway
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from homeport.project.serverless.logical_names import REST_API
from homeport.project.serverless.rest_api.authorizers import RestAuthorizers
from homeport.project.serverless.rest_api.cors import add_preflights
from homeport.project.serverless.rest_api.http_event import HttpEvent, read_http_event
from homeport.project.serverless.rest_api.methods import method_properties
from homeport.project.serverless.rest_api.paths import RestPaths
from homeport.project.serverless.rest_api.request_models import RestModels
from homeport.project.serverless.rest_api.usage_plans import add_usage_plans
from homeport.project.serverless.service import Content, ServerlessService, ServiceTemplate, is_set, optional, text_of
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor

_ACCESS_LOG = (
    "requestId: $context.requestId, ip: $context.identity.sourceIp, caller: $context.identity.caller, "
    "user: $context.identity.user, requestTime: $context.requestTime, httpMethod: $context.httpMethod, "
    "resourcePath: $context.resourcePath, status: $context.status, protocol: $context.protocol, "
    "responseLength: $context.responseLength"
)


def add_rest_api(service: ServerlessService, template: ServiceTemplate) -> None:
    """Add the REST API of a service that has ``http`` events."""
    read = [read_http_event(entry) for entry in service.events("http")]
    events = [event for event in read if event is not None]
    settings = service.provider.at("apiGateway")
    if not events:
        return
    api, root = _api(service, settings, events, template)
    paths = RestPaths(api, root, template)
    authorizers = RestAuthorizers(service, api, template)
    models = RestModels(service, api, template)
    for event in events:
        place = paths.resource(event.path, event.at)
        properties = method_properties(service, event, place.id, api, authorizers.method(event), models)
        logical_id = f"ApiGatewayMethod{place.name}{event.method.capitalize()}"
        if logical_id in template.resources:
            event.at.warning(f"{event.method} /{event.path} stands twice: the last one is served", "remove the other")
        template.add(logical_id, "AWS::ApiGateway::Method", properties, event.at)
    add_preflights(events, paths, api, template)
    template.add(
        "ApiGatewayDeployment",
        "AWS::ApiGateway::Deployment",
        {"RestApiId": api, "StageName": service.stage, "StageDescription": _stage(service)},
        service.provider,
    )
    add_usage_plans(service, api, template)


def _api(
    service: ServerlessService, settings: Cursor, events: Sequence[HttpEvent], template: ServiceTemplate
) -> tuple[Any, Any]:
    """Return the API and its root resource; it is made unless it is a resource of the owner's.

    The API of another stack is not there: the routes of this service are served by one of their own.
    """
    given = settings.at("restApiId")
    if given.value is not None:
        own = given.value.get("Ref") if isinstance(given.value, dict) else None
        if own is not None and own in _owner_resources(service):
            root = settings.at("restApiRootResourceId")
            return given, root if root.value is not None else {"Fn::GetAtt": [own, "RootResourceId"]}
        given.warning(
            "the API is one of another stack: here the routes of this service are served by an API of their own",
            "what the other stack sets for it, such as CORS of its errors, is not here",
        )
    at = events[0].at if settings.value is None else settings
    template.add(REST_API, "AWS::ApiGateway::RestApi", _api_properties(service, settings), at)
    return {"Ref": REST_API}, {"Fn::GetAtt": [REST_API, "RootResourceId"]}


def _api_properties(service: ServerlessService, settings: Cursor) -> Content:
    provider = service.provider
    starts_with_service = is_set(settings.at("shouldStartNameWithService"))
    name = service.prefix if starts_with_service else f"{service.stage}-{service.name}"
    made: Content = {
        "Name": text_of(provider.at("apiName")) or name,
        "BinaryMediaTypes": optional(settings.at("binaryMediaTypes")),
        "MinimumCompressionSize": optional(settings.at("minimumCompressionSize")),
    }
    disabled = settings.at("endpoint").at("disable")
    disabled = disabled if disabled.value is not None else settings.at("disableDefaultEndpoint")
    if disabled.value is not None:
        made["DisableExecuteApiEndpoint"] = disabled
    endpoint = settings.at("endpoint").at("type")
    endpoint = endpoint if endpoint.value is not None else provider.at("endpointType")
    if text_of(endpoint):
        made["EndpointConfiguration"] = {"Types": [Placed(text_of(endpoint).upper(), endpoint)]}
    policy = settings.at("resourcePolicy")
    policy = policy if policy.value is not None else provider.at("resourcePolicy")
    if is_set(policy) and policy.value:
        made["Policy"] = Placed({"Version": "2012-10-17", "Statement": policy}, policy)
    source = settings.at("apiKeySourceType")
    if text_of(source):
        made["ApiKeySourceType"] = Placed(text_of(source).upper(), source)
    return made


def _stage(service: ServerlessService) -> Content | None:
    """Return the settings of the stage: its access log, and traces."""
    made: Content = {}
    logs = service.provider.at("logs").at("restApi")
    if is_set(logs) and logs.at("accessLogging").value is not False:
        written = logs.at("format")
        made["AccessLogSetting"] = {"Format": written if written.value is not None else Placed(_ACCESS_LOG, logs)}
    if is_set(service.provider.at("tracing").at("apiGateway")):
        made["TracingEnabled"] = True
    return made or None


def _owner_resources(service: ServerlessService) -> set[str]:
    """Return the logical ids of the owner's own resources."""
    section = service.top.at("resources")
    parts = section.entries() if isinstance(section.value, list) else [section]
    return {logical_id for part in parts for logical_id, _ in part.at("Resources").items()}
