"""An OpenAPI document of any origin as the kit's openapi.yaml: what the kit makes goes, what it needs comes."""

from __future__ import annotations

import re
from typing import Any

from homeport.scaffold.adopted.cors import take_preflight
from homeport.scaffold.adopted.integrations import take_integrations
from homeport.scaffold.adopted.notes import Adoption, Flavor, Json, operations, route
from homeport.scaffold.adopted.security import map_security
from homeport.scaffold.entry import RANGES
from homeport.spec.extensions import EXTENSIONS
from homeport.spec.names import camel_case, snake_case
from homeport.spec.read_authorizers import AUTHORIZER

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_REST_WORDS = (
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-request-validators",
    "x-amazon-apigateway-binary-media-types",
    "x-amazon-apigateway-api-key-source",
    "x-amazon-apigateway-policy",
)
_MADE = ("x-amazon-apigateway-importexport-version", "x-amazon-apigateway-documentation")
_AWS = re.compile(r"execute-api|amazonaws\.com|\{basePath\}")
_PARTLY = re.compile(r"[^{}]\{|\}[^{}]")
_ERRORS = re.compile(r"default|[45](XX|[0-9][0-9])")


def flavor_of(spec: Json) -> Flavor:
    """HTTP API or REST API, by what only one of them says; HTTP where nothing tells."""
    schemes = ((spec.get("components") or {}).get("securitySchemes") or {}).values()
    kinds = {str(s[AUTHORIZER].get("type", "")).lower() for s in schemes if isinstance(s, dict) and AUTHORIZER in s}
    integrations = [op.get("x-amazon-apigateway-integration") or {} for _, _, op in operations(spec)]
    if _MADE[0] in spec or "jwt" in kinds or any("payloadFormatVersion" in found for found in integrations):
        return "http"
    rest = any(word in spec for word in _REST_WORDS) or kinds & {"cognito_user_pools", "token"}
    keys = any(isinstance(s, dict) and str(s.get("name")).lower() == "x-api-key" for s in schemes)
    return "rest" if rest or keys or any("passthroughBehavior" in found for found in integrations) else "http"


def adopt_document(adoption: Adoption) -> None:
    """Change the spec in place; what found no place is noted."""
    _take_impossible_paths(adoption)
    take_preflight(adoption)
    take_integrations(adoption)
    _take_refused(adoption)
    for key in _MADE:
        adoption.spec.pop(key, None)
    map_security(adoption)
    _name_variables(adoption.spec)
    _name_operations(adoption)
    _document_answers(adoption)
    _mend_servers(adoption)
    _note_bodies(adoption)


def _take_impossible_paths(adoption: Adoption) -> None:
    """API Gateway's variables are whole segments.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
    """
    paths = adoption.spec.setdefault("paths", {})
    for path in [path for path in paths if any(_PARTLY.search(segment) for segment in str(path).split("/"))]:
        adoption.note(("paths", path), f"{path}: API Gateway's variables are whole segments; it is left out")
        del paths[path]


def _note_bodies(adoption: Adoption) -> None:
    """Generated handlers check bodies of JSON only."""
    for path, method, operation in operations(adoption.spec):
        body = operation.get("requestBody")
        content = body.get("content") if isinstance(body, dict) else None
        types = list(content) if isinstance(content, dict) else []
        others = [name for name in types if "json" not in name and name != "*/*"]
        if others:
            what = "are not checked by its handler" if others == types else "are read as JSON by its handler"
            at = ("paths", path, method, "requestBody")
            adoption.note(at, f"{route(path, method)}: bodies of {', '.join(others)} {what}")


def _take_refused(adoption: Adoption) -> None:
    """Extensions that the kit refuses."""
    places: list[tuple[tuple[str, ...], Any]] = [((), adoption.spec)]
    places += [(("servers", str(i)), server) for i, server in enumerate(adoption.spec.get("servers") or ())]
    for at, owner in places:
        for key, extension in EXTENSIONS.items():
            if extension.refusal and isinstance(owner, dict) and key in owner:
                adoption.note((*at, key), f"{key}: {extension.refusal}")
                del owner[key]


def _name_variables(spec: Json) -> None:
    """An export of an HTTP API names a greedy variable as the path does, ``proxy+``; events call it ``proxy``."""
    shared = (spec.get("components") or {}).get("parameters") or {}
    lists = [operation.get("parameters") for _, _, operation in operations(spec)]
    lists += [item.get("parameters") for item in spec["paths"].values() if isinstance(item, dict)]
    for parameter in [*shared.values(), *(found for given in lists for found in given or ())]:
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
            adoption.note(("paths", path, method), f"the operationId {given!r}, which is {name} now")
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
    """Every operation has an answer for success, and says that requests can be refused."""
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
    base = "http://127.0.0.1:8080" + ("/local" if adoption.flavor == "rest" else "")
    local = {"url": base, "description": "make dev"}
    if isinstance(servers, list):
        kept = [server for server in servers if isinstance(server, dict) and not _AWS.search(str(server.get("url")))]
        adoption.spec["servers"] = [local, *(server for server in kept if server.get("url") != base)]
