"""Make the kit's openapi.yaml of an OpenAPI document: remove the parts that the kit makes, add those that it needs.

OPTIONS mocks of a REST API become ``x-amazon-apigateway-cors``, integrations with Lambda functions are removed, and
other integrations are noted.
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from homeport.project.names import camel_case, kebab_case, snake_case
from homeport.project.openapi.extensions import AUTHORIZER, EXTENSIONS, INTEGRATION
from homeport.scaffold.adopted.adoption import Adoption, Flavor, Json, operations, route, security_schemes
from homeport.scaffold.adopted.security import map_security
from homeport.scaffold.operation_entry import RANGES

CORS = "x-amazon-apigateway-cors"
_SHARED = "x-amazon-apigateway-integrations"
STRUCTURE = (
    *("components", "components/parameters", "components/securitySchemes", f"components/{_SHARED}"),
    *(
        f"components/{_SHARED}/*",
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

_HEADER = "method.response.header.access-control-"
_LISTS = {"allow-origin": "allowOrigins", "allow-methods": "allowMethods", "allow-headers": "allowHeaders"}


def take_preflight(adoption: Adoption) -> None:
    """Remove the mocks. The API as a whole allows what they allow."""
    found: list[Json] = []
    paths = adoption.spec.get("paths") or {}
    for path, item in paths.items():
        options = item.get("options") if isinstance(item, dict) else None
        if not isinstance(options, dict) or _kind(options) != "mock":
            continue
        found.append(_read_cors(options))
        at = adoption.origin("paths", path, "options")
        if any(found[-1].get(key) != found[0].get(key) for key in ("allowOrigins", "allowCredentials")):
            adoption.reject(at, f"preflight of {path} allows other origins, and the kit has one CORS for all routes")
        elif found[-1] != found[0]:
            adoption.note(at, f"preflight of {path} allows other things; now all routes allow both")
        del item["options"]
    for path in [path for path, item in paths.items() if isinstance(item, dict) and not item]:
        del paths[path]
    if (merged := _merge_cors(found)) and CORS not in adoption.spec:
        adoption.spec[CORS] = merged


def _kind(operation: Json) -> str:
    integration = operation.get(INTEGRATION)
    return str(integration.get("type", "")).lower() if isinstance(integration, dict) else ""


def _read_cors(options: Json) -> Json:
    responses = options[INTEGRATION].get("responses")
    cors: Json = {}
    for response in responses.values() if isinstance(responses, dict) else ():
        for name, value in ((response or {}).get("responseParameters") or {}).items():
            cors |= _header(str(name).lower(), value)
    return cors


def _header(name: str, value: Any) -> Mapping[str, Any]:
    word = name.removeprefix(_HEADER)
    text = str(value).strip("'\" ")
    if word in _LISTS:
        return {_LISTS[word]: [part.strip() for part in text.split(",") if part.strip()]}
    if word == "max-age" and text.isdecimal():
        return {"maxAge": int(text)}
    if word == "allow-credentials":
        return {"allowCredentials": text == "true"}
    return {}


def _merge_cors(found: list[Json]) -> Json:
    merged: Json = {}
    for cors in found:
        for key, value in cors.items():
            known = merged.get(key, [])
            merged[key] = [*known, *(v for v in value if v not in known)] if isinstance(value, list) else value
    return merged


_FUNCTION = re.compile(r":function:(?:\$\{)?([A-Za-z0-9_-]+)|\$\{([A-Za-z0-9]+)(?:\.Arn|Arn)?\}/invocations")
_DEFAULT_TIMEOUTS = (29_000, 30_000)
_LOST = ("requestParameters", "responseParameters", "requestTemplates", "responses", "cacheKeyParameters", "tlsConfig")


def take_integrations(adoption: Adoption) -> None:
    """Remove every integration. Operations that share a function still share it."""
    functions: dict[str, list[Json]] = {}
    formats = set()
    for path, method, operation in operations(adoption.spec):
        integration = operation.pop(INTEGRATION, None)
        if integration is None:
            continue
        resolved = _resolve_integration(integration, adoption.spec)
        name = _lambda_of(adoption, path, method, resolved)
        if name is not None:
            formats.add(str(resolved.get("payloadFormatVersion", "")))
            functions.setdefault(name, []).append(operation)
            _keep_timeout(operation, resolved)
    functions.pop("", None)
    for name, served in functions.items():
        for operation in served if len(served) > 1 else ():
            operation.setdefault("x-homeport", {}).setdefault("function", name)
    _set_format(adoption, formats - {""})
    components = adoption.spec.get("components")
    if isinstance(components, dict):
        components.pop(_SHARED, None)


def _resolve_integration(integration: Any, spec: Json) -> Json:
    if not isinstance(integration, dict):
        return {}
    name = str(integration.get("$ref", "")).rpartition("/")[2]
    shared = (spec.get("components") or {}).get(_SHARED) or {}
    found = shared.get(name, integration)
    return found if isinstance(found, dict) else {}


def _lambda_of(adoption: Adoption, path: str, method: str, integration: Json) -> str | None:
    """Return the function of a Lambda proxy integration, "" for one without a name. Note every other integration."""
    at = ("paths", path, method, INTEGRATION)
    kind = str(integration.get("type", "")).lower()
    if kind != "aws_proxy" or integration.get("integrationSubtype"):
        what = integration.get("integrationSubtype") or integration.get("uri") or "no backend"
        text = f"{route(path, method)}: an integration of type {kind or 'unknown'} ({what}); a function answers"
        adoption.note(adoption.origin(*at), text)
        return None
    for key in [key for key in _LOST if integration.get(key)]:
        # Every export has default responses for a proxy, where they have no effect.
        if key != "responses" or {*integration[key]} != {"default"}:
            adoption.note(adoption.origin(*at, key), f"{route(path, method)}: {key} of its integration")
    found = _FUNCTION.search(_uri(integration.get("uri")))
    return kebab_case(found[1] or found[2]) if found else ""


def _uri(value: Any) -> str:
    """Return the text of a uri, also of one with intrinsic functions."""
    if isinstance(value, dict):
        inner = next(iter(value.values()), "")
        inner = inner[0] if isinstance(inner, list) and inner and "Fn::Sub" in value else inner
        return " ".join(map(str, inner[1])) if isinstance(inner, list) and len(inner) == 2 else str(inner)
    return str(value)


def _keep_timeout(operation: Json, integration: Json) -> None:
    timeout = integration.get("timeoutInMillis")
    if timeout is not None and timeout not in _DEFAULT_TIMEOUTS:
        operation[INTEGRATION] = {"type": "aws_proxy", "httpMethod": "POST", "timeoutInMillis": timeout}


def _set_format(adoption: Adoption, formats: set[str]) -> None:
    if adoption.flavor == "rest" or not formats:
        return
    adoption.payload_format = "1.0" if formats == {"1.0"} else "2.0"
    if len(formats) > 1:
        adoption.note(adoption.origin("paths"), "payload formats 1.0 and 2.0 side by side; every operation has 2.0 now")


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
