"""Make the kit's openapi.yaml of an OpenAPI document: remove the parts that the kit makes, add those that it needs.

OPTIONS mocks of a REST API become ``x-amazon-apigateway-cors`` (``preflight.py``), integrations with Lambda functions
are removed, and others stay (``integrations.py``).
"""

from __future__ import annotations

import re
from typing import Any

from homeport.project.names import camel_case, snake_case
from homeport.project.openapi.extensions import AUTHORIZER, EXTENSIONS, INTEGRATION
from homeport.scaffold.adopted.adoption import Adoption, Flavor, Json, operations, route, security_schemes
from homeport.scaffold.adopted.integrations import SHARED, take_integrations
from homeport.scaffold.adopted.preflight import take_preflight
from homeport.scaffold.adopted.resource_policy import localize_policy
from homeport.scaffold.adopted.security import map_security
from homeport.scaffold.operation_entry import RANGES

STRUCTURE = (
    *("components", "components/parameters", "components/securitySchemes", f"components/{SHARED}"),
    *(
        f"components/{SHARED}/*",
        f"components/securitySchemes/*/{AUTHORIZER}",
        "info",
        "paths",
        "security[]",
        "servers[]",
    ),
    *(f"paths/*/*/{INTEGRATION}", f"paths/*/*/{INTEGRATION}/responses", f"paths/*/*/{INTEGRATION}/responses/*"),
    *(f"paths/*/*/{INTEGRATION}/responses/*/responseParameters", "paths/*/*/security[]"),
)
"""The parts of a document that an adoption looks into, as ``check_structure`` takes them."""

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_REST_WORDS = (
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-request-validators",
    "x-amazon-apigateway-binary-media-types",
    "x-amazon-apigateway-api-key-source",
    "x-amazon-apigateway-policy",
)
_ENDPOINT = "x-amazon-apigateway-endpoint-configuration"
_MADE = ("x-amazon-apigateway-importexport-version", "x-amazon-apigateway-documentation")
_OWN_MODELS: dict[str, Json] = {
    "Empty": {"title": "Empty Schema", "type": "object"},
    "Error": {"title": "Error Schema", "type": "object", "properties": {"message": {"type": "string"}}},
}
_AWS = re.compile(r"execute-api|amazonaws\.com|\{basePath\}")
_PARTLY = re.compile(r"[^{}]\{|\}[^{}]")
_ERRORS = re.compile(r"default|[45](XX|[0-9][0-9])")


def flavor_of(spec: Json) -> Flavor:
    """Return the flavor by what only one of them has. A document without integrations is an HTTP API.

    An HTTP API imports no integration without ``payloadFormatVersion``.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    schemes = security_schemes(spec).values()
    kinds = {str(scheme[AUTHORIZER].get("type", "")).lower() for scheme in schemes if scheme.get(AUTHORIZER)}
    integrations = [operation[INTEGRATION] or {} for _, _, operation in operations(spec) if INTEGRATION in operation]
    if _MADE[0] in spec or "jwt" in kinds or any("payloadFormatVersion" in found for found in integrations):
        return "http"
    rest = any(word in spec for word in _REST_WORDS) or kinds & {"cognito_user_pools", "token"}
    keys = any(str(scheme.get("name")).lower() == "x-api-key" for scheme in schemes)
    written = any({"passthroughBehavior", "uri"} & found.keys() for found in integrations)
    return "rest" if rest or keys or written else "http"


def adopt_document(adoption: Adoption) -> None:
    """Change the spec in place. Note the parts that could not be mapped."""
    _take_impossible_paths(adoption)
    take_preflight(adoption)
    take_integrations(adoption)
    _remove_rejected(adoption)
    for key in _MADE:
        adoption.spec.pop(key, None)
    map_security(adoption)
    localize_policy(adoption)
    _name_variables(adoption.spec)
    _name_operations(adoption)
    _document_answers(adoption)
    _mend_servers(adoption)
    _note_bodies(adoption)
    if adoption.flavor == "rest":
        _add_own_models(adoption.spec)


def _take_impossible_paths(adoption: Adoption) -> None:
    """Remove paths with variables inside a segment, which API Gateway does not have.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
    """
    paths = adoption.spec["paths"] = adoption.spec.get("paths") or {}
    for path in [path for path in paths if any(_PARTLY.search(segment) for segment in str(path).split("/"))]:
        adoption.note(
            adoption.origin("paths", path), f"{path}: API Gateway's variables are whole segments; it is left out"
        )
        del paths[path]


def _add_own_models(spec: Json) -> None:
    """Add the models that each REST API has by itself, if a reference needs them.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
    """
    for name, model in _OWN_MODELS.items():
        if f"'#/components/schemas/{name}'" in repr(spec):
            spec.setdefault("components", {}).setdefault("schemas", {}).setdefault(name, model)


def _note_bodies(adoption: Adoption) -> None:
    """Note bodies of other types than JSON, which generated handlers do not check."""
    for path, method, operation in operations(adoption.spec):
        body = operation.get("requestBody")
        content = body.get("content") if isinstance(body, dict) else None
        types = list(content) if isinstance(content, dict) else []
        others = [name for name in types if "json" not in name and name != "*/*"]
        if others:
            what = "are not checked by its handler" if others == types else "are read as JSON by its handler"
            at = adoption.origin("paths", path, method, "requestBody")
            adoption.note(at, f"{route(path, method)}: bodies of {', '.join(others)} {what}")


def _remove_rejected(adoption: Adoption) -> None:
    """Remove extensions that the kit rejects, and refuse those that restrict who reaches the API."""
    places: list[tuple[tuple[str, ...], Any]] = [((), adoption.spec)]
    places += [(("servers", str(i)), server) for i, server in enumerate(adoption.spec.get("servers") or ())]
    for at, owner in places:
        for key, extension in EXTENSIONS.items():
            if extension.unsupported and isinstance(owner, dict) and key in owner:
                position, value = adoption.origin(*at, key), owner.pop(key)
                if key == _ENDPOINT and _is_closed(value):
                    adoption.reject(position, f"{key}: {extension.unsupported}")
                else:
                    adoption.note(position, f"{key}: {extension.unsupported}")


def _is_closed(endpoint: Any) -> bool:
    """Return whether an endpoint is private or switched off. Values that only AWS works out may be."""
    if not isinstance(endpoint, dict) or not endpoint.keys() <= {
        "disableExecuteApiEndpoint",
        "types",
        "vpcEndpointIds",
    }:
        return True
    types = endpoint.get("types", [])
    is_public = isinstance(types, list) and {str(kind).upper() for kind in types} <= {"EDGE", "REGIONAL"}
    return endpoint.get("disableExecuteApiEndpoint", False) is not False or not is_public


def _name_variables(spec: Json) -> None:
    """Rename greedy variables from ``proxy+``, as an HTTP API's export has them, to ``proxy``, as events have them."""
    shared = (spec.get("components") or {}).get("parameters") or {}
    lists = [operation.get("parameters") for _, _, operation in operations(spec)]
    lists += [item.get("parameters") for item in spec["paths"].values() if isinstance(item, dict)]
    listed = [found for given in lists if isinstance(given, list) for found in given]
    for parameter in [*shared.values(), *listed]:
        if isinstance(parameter, dict) and parameter.get("in") == "path":
            parameter["name"] = str(parameter.get("name")).removesuffix("+")


def _name_operations(adoption: Adoption) -> None:
    taken: set[str] = set()
    for path, method, operation in operations(adoption.spec):
        given = operation.get("operationId")
        name = given if isinstance(given, str) and _ID.fullmatch(given) else None
        if name is None or snake_case(name) in taken:
            made = name or camel_case(str(given)) if given else camel_case(route(path, method).replace("$", ""))
            name = _free(made if _ID.fullmatch(made) else camel_case(f"operation {made}"), taken)
            _put_first(operation, "operationId", name)
        if given is not None and name != given:
            adoption.note(adoption.origin("paths", path, method), f"the operationId {given!r}, which is {name} now")
        taken.add(snake_case(name))


def _free(name: str, taken: set[str]) -> str:
    found, number = name, 2
    while snake_case(found) in taken:
        found, number = f"{name}{number}", number + 1
    return found


def _put_first(operation: Json, key: str, value: Any) -> None:
    operation.pop(key, None)
    insert = getattr(operation, "insert", None)
    if insert is not None:
        insert(0, key, value)
        return
    rest = dict(operation)
    operation.clear()
    operation.update({key: value, **rest})


def _document_answers(adoption: Adoption) -> None:
    """Add a response for success and the ranges of errors to every operation."""
    for _, _, operation in operations(adoption.spec):
        responses = operation.get("responses")
        if not isinstance(responses, dict):
            responses = operation["responses"] = {}
        if all(_ERRORS.fullmatch(str(status)) for status in responses) and "default" not in responses:
            responses["200"] = {"description": "What came of it."}
        for status, response in RANGES.items():
            responses.setdefault(status, {**response})


def _mend_servers(adoption: Adoption) -> None:
    servers = adoption.spec.get("servers")
    if isinstance(servers, list):
        urls = [(server, str(server.get("url"))) for server in servers if isinstance(server, dict)]
        kept = [server for server, url in urls if url != adoption.base_url and not _AWS.search(url)]
        adoption.spec["servers"] = [{"url": adoption.base_url, "description": "make dev"}, *kept]
