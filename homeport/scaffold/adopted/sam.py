"""Read the API of a SAM template as an OpenAPI document: its definition, and the routes of functions' events.

Authorizers and settings of the API become extensions, tables go to deploy/resources.yaml, other parts are noted.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError
from homeport.project.model import ANY_METHOD
from homeport.project.names import camel_case, kebab_case, snake_case
from homeport.project.openapi.security import AUTHORIZER
from homeport.project.source.document import Document, read_document
from homeport.project.source.yaml_text import long_form
from homeport.scaffold.adopted.adoption import Adoption, Flavor, Json
from homeport.scaffold.adopted.document import CORS

_API_KEY = "apiKey"
_IAM = "AWS_IAM"


def add_authorizers(notes: Adoption, api: str, properties: Json, flavor: Flavor) -> None:
    """Write ``Auth`` into components and, for a DefaultAuthorizer, into ``security``."""
    auth = properties.get("Auth")
    if not isinstance(auth, dict):
        return
    schemes = notes.spec.setdefault("components", {}).setdefault("securitySchemes", {})
    authorizers = auth.get("Authorizers")
    for name, said in authorizers.items() if isinstance(authorizers, dict) else ():
        schemes.setdefault(name, _scheme(name, said if isinstance(said, dict) else {}, flavor))
    default = auth.get("DefaultAuthorizer")
    if auth.get("ApiKeyRequired") is True:
        schemes.setdefault(_API_KEY, {"type": "apiKey", "in": "header", "name": "x-api-key"})
    if default == _IAM or auth.get("EnableIamAuthorizer") is True:
        schemes.setdefault(_IAM, {"type": "apiKey", "in": "header", "name": "Authorization"})
    entry: Json = {
        name: [] for name in ([default] if default else []) + ([_API_KEY] if auth.get("ApiKeyRequired") else [])
    }
    if entry and "security" not in notes.spec:
        notes.spec["security"] = [entry]
    at = ("Resources", api, "Properties", "Auth")
    for key in sorted(
        auth.keys() & {"ResourcePolicy", "UsagePlan", "InvokeRole", "AddDefaultAuthorizerToCorsPreflight"}
    ):
        notes.note_original((*at, key), f"Auth.{key} of {api}")


def requirement_of(settings: Json, api: Json) -> list[Json] | None:
    """Return the security requirement of an event, None to inherit the API's default."""
    auth = settings.get("Auth")
    if not isinstance(auth, dict):
        return None
    general = api.get("Auth") if isinstance(api.get("Auth"), dict) else {}
    name = auth.get("Authorizer", (general or {}).get("DefaultAuthorizer"))
    entry: Json = {} if name in (None, "NONE") else {str(name): list(auth.get("AuthorizationScopes") or ())}
    if auth.get("ApiKeyRequired") is True:
        entry[_API_KEY] = []
    return [entry] if entry else []


def _scheme(name: str, said: Json, flavor: Flavor) -> Json:
    header = ((said.get("Identity") or {}).get("Header")) or "Authorization"
    scheme: Json = {"type": "apiKey", "in": "header", "name": header}
    prefix = "$" if flavor == "http" else "method."
    source = said.get("IdentitySource") or f"{prefix}request.header.{header}"
    if "JwtConfiguration" in said:
        configuration: dict[str, Any] = {key.lower(): value for key, value in said["JwtConfiguration"].items()}
        return {**scheme, AUTHORIZER: {"type": "jwt", "identitySource": source, "jwtConfiguration": configuration}}
    if "UserPoolArn" in said:
        arns = said["UserPoolArn"]
        pools = arns if isinstance(arns, list) else [arns]
        return {**scheme, AUTHORIZER: {"type": "cognito_user_pools", "providerARNs": pools}}
    module = snake_case(name)
    kind = "token" if flavor == "rest" and said.get("FunctionPayloadType", "TOKEN") == "TOKEN" else "request"
    made: Json = {"type": kind, "identitySource": source, "x-homeport": {"handler": module}}
    if flavor == "http":
        made["authorizerPayloadFormatVersion"] = str(said.get("AuthorizerPayloadFormatVersion", "2.0"))
        made["enableSimpleResponses"] = said.get("EnableSimpleResponses") is True
    return {**scheme, AUTHORIZER: made}


KINDS: dict[str, Flavor] = {"Api": "rest", "HttpApi": "http"}
_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")


@dataclass(frozen=True, slots=True)
class ApiEvent:
    """A route of a function. ``method`` is OpenAPI's key; ``api`` is empty for the API that SAM makes implicitly."""

    function: str
    flavor: Flavor
    path: str
    method: str
    api: str
    settings: Json
    properties: Json


def events_of(name: str, function: Json) -> Iterator[ApiEvent]:
    """Yield the routes of a function of the template."""
    properties = function.get("Properties") or {}
    events = properties.get("Events")
    for event in events.values() if isinstance(events, dict) else ():
        flavor = KINDS.get(str(event.get("Type"))) if isinstance(event, dict) else None
        if flavor is None:
            continue
        settings = event.get("Properties") or {}
        path = str(settings.get("Path") or "$default")
        path = f"/{path}" if path == "$default" else path
        method = str(settings.get("Method") or "any").lower()
        key = ANY_METHOD if method in ("any", "*", "x-amazon-apigateway-any-method") else method
        yield ApiEvent(name, flavor, path, key, _api(settings), settings, properties)


def operation_of(event: ApiEvent, *, alone: bool) -> Json:
    """Return the operation of an event; ``alone`` if its function has no other."""
    operation: Json = {}
    if alone:
        operation["operationId"] = camel_case(
            re.sub(r"(Function|Lambda|Handler)$", "", event.function) or event.function
        )
    x_homeport: Json = {} if alone else {"function": kebab_case(event.function)}
    for key, x_homeport_key in (("MemorySize", "memory"), ("Timeout", "timeout")):
        if isinstance(event.properties.get(key), int):
            x_homeport[x_homeport_key] = event.properties[key]
    if x_homeport:
        operation["x-homeport"] = x_homeport
    variables = _VARIABLE.findall(event.path)
    if variables:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in variables
        ]
    operation["responses"] = {"200": {"description": "What came of it."}}
    return operation


def _api(settings: Json) -> str:
    found: Any = settings.get("RestApiId") or settings.get("ApiId") or ""
    return str(found.get("Ref", "elsewhere")) if isinstance(found, dict) else str(found)


_BINARY = "x-amazon-apigateway-binary-media-types"
_KEYS = {
    "AllowOrigins": "allowOrigins",
    "AllowOrigin": "allowOrigins",
    "AllowMethods": "allowMethods",
    "AllowHeaders": "allowHeaders",
    "ExposeHeaders": "exposeHeaders",
    "MaxAge": "maxAge",
    "AllowCredentials": "allowCredentials",
}
_TAKEN = frozenset(
    (
        "Auth",
        "BinaryMediaTypes",
        "Cors",
        "CorsConfiguration",
        "DefinitionBody",
        "DefinitionUri",
        "Name",
        "OpenApiVersion",
        "StageName",
    )
)


def add_settings(notes: Adoption, api: str, properties: Json, flavor: Flavor) -> None:
    """CORS and binary media types; every other property is noted."""
    cors = _cors(properties.get("CorsConfiguration" if flavor == "http" else "Cors"))
    if cors:
        notes.spec.setdefault(CORS, cors)
    binary = properties.get("BinaryMediaTypes")
    if isinstance(binary, list):
        notes.spec.setdefault(_BINARY, [str(name).replace("~1", "/") for name in binary])
    for key in properties:
        if key not in _TAKEN:
            notes.note_original(("Resources", api, "Properties", key), f"{key} of {api}: see deploy/stages.yaml")


def _cors(said: Any) -> Json:
    if said is True:
        said = {"AllowOrigins": ["*"]}
    if isinstance(said, str):
        said = {"AllowOrigin": said}
    made = {_KEYS[key]: _value(_KEYS[key], value) for key, value in said.items() if key in _KEYS} if said else {}
    return {"allowMethods": ["*"], **made} if made else {}


def _value(key: str, value: Any) -> Any:
    if key == "allowCredentials":
        return value is True or str(value).lower() == "true"
    if key == "maxAge":
        return int(str(value).strip("'"))
    texts = value if isinstance(value, list) else str(value).strip("'").split(",")
    return [str(text).strip() for text in texts]


_TABLE = "AWS::DynamoDB::Table"
_SIMPLE = "AWS::Serverless::SimpleTable"
_KINDS = {"String": "S", "Number": "N", "Binary": "B"}


def take_tables(notes: Adoption, template: Json) -> Json:
    """A fragment with the template's tables, and the parameters and conditions that these refer to."""
    tables: Json = {}
    for name, resource in template["Resources"].items():
        kind = resource.get("Type") if isinstance(resource, dict) else None
        if kind in (_TABLE, _SIMPLE):
            made = copy.deepcopy(resource)
            properties = made.setdefault("Properties", {}) or {}
            if "TableName" in properties:
                del properties["TableName"]
                notes.note_original(
                    ("Resources", name, "Properties", "TableName"), f"TableName of {name}: stages would collide"
                )
            tables[name] = _plain(made, properties) if kind == _SIMPLE else made
    text = json.dumps(tables)
    shared = {
        part: {name: copy.deepcopy(said) for name, said in (template.get(part) or {}).items() if f'"{name}"' in text}
        for part in ("Parameters", "Conditions")
    }
    return {**{part: said for part, said in shared.items() if said}, "Resources": tables}


def _plain(resource: Json, properties: Json) -> Json:
    key = properties.get("PrimaryKey") or {"Name": "id", "Type": "String"}
    made: Json = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key["Name"], "AttributeType": _KINDS.get(str(key["Type"]), "S")}],
        "KeySchema": [{"AttributeName": key["Name"], "KeyType": "HASH"}],
    }
    kept = {name: value for name, value in properties.items() if name in ("SSESpecification", "Tags")}
    return {**resource, "Type": _TABLE, "Properties": {**made, **kept}}


_APIS: dict[str, Flavor] = {"AWS::Serverless::Api": "rest", "AWS::Serverless::HttpApi": "http"}
_IMPLICIT = {"rest": "ServerlessRestApi", "http": "ServerlessHttpApi"}
_FUNCTION = "AWS::Serverless::Function"
_TABLES = ("AWS::DynamoDB::Table", "AWS::Serverless::SimpleTable")
_MOVED = ("CodeUri", "InlineCode", "ImageUri", "Layers", "Policies", "Role", "Environment", "VpcConfig")


def is_template(value: Any) -> bool:
    """Return whether a document is a SAM template."""
    resources = value.get("Resources") if isinstance(value, dict) else None
    if not isinstance(resources, dict):
        return False
    return any(
        isinstance(r, dict) and str(r.get("Type", "")).startswith("AWS::Serverless::") for r in resources.values()
    )


def adopt_template(template: Document, folder: Path, title: str) -> Adoption:
    """The template's API, not yet adopted itself. ``folder`` holds the template. Raises HomeportError without one."""
    resources = _with_globals(template.value)
    events = [event for name, found in _of_type(resources, _FUNCTION) for event in events_of(name, found)]
    name, flavor = _chosen(template, resources, events)
    properties = (resources.get(name) or {}).get("Properties") or {}
    spec, original, at = _definition(template, folder, name, properties, title)
    adoption = Adoption(spec, original, at, flavor)
    notes = Adoption(spec, template)
    add_authorizers(notes, name, properties, flavor)
    add_settings(notes, name, properties, flavor)
    mine = [event for event in events if event.api in ("", name) and event.flavor == flavor]
    _add_events(notes, mine, properties)
    _note_rest(notes, resources, name, {event.function for event in mine})
    adoption.resources = take_tables(notes, template.value)
    adoption.unmapped = notes.unmapped
    return adoption


def _with_globals(template: Json) -> Json:
    """The resources, each with what Globals say of its kind."""
    shared = template.get("Globals") or {}
    kinds = {_FUNCTION: "Function", "AWS::Serverless::Api": "Api", "AWS::Serverless::HttpApi": "HttpApi"}
    made = copy.deepcopy(template["Resources"])
    for resource in made.values():
        general = shared.get(kinds.get(str(resource.get("Type")), "")) if isinstance(resource, dict) else None
        if isinstance(general, dict):
            resource["Properties"] = {**copy.deepcopy(general), **(resource.get("Properties") or {})}
    return dict(made)


def _of_type(resources: Json, kind: str) -> Iterator[tuple[str, Json]]:
    for name, resource in resources.items():
        if isinstance(resource, dict) and resource.get("Type") == kind:
            yield name, resource


def _chosen(template: Document, resources: Json, events: list[ApiEvent]) -> tuple[str, Flavor]:
    """The API to adopt: the template's own, else the one that SAM makes of events."""
    for kind, flavor in _APIS.items():
        for name, _ in _of_type(resources, kind):
            return name, flavor
    if not events:
        raise HomeportError(
            f"{template.file}: the template has no API", "adopt one with an AWS::Serverless::Api or HttpApi"
        )
    return _IMPLICIT[events[0].flavor], events[0].flavor


def _definition(
    template: Document, folder: Path, name: str, properties: Json, title: str
) -> tuple[Json, Document, tuple[str, ...]]:
    """The OpenAPI document that the API has, and where it stands."""
    at = ("Resources", name, "Properties", "DefinitionBody")
    body = properties.get("DefinitionBody")
    place = properties.get("DefinitionUri")
    if isinstance(body, dict) and "Fn::Transform" in body:
        place = ((body["Fn::Transform"] or {}).get("Parameters") or {}).get("Location")
    elif isinstance(body, dict):
        return copy.deepcopy(body), template, at
    if isinstance(place, str) and not place.startswith("s3:"):
        document, problems = read_document(folder, place, tags=long_form)
        if document is None:
            raise HomeportError("\n".join(map(str, problems)))
        return copy.deepcopy(document.value), document, ()
    if place is not None:
        raise HomeportError(
            f"{template.file}: the definition of {name} is in S3", "download it, and name the file instead"
        )
    return {"openapi": "3.0.3", "info": {"title": title, "version": "1.0.0"}, "paths": {}}, template, at


def _add_events(notes: Adoption, events: list[ApiEvent], properties: Json) -> None:
    paths = notes.spec.setdefault("paths", {})
    counts = [event.function for event in events]
    for event in events:
        item = paths.setdefault(event.path, {})
        if event.method in item or ANY_METHOD in item:
            continue
        operation = operation_of(event, alone=counts.count(event.function) == 1)
        security = requirement_of(event.settings, properties)
        if security is not None:
            operation["security"] = security
        item[event.method] = operation


def _note_rest(notes: Adoption, resources: Json, api: str, functions: set[str]) -> None:
    for name, resource in resources.items():
        kind = str(resource.get("Type")) if isinstance(resource, dict) else "no type"
        at = ("Resources", name)
        if name in functions:
            for key in _MOVED:
                if key in (resource.get("Properties") or {}):
                    notes.note_original(
                        (*at, "Properties", key), f"{key} of {name}: a new handler answers in its place"
                    )
            _note_events(notes, name, (resource.get("Properties") or {}).get("Events"))
        elif name != api and kind not in _TABLES:
            notes.note_original(at, f"{name} ({kind})")


def _note_events(notes: Adoption, function: str, events: Any) -> None:
    for name, event in events.items() if isinstance(events, dict) else ():
        kind = str(event.get("Type")) if isinstance(event, dict) else "no type"
        if kind not in KINDS:
            at = ("Resources", function, "Properties", "Events", name)
            notes.note_original(at, f"the event {name} ({kind}) of {function}")
