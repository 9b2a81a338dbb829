"""The REST APIs of a stack as OpenAPI documents, as API Gateway would export them.

An API has its document as ``Body``, or is built of resources (``rest_document.py``), or both. What AWS keeps beside the
document is the stage (``rest_stage.py``).
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-restapi.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from homeport.project.cloudformation.apis.api_source import ApiSource
from homeport.project.cloudformation.apis.rest_document import Content, RestParts
from homeport.project.cloudformation.apis.rest_stage import RouteThrottle, read_rest_stage
from homeport.project.cloudformation.apis.rest_values import number, plain
from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.model import ANY_METHOD
from homeport.project.openapi.dialects import in_openapi_3, with_known_models
from homeport.project.openapi.dialects.swagger2 import OPENAPI
from homeport.project.openapi.extensions import AUTHORIZER, INTEGRATION, METHODS, X_HOMEPORT
from homeport.project.openapi.gateway import API_KEY_SOURCE, BINARY_MEDIA_TYPES, MINIMUM_COMPRESSION_SIZE
from homeport.project.openapi.resource_policy import POLICY
from homeport.project.source.builder import DocumentBuilder, Placed
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document

REST_API = "AWS::ApiGateway::RestApi"
_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
_FUNCTION_URIS = (INTEGRATION, AUTHORIZER)


def rest_apis(stack: CloudFormationStack, diagnostics: Diagnostics) -> list[ApiSource]:
    """Return the REST APIs of a stack in the template's order."""
    apis = list(stack.of_type(REST_API))
    _report_strangers(stack, {api.physical_id for api in apis})
    return [_api_source(api, stack, diagnostics) for api in apis]


def _report_strangers(stack: CloudFormationStack, known: set[str]) -> None:
    """Name the methods that belong to an API of another stack."""
    for method in stack.of_type("AWS::ApiGateway::Method"):
        at = method.properties.at("RestApiId")
        if plain(at) not in known:
            at.warning(
                f"the method {method.logical_id} belongs to an API that is not in the template, and has no URL here"
            )


def _api_source(api: StackResource, stack: CloudFormationStack, diagnostics: Diagnostics) -> ApiSource:
    stage, throttles = read_rest_stage(api, stack)
    document = _document(api, stack, diagnostics)
    root = Cursor.root(document, diagnostics)
    if throttles or (stage.variables and "${stageVariables." in json.dumps(document.value, default=str)):
        deployed = _Deployed(root, throttles, stage.variables)
        document = DocumentBuilder().document(deployed.content(), root)
    return ApiSource(api.logical_id, document, stage)


def _document(api: StackResource, stack: CloudFormationStack, diagnostics: Diagnostics) -> Document:
    properties = api.properties
    base = _body(api, diagnostics)
    content: Content = {"openapi": OPENAPI, "info": {}, "paths": {}} if base is None else dict(base.items())
    content["info"] = _info(api, base)
    made = RestParts(api, stack).document()
    content = _merge(content, made)
    for key, name in (("BinaryMediaTypes", BINARY_MEDIA_TYPES), ("ApiKeySourceType", API_KEY_SOURCE)):
        if properties.has(key):
            content[name] = properties.at(key)
    if properties.has("Policy"):
        content[POLICY] = _policy(properties.at("Policy"))
    size = number(properties.at("MinimumCompressionSize"))
    if size is not None:
        content[MINIMUM_COMPRESSION_SIZE] = Placed(int(size), properties.at("MinimumCompressionSize"))
    content["paths"] = _one_item_a_resource(content.get("paths"), properties)
    built = DocumentBuilder().document(content, properties if base is None else base)
    return with_known_models(built, diagnostics)


def _body(api: StackResource, diagnostics: Diagnostics) -> Cursor | None:
    """Return the API's own document in OpenAPI 3.0, None if it has none."""
    at = api.properties.at("Body")
    if not at.is_map("an OpenAPI document, a map"):
        return None
    file = at.source.file
    document = in_openapi_3(Document(file, at.value, at.document.source_map), diagnostics)
    return _with_base_path(Cursor.root(document, diagnostics), at, api.properties.map("Parameters"))


def _with_base_path(root: Cursor, body: Cursor, parameters: Cursor) -> Cursor:
    """Return the document with the paths that an import makes of its base path, which it ignores by default.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-basePath.html
    """
    mode = plain(parameters.at("basepath") if parameters.has("basepath") else parameters.at("basePath")).lower()
    base = _base_path(body)
    if mode == "split":
        base = "/" + "/".join(base.strip("/").split("/")[1:])
    if mode not in ("prepend", "split") or base.strip("/") == "":
        return root
    paths = root.map("paths")
    moved = {f"/{base.strip('/')}{path}": item for path, item in paths.items()}
    document = DocumentBuilder().document({**dict(root.items()), "paths": Placed(moved, paths)}, root)
    return Cursor.root(document, root.diagnostics)


def _base_path(body: Cursor) -> str:
    if body.has("basePath"):
        return plain(body.at("basePath"))
    for server in body.at("servers").entries():
        default = server.map("variables").map("basePath").at("default")
        return urlsplit(plain(server.at("url")).replace("{basePath}", plain(default).strip("/"))).path
    return ""


def _info(api: StackResource, base: Cursor | None) -> Any:
    """Return the document's info; the API's name is the title where there is none."""
    name = api.properties.at("Name")
    title = Placed(plain(name) or api.logical_id, name if name.value is not None else api.properties)
    if base is None:
        return {"title": title, "version": "1.0"}
    info = base.map("info")
    return Placed({"title": title, "version": "1.0", **dict(info.items())}, info)


def _merge(base: Content, more: Content) -> Content:
    """Return two documents as one: maps that both have are merged."""
    merged = dict(base)
    for key, value in more.items():
        below, above = merged.get(key), value.content if isinstance(value, Placed) else value
        if isinstance(below, Cursor) and isinstance(below.value, dict) and isinstance(above, dict):
            merged[key] = Placed(_merge(dict(below.items()), above), below)
        else:
            merged[key] = value
    return merged


def _one_item_a_resource(paths: Any, properties: Cursor) -> Any:
    """Return the paths, those that differ by a slash at the end as one: they are one resource of a REST API."""
    found = _parts(paths)
    if not any(path != "/" and path.endswith("/") and path.rstrip("/") in found for path in found):
        return paths
    made: Content = {}
    for path, item in found.items():
        twin = path.rstrip("/") if path.rstrip("/") in found else path
        below = _parts(made[twin]) if twin in made else {}
        for method in below.keys() & _parts(item).keys():
            properties.warning(f"{method.upper()} of {twin} stands twice, with a slash at the end and without")
        made[twin] = Placed({**_parts(item), **below}, _place(item, properties)) if below else item
    return Placed(made, _place(paths, properties))


def _parts(item: Any) -> Content:
    match item:
        case Placed(content, _):
            return _parts(content)
        case Cursor():
            return dict(item.items())
        case dict():
            return item
    return {}


def _place(content: Any, otherwise: Cursor) -> Cursor:
    match content:
        case Placed(_, at):
            return at
        case Cursor():
            return content
    return otherwise


def _policy(at: Cursor) -> Any:
    """Return a resource policy, which may be written as JSON text."""
    if isinstance(at.value, str):
        try:
            return Placed(json.loads(at.value), at)
        except ValueError:
            at.error("the policy is not JSON", "write it as a map")
    return at


class _Deployed:
    """A document as it is in its stage: with the limits of its methods, and no stage variable in a function's URI."""

    def __init__(self, root: Cursor, throttles: Sequence[RouteThrottle], variables: Mapping[str, str]) -> None:
        self._root = root
        self._throttles = throttles
        self._variables = variables

    def content(self) -> Content:
        """Return the content for a ``DocumentBuilder``."""
        made: Content = dict(self._root.items())
        paths, components = self._root.map("paths"), self._root.map("components")
        made["paths"] = Placed({path: Placed(dict(self._item(path, it)), it) for path, it in paths.items()}, paths)
        schemes = components.map("securitySchemes")
        if schemes.value:
            named = {name: self._with_variables(scheme) for name, scheme in schemes.items()}
            made["components"] = Placed(
                {**dict(components.items()), "securitySchemes": Placed(named, schemes)}, components
            )
        return made

    def _item(self, path: str, item: Cursor) -> Iterator[tuple[str, Any]]:
        for key, child in item.items():
            if key not in METHODS and key != ANY_METHOD:
                yield key, child
                continue
            operation = self._with_variables(child)
            limit = self._limit(path, "ANY" if key == ANY_METHOD else key.upper())
            if limit is not None:
                throttle = Placed({"rate": limit.throttle.rate, "burst": limit.throttle.burst}, limit.at)
                operation.content[X_HOMEPORT] = {"throttle": throttle}
            yield key, operation

    def _limit(self, path: str, method: str) -> RouteThrottle | None:
        """Return the limit of a method: the one that names most of it."""
        fitting = [each for each in self._throttles if each.path in (path, "*") and each.method in (method, "*")]
        return max(fitting, key=lambda each: (each.path != "*", each.method != "*"), default=None)

    def _with_variables(self, cursor: Cursor) -> Placed:
        """Return an operation or a security scheme with stage variables worked out in the URI of its function."""
        made: Content = dict(cursor.items())
        for key in _FUNCTION_URIS:
            if isinstance(cursor.at(key).value, dict):
                made[key] = Placed(
                    {name: self._filled_in(child) for name, child in cursor.at(key).items()}, cursor.at(key)
                )
        return Placed(made, cursor)

    def _filled_in(self, cursor: Cursor) -> Any:
        if cursor.name not in ("uri", "authorizerUri") or not isinstance(cursor.value, str):
            return cursor
        filled = _VARIABLE.sub(lambda found: self._variables.get(found[1], found[0]), cursor.value)
        return Placed(filled, cursor)
