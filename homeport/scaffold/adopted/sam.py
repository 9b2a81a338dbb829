"""Read the API of a SAM template as an OpenAPI document: its definition, and the routes of functions' events.

Authorizers and settings of the API become extensions. Tables go to deploy/resources.yaml, with the resources that they
and the authorizers refer to. Other parts are noted, and a part that protects the API and is not known here is rejected.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError, ProjectError
from homeport.project.cloudformation.intrinsics import NO_VALUE, Evaluator, UnresolvedValueError
from homeport.project.features import unsupported_language
from homeport.project.lambda_settings import RUNTIMES
from homeport.project.model import ANY_METHOD
from homeport.project.names import camel_case, kebab_case
from homeport.project.openapi.extensions import INTEGRATION
from homeport.project.source.cursor import Cursor
from homeport.project.source.document import Document, Position, read_document
from homeport.project.source.yaml_text import long_form
from homeport.scaffold.adopted.adoption import (
    Adoption,
    Flavor,
    Json,
    check_structure,
    is_function,
    parts,
    references,
    route,
    security_schemes,
)
from homeport.scaffold.adopted.document import CORS, STRUCTURE
from homeport.scaffold.adopted.security import add_authorizers, event_security

_FUNCTION = "AWS::Serverless::Function"
_SIMPLE, _TABLE = "AWS::Serverless::SimpleTable", "AWS::DynamoDB::Table"
_APIS: dict[str, Flavor] = {"AWS::Serverless::Api": "rest", "AWS::Serverless::HttpApi": "http"}
_EVENTS: dict[str, Flavor] = {"Api": "rest", "HttpApi": "http"}
_IMPLICIT: dict[Flavor, str] = {"rest": "ServerlessRestApi", "http": "ServerlessHttpApi"}


def is_template(value: Any) -> bool:
    """Return whether a document is a SAM template."""
    resources = value.get("Resources") if isinstance(value, dict) else None
    return isinstance(resources, dict) and any(
        _type(found).startswith("AWS::Serverless::") for found in resources.values()
    )


def _type(resource: Any) -> str:
    return str(resource.get("Type", "no type")) if isinstance(resource, dict) else "no type"


_API = "Resources/*/Properties"
_MAPS = [
    *("Conditions", "Globals", "Globals/*", "Globals/*/Auth/Authorizers", "Globals/*/Auth/Authorizers/*", "Mappings"),
    *("Parameters", "Resources", "Resources/*", _API, f"{_API}/Events", f"{_API}/Events/*", f"{_API}/PrimaryKey"),
    *(
        f"{_API}/Events/*/Properties",
        f"{_API}/Auth/Authorizers",
        f"{_API}/Auth/Authorizers/*",
        f"{_API}/DefinitionBody/paths",
    ),
    *(f"{_API}/Auth/Authorizers/*/JwtConfiguration", "Globals/*/Auth/Authorizers/*/JwtConfiguration"),
]


class _Template:
    """A SAM template: resources with the Globals of their kind, and values as the parameters' defaults make them."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.resources: Json = {}
        root = Cursor.root(document)
        self._evaluator = Evaluator(_defaults(root.map("Parameters")), root.map("Conditions"), root.map("Mappings"))
        self._globals = root.map("Globals").value
        for name, found in document.value["Resources"].items():
            self.resources[name] = {**(found or {}), "Properties": self._properties(_type(found), found or {})}
        for kind, flavor in _APIS.items():
            self.resources.setdefault(_IMPLICIT[flavor], {"Type": kind, "Properties": self._properties(kind, {})})

    def _properties(self, kind: str, resource: Json) -> Json:
        general = self._globals.get(kind.rpartition("::")[2]) if kind.startswith("AWS::Serverless::") else None
        merged: Json = _merge(general or {}, resource.get("Properties") or {})
        return merged

    def at(self, name: str, *keys: str) -> Position:
        """Return the position of a property of a resource: its own, else that in Globals."""
        own, shared = ("Resources", name, "Properties", *keys), ("Globals", _type(self.resources[name])[17:], *keys)
        is_shared = self.document.find(own) is None and self.document.find(shared) is not None
        return self.document.at(*(shared if is_shared else own if keys else own[:2]))

    def value(self, value: Any) -> Any:
        """Return a value with its functions worked out, as far as the parameters' defaults allow."""
        try:
            found = self._evaluator.value(Cursor.root(Document("", value, {})))
        except UnresolvedValueError:
            if isinstance(value, dict):
                return {key: self.value(inner) for key, inner in value.items()}
            return [self.value(inner) for inner in value] if isinstance(value, list) else value
        return None if found is NO_VALUE else found


def _defaults(parameters: Cursor) -> Json:
    values: Json = {}
    for name, cursor in parameters.items():
        if cursor.has("Default"):
            text = str(cursor.value["Default"])
            is_list = "List" in str(cursor.value.get("Type"))
            values[name] = [part.strip() for part in text.split(",")] if is_list else text
    return values


def _merge(general: Any, own: Any) -> Any:
    """Merge Globals as SAM does: maps by their keys, lists one after the other, other values replaced."""
    if isinstance(general, dict) and isinstance(own, dict) and not is_function(general) and not is_function(own):
        return {**general, **{key: _merge(general[key], own[key]) if key in general else own[key] for key in own}}
    return [*general, *own] if isinstance(general, list) and isinstance(own, list) else own


@dataclass(frozen=True, slots=True)
class _ApiEvent:
    """A route of a function. ``method`` is OpenAPI's key, ``api`` the logical id of its API."""

    function: str
    event: str
    flavor: Flavor
    path: str
    method: str
    api: str
    settings: Json


def _routes(template: _Template) -> Iterator[_ApiEvent]:
    for name, function in template.resources.items():
        events = function["Properties"].get("Events") if _type(function) == _FUNCTION else None
        for event, found in events.items() if isinstance(events, dict) else ():
            flavor = _EVENTS.get(_type(found))
            if flavor is None:
                continue
            settings = found.get("Properties") or {}
            path = template.value(settings.get("Path", "$default"))
            method = template.value(settings.get("Method", "any"))
            if not isinstance(path, str) or not isinstance(method, str):
                at = template.at(name, "Events", event)
                raise ProjectError([at.error("the route is known to the stack only", "write it out")])
            path, method = "/$default" if path == "$default" else path, method.lower()
            key = ANY_METHOD if method in ("any", "*", ANY_METHOD) else method
            api = settings.get("RestApiId") or settings.get("ApiId") or {"Ref": _IMPLICIT[flavor]}
            api = api.get("Ref", "") if isinstance(api, dict) else api
            yield _ApiEvent(name, event, flavor, path, key, str(api), settings)


def adopt_template(document: Document, folder: Path, title: str) -> Adoption:
    """Return the template's API, not yet adopted itself. ``folder`` holds the template. Raises HomeportError."""
    check_structure(document, _MAPS)
    template = _Template(document)
    routes = [*_routes(template)]
    name = _chosen(template, routes)
    properties = template.resources[name]["Properties"]
    spec, original, at = _definition(template, folder, name, title)
    adoption = Adoption(spec, original, at, _APIS[_type(template.resources[name])])
    add_authorizers(adoption, properties.get("Auth"), partial(template.at, name, "Auth"))
    _add_settings(adoption, template, name)
    served = [found for found in routes if found.api == name]
    for found in served:
        _add_route(adoption, template, found, properties, alone=sum(f.function == found.function for f in served) == 1)
    _note_functions(adoption, template, routes, name)
    return adoption


def _chosen(template: _Template, routes: list[_ApiEvent]) -> str:
    """Return the logical id of the API to adopt: the template's own, else the one that SAM makes of events."""
    own = [name for name, found in template.document.value["Resources"].items() if _type(found) in _APIS]
    implicit = [found.api for found in routes if _type(template.resources.get(found.api)) in _APIS]
    if own or implicit:
        return (own or implicit)[0]
    if routes:
        found = routes[0]
        at = template.at(found.function, "Events", found.event)
        text = f"{route(found.path, found.method)} is of an API outside this template"
        raise ProjectError([at.error(text, "adopt the template of that API")])
    raise HomeportError(
        f"{template.document.file}: the template has no API", "adopt one with an AWS::Serverless::Api or HttpApi"
    )


def _definition(template: _Template, folder: Path, name: str, title: str) -> tuple[Json, Document, tuple[str, ...]]:
    """Return the OpenAPI document that the API has, and where it stands."""
    properties = template.resources[name]["Properties"]
    at = ("Resources", name, "Properties", "DefinitionBody")
    body, place = properties.get("DefinitionBody"), properties.get("DefinitionUri")
    if isinstance(body, dict) and "Fn::Transform" in body:
        place = ((body["Fn::Transform"] or {}).get("Parameters") or {}).get("Location")
    elif isinstance(body, dict):
        return copy.deepcopy(body), template.document, at
    if isinstance(place, str) and not place.startswith("s3:"):
        document, problems = read_document(folder, place, tags=long_form)
        if document is None:
            raise HomeportError("\n".join(map(str, problems)))
        check_structure(document, STRUCTURE)
        return copy.deepcopy(document.value), document, ()
    if place is not None:
        raise HomeportError(
            f"{template.document.file}: the definition of {name} is in S3", "download it, and name the file instead"
        )
    return {"openapi": "3.0.3", "info": {"title": title, "version": "1.0.0"}, "paths": {}}, template.document, at


_OF_ROUTES = {"ApiId", "Auth", "Method", "Path", "PayloadFormatVersion", "RestApiId", "TimeoutInMillis"}
_X_HOMEPORT = {"MemorySize": "memory", "Timeout": "timeout", "ReservedConcurrentExecutions": "reservedConcurrency"}


def _add_route(adoption: Adoption, template: _Template, found: _ApiEvent, api: Json, *, alone: bool) -> None:
    """Add the operation of an event; to one that the definition has, add its authorization."""
    at = template.at(found.function, "Events", found.event, "Properties")
    adoption.spec["paths"] = adoption.spec.get("paths") or {}
    item = adoption.spec["paths"].setdefault(found.path, {})
    operation = item.get(found.method)
    if ("paths", found.path, found.method) in adoption.origins:
        raise ProjectError([at.error(f"{route(found.path, found.method)} is there twice", "remove one of the events")])
    if operation is None:
        operation = item[found.method] = _operation(template, found, alone=alone)
        adoption.origins["paths", found.path, found.method] = at
        adoption.origins.setdefault(("paths", found.path), at)
    if "Auth" in found.settings:
        position = template.at(found.function, "Events", found.event, "Properties", "Auth")
        defined = operation.get("security") or adoption.spec.get("security")
        operation["security"] = event_security(adoption, position, found.settings["Auth"], api.get("Auth"), defined)
    for key in [key for key in found.settings if key not in _OF_ROUTES]:
        position = template.at(found.function, "Events", found.event, "Properties", key)
        adoption.note(position, f"{key} of {route(found.path, found.method)}")


def _operation(template: _Template, found: _ApiEvent, *, alone: bool) -> Json:
    """Return the operation of an event; ``alone`` if its function has no other."""
    properties = template.resources[found.function]["Properties"]
    short = re.sub(r"(Function|Lambda|Handler)$", "", found.function) or found.function
    operation: Json = {"operationId": camel_case(short)} if alone else {}
    given = {name: template.value(properties.get(key)) for key, name in _X_HOMEPORT.items()}
    x_homeport: Json = {} if alone else {"function": kebab_case(found.function)}
    x_homeport |= {name: int(value) for name, value in given.items() if str(value).isdecimal()}
    if x_homeport:
        operation["x-homeport"] = x_homeport
    variables = re.findall(r"\{([^{}+]+)\+?\}", found.path)
    if variables:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in variables
        ]
    operation["responses"] = {"200": {"description": "What came of it."}}
    integration: Json = {"type": "aws_proxy"}
    if found.flavor == "http":
        integration["payloadFormatVersion"] = str(found.settings.get("PayloadFormatVersion", "2.0"))
    timeout = template.value(found.settings.get("TimeoutInMillis"))
    return {**operation, INTEGRATION: {**integration, **({"timeoutInMillis": int(timeout)} if timeout else {})}}


_TAKEN = {"Auth", "BinaryMediaTypes", "Cors", "CorsConfiguration", "DefinitionBody", "DefinitionUri", "Name"}
_TAKEN |= {"ApiKeySourceType", "Description", "OpenApiVersion", "StageName"}
_IN_STAGES = ("AccessLogSetting", "AccessLogSettings", "DefaultRouteSettings", "Domain", "MethodSettings")
_PLACES = {
    **dict.fromkeys((*_IN_STAGES, "RouteSettings", "StageVariables", "Variables"), "see deploy/stages.yaml"),
    "GatewayResponses": "write x-amazon-apigateway-gateway-responses in openapi.yaml",
    "Models": "write components.schemas in openapi.yaml",
}


def _add_settings(adoption: Adoption, template: _Template, api: str) -> None:
    """Take CORS, media types and the keys' source. Note other properties, and refuse those that close the API."""
    spec, said = adoption.spec, template.resources[api]["Properties"]
    properties = {key: value if key == "Auth" else template.value(value) for key, value in said.items()}
    key_of_cors = "CorsConfiguration" if adoption.flavor == "http" else "Cors"
    if cors := _cors(properties.get(key_of_cors)):
        spec.setdefault(CORS, cors)
        adoption.origins[CORS,] = template.at(api, key_of_cors)
        if any("Fn::If" in part for part in parts(said[key_of_cors]) if isinstance(part, dict)):
            adoption.reject(template.at(api, key_of_cors), f"{key_of_cors} of {api} depends on a condition")
    binary = properties.get("BinaryMediaTypes")
    if isinstance(binary, list):
        types = [str(name).replace("~1", "/") for name in binary]
        spec.setdefault("x-amazon-apigateway-binary-media-types", types)
    if "ApiKeySourceType" in properties:
        spec.setdefault("x-amazon-apigateway-api-key-source", properties["ApiKeySourceType"])
    if isinstance(properties.get("Description"), str):
        spec.setdefault("info", {}).setdefault("description", properties["Description"])
    for key, value in properties.items():
        at = template.at(api, key)
        if _closes_api(key, value):
            adoption.reject(at, f"{key} of {api} has no counterpart")
        elif key not in _TAKEN:
            adoption.note(at, f"{key} of {api}" + (f": {_PLACES[key]}" if key in _PLACES else ""))


_PUBLIC = ("EDGE", "REGIONAL")


def _closes_api(key: str, value: Any) -> bool:
    """Return whether a property restricts who reaches the API, beside ``Auth``."""
    if key == "EndpointConfiguration":
        said = value if isinstance(value, dict) else {"Type": value}
        return not said.keys() <= {"IPAddressType", "Type"} or str(said.get("Type", "EDGE")).upper() not in _PUBLIC
    if key == "Domain":
        return not isinstance(value, dict) or bool(
            {"AccessAssociation", "MutualTlsAuthentication", "Policy"} & value.keys()
        )
    return key == "Policy" or (key == "DisableExecuteApiEndpoint" and str(value).lower() != "false")


def _cors(said: Any) -> Json:
    if said is True:
        said = {"AllowOrigin": "*"}
    if not isinstance(said, dict | None):
        said = {"AllowOrigin": said}
    given = {"AllowOrigins" if key == "AllowOrigin" else key: value for key, value in (said or {}).items()}
    made = {f"{key[:1].lower()}{key[1:]}": _cors_value(key, value) for key, value in given.items()}
    return {"allowMethods": ["*"], **made} if made else {}


def _cors_value(key: str, value: Any) -> Any:
    if key == "AllowCredentials":
        return value is True or str(value).lower() == "true"
    if key == "MaxAge":
        text = str(value).strip("'")
        return int(text) if text.isdecimal() else value
    return [str(text).strip() for text in (value if isinstance(value, list) else str(value).strip("'").split(","))]


_MOVED = ("CodeUri", "InlineCode", "ImageUri", "Layers", "Policies", "Role", "Environment", "VpcConfig")
_KNOWN = {*_X_HOMEPORT, "Architectures", "Description", "Events", "Handler", "PackageType", "Runtime"}


def _note_functions(adoption: Adoption, template: _Template, routes: list[_ApiEvent], api: str) -> None:
    """Note settings and events of the API's functions, and the routes of other APIs."""
    adoption.routed = {api, *(found.function for found in routes if found.api == api)}
    for name, found in template.resources.items():
        properties = found.get("Properties", {}) if name in adoption.routed - {api} else {}
        for key in [key for key in properties if key not in _KNOWN]:
            moved = ": a new handler answers in its place" if key in _MOVED else ""
            adoption.note(template.at(name, key), f"{key} of {name}{moved}")
        _take_platform(adoption, template, name, properties)
        for event, said in properties.get("Events", {}).items():
            if _type(said) not in _EVENTS:
                adoption.note(template.at(name, "Events", event), f"the event {event} ({_type(said)}) of {name}")
    for found in routes:
        if found.api != api:
            text = f"{route(found.path, found.method)} of the API {found.api or 'of another stack'}: {api} is adopted"
            adoption.note(template.at(found.function, "Events", found.event), text)


def _take_platform(adoption: Adoption, template: _Template, name: str, properties: Json) -> None:
    """Take the runtime and the architecture of the first function, and note others."""
    for key, setting in (("Runtime", "runtime"), ("Architectures", "architecture")):
        given = template.value(properties.get(key))
        value = given[0] if isinstance(given, list) and given else given
        if key == "Runtime" and value is not None and value not in RUNTIMES:
            reason = unsupported_language(str(value)) or f"{value} is not supported"
            adoption.note(template.at(name, key), f"Runtime of {name}: {reason}; a Python handler answers in its place")
        elif value is not None and adoption.settings.setdefault(setting, str(value)) != value:
            text = f"{key} {value} of {name}: all functions have {adoption.settings[setting]} here"
            adoption.note(template.at(name, key), text)


_SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources")


def take_resources(adoption: Adoption, template: Document) -> None:
    """Take the tables, and what they and the authorizers refer to. Note the other resources."""
    resources: Json = template.value["Resources"]
    shared = (template.value.get("Globals") or {}).get("SimpleTable") or {}
    tables = {name: _table(found, shared) for name, found in resources.items() if _type(found) in (_TABLE, _SIMPLE)}
    taken: Json = {section: {} for section in _SECTIONS} | {"Resources": tables}
    waiting: list[Any] = [dict(tables), security_schemes(adoption.spec)]
    while waiting:
        for name in references(waiting.pop()):
            section = next((part for part in _SECTIONS if name in (template.value.get(part) or {})), None)
            if section is None or name in taken[section]:
                continue
            found = template.value[section][name]
            if section == "Resources" and _type(found).startswith("AWS::Serverless::"):
                at = template.at(section, name)
                adoption.reject(at, f"an authorizer or a table refers to {name} ({_type(found)})")
            taken[section][name] = copy.deepcopy(found)
            adoption.origins["deploy/resources.yaml", section, name] = template.at(section, name)
            waiting.append(found)
    for name in [name for name in resources if name not in {*taken["Resources"], *adoption.routed}]:
        said = f"{name} ({_type(resources[name])})"
        if _type(resources[name]).endswith("::WebACLAssociation") and adoption.routed & {*references(resources[name])}:
            adoption.reject(template.at("Resources", name), f"{said}: firewalls are not deployed by the kit")
        else:
            adoption.note(template.at("Resources", name), said)
    for name in tables:
        adoption.origins["deploy/resources.yaml", "Resources", name] = template.at("Resources", name)
        at = template.at("Resources", name, "Properties", "TableName")
        if template.find(at.path) is not None:
            adoption.note(at, f"TableName of {name}: stages would collide")
    adoption.resources = {section: names for section, names in taken.items() if names or section == "Resources"}


def _table(resource: Json, shared: Json) -> Json:
    """Return a table without its name; a simple one is written out, with the properties ``shared`` by all of them."""
    own = _merge(shared if _type(resource) == _SIMPLE else {}, resource.get("Properties") or {})
    properties = {key: value for key, value in own.items() if key != "TableName"}
    if _type(resource) == _SIMPLE:
        key = properties.pop("PrimaryKey", None) or {"Name": "id", "Type": "String"}
        properties = {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": key.get("Name"), "AttributeType": str(key.get("Type"))[0]}],
            "KeySchema": [{"AttributeName": key.get("Name"), "KeyType": "HASH"}],
            **{name: value for name, value in properties.items() if name in ("SSESpecification", "Tags")},
        }
    return {**copy.deepcopy(resource), "Type": _TABLE, "Properties": copy.deepcopy(properties)}
