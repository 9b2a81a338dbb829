"""A method of a REST API: its integration, and the mappings of those that are no proxies.

https://www.serverless.com/framework/docs/providers/aws/events/apigateway#lambda-integration
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from homeport.project.serverless.logical_names import function_id
from homeport.project.serverless.rest_api.authorizers import MethodProtection
from homeport.project.serverless.rest_api.cors import placed_origin, read_cors
from homeport.project.serverless.rest_api.http_event import HttpEvent
from homeport.project.serverless.rest_api.mapping_templates import request_templates
from homeport.project.serverless.rest_api.request_models import RestModels
from homeport.project.serverless.service import (
    Content,
    ServerlessService,
    arn_of,
    invocation_uri,
    is_set,
    optional,
    text_of,
)
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor

_PLACES = {"querystrings": "querystring", "paths": "path", "headers": "header"}
_CUSTOM = ("AWS", "HTTP", "MOCK")
_ERRORS = (400, 401, 403, 404, 422, 502)


def method_properties(
    service: ServerlessService,
    event: HttpEvent,
    resource: Any,
    api: Any,
    protection: MethodProtection,
    models: RestModels,
) -> Content:
    """Return the properties of the method of an event."""
    request = event.settings.at("request")
    parameters = dict(_parameters(request.at("parameters")))
    return {
        "HttpMethod": Placed(event.method, event.at),
        "ResourceId": resource,
        "RestApiId": api,
        "OperationName": optional(event.settings.at("operationId")),
        "ApiKeyRequired": Placed(is_set(event.settings.at("private")), event.settings.at("private")),
        **protection.properties,
        "RequestParameters": {key: Placed(_is_required(at), at) for key, at in parameters.items()},
        **models.method(event, any(_is_required(at) for at in parameters.values())),
        "Integration": _integration(service, event, parameters, protection),
        "MethodResponses": _method_responses(event),
    }


def _parameters(written: Cursor) -> Iterator[tuple[str, Cursor]]:
    for place, word in _PLACES.items():
        for name, at in written.at(place).items():
            yield f"method.request.{word}.{name}", at


def _is_required(at: Cursor) -> bool:
    if isinstance(at.value, dict):
        return at.at("required").value is not False
    return is_set(at)


def _integration(
    service: ServerlessService, event: HttpEvent, parameters: dict[str, Cursor], protection: MethodProtection
) -> Placed:
    settings, request, kind = event.settings, event.settings.at("request"), event.integration
    timeout = settings.at("timeoutInMillis")
    timeout = timeout if timeout.value is not None else service.provider.at("apiGateway").at("timeoutInMillis")
    made: Content = {"Type": Placed(kind, settings.at("integration")), "IntegrationHttpMethod": "POST"}
    if timeout.value is not None:
        made["TimeoutInMillis"] = timeout
    if kind in ("AWS", "AWS_PROXY"):
        made["Uri"] = invocation_uri(arn_of(function_id(event.function.key)))
    elif kind in ("HTTP", "HTTP_PROXY"):
        made |= _http_backend(event)
    if kind in _CUSTOM:
        made |= {
            "PassthroughBehavior": _pass_through(event),
            "ContentHandling": optional(request.at("contentHandling")),
            "RequestTemplates": request_templates(event, protection.claims),
            "IntegrationResponses": list(_integration_responses(event)),
        }
    mapped: Content = {}
    if kind in ("AWS", "HTTP", "HTTP_PROXY"):
        for key, at in parameters.items():
            value = at.at("mappedValue")
            name = f"integration.{key.removeprefix('method.')}"
            mapped[name] = value if value.value is not None else Placed(key, at)
    if is_set(settings.at("async")):
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-integration-async.html
        mapped["integration.request.header.X-Amz-Invocation-Type"] = Placed("'Event'", settings.at("async"))
    made["RequestParameters"] = mapped or None
    return Placed({key: value for key, value in made.items() if value is not None}, event.at)


def _http_backend(event: HttpEvent) -> Content:
    settings, request = event.settings, event.settings.at("request")
    uri = request.at("uri")
    if uri.value is None:
        event.at.error(f"the integration {event.integration} has no URI", "write request: {uri: https://…}")
    made: Content = {"Uri": uri, "IntegrationHttpMethod": text_of(request.at("method")).upper() or event.method}
    kind = text_of(settings.at("connectionType")).upper().replace("-", "_")
    if kind:
        made |= {"ConnectionType": kind, "ConnectionId": settings.at("connectionId")}
    return made


def _pass_through(event: HttpEvent) -> Any:
    written = event.settings.at("request").at("passThrough")
    if written.value is not None:
        return written
    return "NEVER" if event.integration == "AWS" else None


def _status_codes(event: HttpEvent) -> list[tuple[str, Cursor, str]]:
    """Return the statuses of a custom integration's responses, each with its settings and its pattern."""
    response = event.settings.at("response")
    written = response.at("statusCodes")
    found = [(status, at, text_of(at.at("pattern"))) for status, at in written.items()]
    if not found and (event.integration == "AWS" or response.value is not None):
        nothing = response._replace(value={})
        return [(status, nothing, pattern) for status, pattern in _default_patterns()]
    if found and not any(pattern == "" for _, _, pattern in found):
        found.append(("200", response._replace(value={}), ""))
    return found


def _default_patterns() -> Iterator[tuple[str, str]]:
    """Yield the statuses that a function's error chooses by a number in brackets, and their patterns."""
    yield "200", ""
    for status in _ERRORS:
        yield str(status), rf"[\s\S]*\[{status}\][\s\S]*"
    yield "500", r"[\s\S]*(Process\s?exited\s?before\s?completing\s?request|\[500\])[\s\S]*"
    yield "504", r"([\s\S]*\[504\][\s\S]*)|(.*Task timed out after \d+\.\d+ seconds$)"


def _headers(event: HttpEvent, status: Cursor) -> Content:
    """Return the headers of a response, each with the mapping that gives its value."""
    made: Content = {}
    cors, at = read_cors(event), event.settings.at("cors")
    if cors is not None:
        made["Access-Control-Allow-Origin"] = placed_origin(cors, at)
        if cors.credentials:
            made["Access-Control-Allow-Credentials"] = Placed("'true'", at)
    for holder in (event.settings.at("response").at("headers"), status.at("headers")):
        made |= dict(holder.items())
    return made


def _integration_responses(event: HttpEvent) -> Iterator[Content]:
    response = event.settings.at("response")
    for status, at, pattern in _status_codes(event):
        templates: Content = {}
        if response.has("template"):
            templates["application/json"] = response.at("template")
        own = at.at("template")
        if isinstance(own.value, dict):
            templates |= dict(own.items())
        elif own.value is not None:
            templates["application/json"] = own
        made: Content = {
            "StatusCode": status,
            "SelectionPattern": pattern,
            "ResponseParameters": {
                f"method.response.header.{name}": value for name, value in _headers(event, at).items()
            },
            "ResponseTemplates": templates,
        }
        if status.startswith("2") and response.has("contentHandling"):
            made["ContentHandling"] = response.at("contentHandling")
        yield made


def _method_responses(event: HttpEvent) -> list[Content] | None:
    if event.integration not in _CUSTOM:
        return None
    return [
        {
            "StatusCode": status,
            "ResponseParameters": {f"method.response.header.{name}": True for name in _headers(event, at)},
        }
        for status, at, _ in _status_codes(event)
    ]
