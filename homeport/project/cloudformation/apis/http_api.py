"""The HTTP APIs of a stack as OpenAPI documents: those with a Body, those of quick create, those built of routes.

``http_routes.py`` makes operations of routes, ``http_stage.py`` reads the stage that is served.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGatewayV2.html
"""

from __future__ import annotations

from typing import Any

from homeport.project.cloudformation.apis.api_source import ApiSource
from homeport.project.cloudformation.apis.http_routes import HttpRoutes, path_and_method
from homeport.project.cloudformation.apis.http_stage import read_http_stage, route_throttles
from homeport.project.cloudformation.apis.typed_values import read_flag, read_number
from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.model import Throttle
from homeport.project.openapi.extensions import X_HOMEPORT
from homeport.project.openapi.gateway import CORS
from homeport.project.source.builder import DocumentBuilder, Placed
from homeport.project.source.cursor import Cursor, Diagnostics

HTTP_API = "AWS::ApiGatewayV2::Api"

_CORS_LISTS = ("AllowOrigins", "AllowMethods", "AllowHeaders", "ExposeHeaders")


def http_apis(stack: CloudFormationStack, diagnostics: Diagnostics) -> list[ApiSource]:
    """Return the HTTP APIs of a stack in the template's order; each WebSocket API is named as not emulated."""
    sources = []
    for api in stack.of_type(HTTP_API):
        if api.properties.text("ProtocolType", "HTTP").upper() == "WEBSOCKET":
            api.properties.warning("WebSocket APIs are not emulated", "their routes are not served here")
        else:
            sources.append(_read_api(api, stack))
    return sources


def _read_api(api: StackResource, stack: CloudFormationStack) -> ApiSource:
    properties = api.properties
    if read_flag(properties.at("DisableExecuteApiEndpoint")):
        properties.at("DisableExecuteApiEndpoint").warning(
            "the deployed API is reached by its custom domain alone", "here it has the address that is printed"
        )
    routes = HttpRoutes(stack, api)
    content = _body(properties)
    content["info"] = _info(properties, content.get("info"), stack)
    paths = _paths(content.get("paths"))
    for path, method, operation in routes.operations():
        paths.setdefault(path, {})[method] = operation
    _add_throttles(paths, route_throttles(stack, api))
    content["paths"] = paths
    schemes = routes.schemes()
    if schemes:
        content["components"] = _with_schemes(content.get("components"), schemes)
    if properties.has("CorsConfiguration"):
        content[CORS] = _cors(properties.at("CorsConfiguration"))
    document = DocumentBuilder().document(content, properties)
    return ApiSource(api.logical_id, document, read_http_stage(stack, api))


def _body(properties: Cursor) -> dict[str, Any]:
    """Return the API's definition, empty for an API that is built of other resources."""
    body = properties.at("Body")
    if body.value is not None and body.is_a(dict, "an OpenAPI document, a map"):
        return dict(body.items())
    if properties.has("BodyS3Location"):
        properties.at("BodyS3Location").warning(
            "the API's definition is in S3, where it is not read", "its routes are not served here"
        )
    return {"openapi": "3.0.1"}


def _info(properties: Cursor, info: Cursor | None, stack: CloudFormationStack) -> dict[str, Any]:
    """Return the API's title and version: those of its definition, else the properties'."""
    given: dict[str, Any] = dict(info.items()) if info is not None else {}
    if not (info is not None and info.has("title")):
        given["title"] = properties.at("Name") if properties.has("Name") else stack.name
    if not (info is not None and info.has("version")):
        given["version"] = properties.at("Version") if properties.has("Version") else "1"
    return given


def _paths(paths: Cursor | None) -> dict[str, Any]:
    """Return the paths of a definition down to its operations, which stay cursors."""
    if paths is None or not paths.is_map():
        return {}
    # SAM writes the default route without the slash.
    named = (("/$default" if path == "$default" else path, item) for path, item in paths.items())
    return {path: dict(item.items()) if isinstance(item.value, dict) else item for path, item in named}


def _with_schemes(components: Cursor | None, schemes: dict[str, Any]) -> dict[str, Any]:
    own = dict(components.items()) if components is not None else {}
    known = own.get("securitySchemes")
    return {**own, "securitySchemes": {**(dict(known.items()) if known is not None else {}), **schemes}}


def _add_throttles(paths: dict[str, Any], throttles: dict[str, tuple[Throttle, Cursor]]) -> None:
    """Put the throttles of single routes beside their operations, as ``x-homeport``."""
    for route_key, (throttle, at) in throttles.items():
        path, method = path_and_method(route_key)
        item = paths.get(path)
        operation = item.get(method) if isinstance(item, dict) else None
        if not isinstance(item, dict) or operation is None:
            at.warning(f"there is no route {route_key!r}", "its throttle has no effect")
            continue
        content = dict(operation.items()) if isinstance(operation, Cursor) else dict(operation.content)
        content[X_HOMEPORT] = {"throttle": {"rate": throttle.rate, "burst": throttle.burst}}
        item[method] = Placed(content, operation if isinstance(operation, Cursor) else operation.at)


def _cors(configuration: Cursor) -> Placed:
    """Return a CorsConfiguration as ``x-amazon-apigateway-cors``."""
    content: dict[str, Any] = {
        f"{key[0].lower()}{key[1:]}": configuration.at(key) for key in _CORS_LISTS if configuration.has(key)
    }
    if configuration.has("MaxAge"):
        content["maxAge"] = Placed(read_number(configuration.at("MaxAge")), configuration.at("MaxAge"))
    if configuration.has("AllowCredentials"):
        at = configuration.at("AllowCredentials")
        content["allowCredentials"] = Placed(read_flag(at), at)
    return Placed(content, configuration)
