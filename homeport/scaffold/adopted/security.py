"""Security of an adopted API: authorizers stay, and a scheme that API Gateway would not check gets an authorizer.

No protected operation becomes open: a scheme without a mapping becomes a Lambda authorizer that denies every request,
and of a SAM template's ``Auth`` all that is not known here is rejected.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiauth.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from homeport.project.names import snake_case
from homeport.project.openapi.extensions import AUTHORIZER
from homeport.project.openapi.function_lookup import FUNCTION_ARN
from homeport.project.source.document import Position
from homeport.scaffold.adopted.adoption import (
    Adoption,
    Flavor,
    Json,
    is_function,
    operations,
    parts,
    route,
    security_schemes,
)

_AUTH = "x-amazon-apigateway-auth"
_AUTH_TYPE = "x-amazon-apigateway-authtype"
_IAM = "formerlyIam"
_CLOSED = "service/handlers/{}.py lets nobody in until you write who may"
_TOKENS = ("oauth2", "openIdConnect")


def map_security(adoption: Adoption) -> None:
    """Give every scheme that is asked for an authorizer, and name those whose code is to be written."""
    _replace_iam(adoption)
    for name, scheme in security_schemes(adoption.spec).items():
        lacking = AUTHORIZER not in scheme and not _is_api_key(adoption, scheme)
        if lacking:
            _give_authorizer(adoption, name, scheme)
        module = _name_handler(name, scheme, adoption.authorizers)
        if module is not None and not lacking:
            adoption.note(_scheme_at(adoption, name), f"the code of {name}: {_CLOSED.format(module)}")
    _mend_requirements(adoption)


def _is_api_key(adoption: Adoption, scheme: Json) -> bool:
    if scheme.get("type") != "apiKey" or str(scheme.get("name")).lower() != "x-api-key" or scheme.get("in") != "header":
        return False
    return adoption.flavor == "rest" and not str(scheme.get(_AUTH_TYPE, "")).lower().startswith("aws")


def _give_authorizer(adoption: Adoption, name: str, scheme: Json) -> None:
    kind = str(scheme.get("type"))
    token = kind in _TOKENS or str(scheme.get("scheme", "")).lower() == "bearer"
    iam = str(scheme.pop(_AUTH_TYPE, "")).lower() == "awssigv4"
    if token and adoption.flavor == "http" and not iam:
        scheme[AUTHORIZER] = {"type": "jwt", "identitySource": "$request.header.Authorization"}
        if kind != "openIdConnect":
            at = _scheme_at(adoption, name)
            adoption.note(at, f"who issues the tokens of {name}: set auth.{name} of each stage in deploy/stages.yaml")
        return
    source = _source(scheme)
    prefix = "$" if adoption.flavor == "http" else "method."
    scheme[AUTHORIZER] = {
        "type": "request",
        "identitySource": f"{prefix}{source}",
        "x-homeport": {"handler": _module(name)},
    }
    if adoption.flavor == "http":
        scheme[AUTHORIZER] |= {"authorizerPayloadFormatVersion": "2.0", "enableSimpleResponses": True}
    what = "IAM authorization" if iam else f"the scheme {name} ({kind})"
    adoption.note(_scheme_at(adoption, name), f"{what}: {_CLOSED.format(_module(name))}")


def _scheme_at(adoption: Adoption, name: str) -> Position:
    return adoption.origin("components", "securitySchemes", name)


def _source(scheme: Json) -> str:
    if scheme.get("type") == "apiKey" and scheme.get("in") in ("header", "query"):
        return f"request.{'querystring' if scheme['in'] == 'query' else 'header'}.{scheme.get('name')}"
    return "request.header.Authorization"


def _module(name: str) -> str:
    return snake_case(f"{name}-authorizer") if "authorizer" not in name.lower() else snake_case(name)


def _name_handler(name: str, scheme: Json, modules: dict[str, bool]) -> str | None:
    """The module of a Lambda authorizer, named as the kit looks for it and kept in ``modules``; None for another."""
    authorizer = scheme.get(AUTHORIZER) or {}
    if str(authorizer.get("type", "")).lower() not in ("request", "token"):
        return None
    x_homeport: Any = authorizer.get("x-homeport") or scheme.get("x-homeport") or {}
    found = re.search(FUNCTION_ARN, str(authorizer.pop("authorizerUri", "")))
    named = str(x_homeport.get("handler") or (found[1] if found is not None else _module(name)))
    module = snake_case(named.rpartition(".")[2])
    authorizer["x-homeport"] = {**x_homeport, "handler": module}
    authorizer.pop("authorizerCredentials", None)
    modules[module] = authorizer.get("enableSimpleResponses") is True
    return module


def _replace_iam(adoption: Adoption) -> None:
    asking, schemes = [], security_schemes(adoption.spec)
    for path, method, operation in operations(adoption.spec):
        auth = operation.pop(_AUTH, None)
        if isinstance(auth, dict) and str(auth.get("type", "NONE")).upper() != "NONE":
            at = adoption.origin("paths", path, method, _AUTH)
            adoption.note(at, f"{route(path, method)}: authorization of type {auth['type']}")
            entries = [entry for entry in operation.get("security") or () if isinstance(entry, dict)]
            asked = [name for entry in entries for name in entry]
            if all(_is_api_key(adoption, schemes.get(name, {})) for name in asked):
                asking.append(operation)
    if asking:
        found = adoption.spec.setdefault("components", {}).setdefault("securitySchemes", {})
        found[_IAM] = {"type": "apiKey", "in": "header", "name": "Authorization"}
        for operation in asking:
            operation["security"] = [*(operation.get("security") or ()), {_IAM: []}]


def _mend_requirements(adoption: Adoption) -> None:
    """Keep one authorizer and the API keys of each list: API Gateway asks for all of them, always."""
    schemes = security_schemes(adoption.spec)
    places: list[tuple[tuple[str, ...], Json]] = [((), adoption.spec)]
    places += [(("paths", path, method), operation) for path, method, operation in operations(adoption.spec)]
    for at, owner in places:
        asked = owner.get("security")
        if not isinstance(asked, list) or not all(isinstance(entry, dict) for entry in asked):
            continue
        position = adoption.origin(*at, "security")
        given = [entry for entry in asked if entry]
        if given and len(given) < len(asked):
            adoption.note(position, "optional authorization: it is asked for always now")
        checked = [
            entry for entry in given if any(name not in schemes or AUTHORIZER in schemes[name] for name in entry)
        ]
        for entry in checked[1:]:
            adoption.note(position, f"the alternative {', '.join(entry)}: one authorizer a route")
        mended = [_without_scopes(entry, schemes) for entry in given if entry not in checked[1:]]
        if mended != asked:
            owner["security"] = mended


def _without_scopes(entry: Json, schemes: Json) -> Json:
    """Return a requirement without the scopes of Lambda authorizers, which know none."""

    def is_lambda(name: str) -> bool:
        authorizer = schemes.get(name, {}).get(AUTHORIZER) or {}
        return str(authorizer.get("type", "")).lower() in ("request", "token")

    return {name: [] if is_lambda(name) else scopes for name, scopes in entry.items()}


_API_KEY, _SAM_IAM = "apiKey", "AWS_IAM"
_SCHEMES: dict[str, Json] = {
    _API_KEY: {"type": "apiKey", "in": "header", "name": "x-api-key"},
    _SAM_IAM: {"type": "apiKey", "in": "header", "name": "Authorization", _AUTH_TYPE: "awsSigv4"},
}
_PREFLIGHT = {"AddApiKeyRequiredToCorsPreflight", "AddDefaultAuthorizerToCorsPreflight"}
_AUTH_OF_APIS: dict[Flavor, set[str]] = {
    "rest": {"ApiKeyRequired", "Authorizers", "DefaultAuthorizer", "InvokeRole", "UsagePlan", *_PREFLIGHT},
    "http": {"Authorizers", "DefaultAuthorizer", "EnableIamAuthorizer"},
}
_AUTH_OF_EVENTS = {"ApiKeyRequired", "AuthorizationScopes", "Authorizer", "InvokeRole"}
_NOTED = {"InvokeRole", "UsagePlan", *_PREFLIGHT}
_KEYS_OF_AUTHORIZERS = {
    ("rest", "UserPoolArn"): {"AuthorizationScopes", "Identity"},
    ("rest", "FunctionArn"): {
        *("DisableFunctionDefaultPermissions", "FunctionInvokeRole", "FunctionPayloadType", "Identity"),
    },
    ("http", "JwtConfiguration"): {"AuthorizationScopes", "IdentitySource"},
    ("http", "FunctionArn"): {
        *("AuthorizerPayloadFormatVersion", "EnableFunctionDefaultPermissions", "EnableSimpleResponses"),
        *("FunctionInvokeRole", "Identity"),
    },
}
_KINDS = ("UserPoolArn", "JwtConfiguration", "FunctionArn")
_SOURCES = {
    "Headers": "request.header.",
    "QueryStrings": "request.querystring.",
    "StageVariables": "stageVariables.",
    "Context": "context.",
}
_OF_TOKENS, _OF_REQUESTS = {"Header", "ReauthorizeEvery", "ValidationExpression"}, {*_SOURCES, "ReauthorizeEvery"}


def _check_auth(
    adoption: Adoption, at: Position, said: Any, known: Collection[str], free: Collection[str] = ()
) -> Json:
    """Return the ``known`` keys of a map. Refuse the others, and functions in keys other than ``free``."""
    if not isinstance(said, dict):
        adoption.reject(at, f"{at.path[-1]} is no map that can be read here")
        return {}
    taken = {}
    for key, value in said.items():
        position = at._replace(path=(*at.path, key))
        if key not in known:
            adoption.reject(position, f"{key} of {at.path[-1]} has no counterpart")
        elif key not in free and any(is_function(part) for part in parts(value)):
            adoption.reject(position, f"{key} of {at.path[-1]} is worked out by CloudFormation")
        else:
            taken[key] = value
    return taken


def add_authorizers(adoption: Adoption, auth: Any, at: Callable[..., Position]) -> None:
    """Write ``Auth`` of an API of SAM into components and, for its defaults, into ``security``.

    ``at`` returns the position of a part of ``auth``, which may stand in Globals.
    """
    if auth is None:
        return
    spec, free = adoption.spec, {"Authorizers", "InvokeRole", "UsagePlan"}
    auth = _check_auth(adoption, at(), auth, _AUTH_OF_APIS[adoption.flavor], free)
    schemes = spec.setdefault("components", {}).setdefault("securitySchemes", {})
    for name, said in (auth.get("Authorizers") or {}).items():
        adoption.origins["components", "securitySchemes", name] = at("Authorizers", name)
        if name in schemes:
            adoption.reject(at("Authorizers", name), f"the authorizer {name} is in the definition as well")
        schemes[name] = _sam_scheme(adoption, at("Authorizers", name), said)
    entry = _requirement(adoption, {}, auth)
    adoption.origins["security",] = at()
    if entry and ("security" in spec or any("security" in operation for _, _, operation in operations(spec))):
        adoption.reject(at(), "Auth sets a default, and the definition has security of its own")
    elif entry:
        spec["security"] = [entry]
    for key in sorted(_NOTED & auth.keys()):
        adoption.note(at(key), f"Auth.{key} of {at().path[1]}")


def event_security(adoption: Adoption, at: Position, auth: Any, general: Any, defined: Any) -> Any:
    """Return ``security`` of an event with ``Auth`` in an API whose ``Auth`` is ``general``.

    ``defined`` is what the operation has without the event.
    """
    own = _check_auth(adoption, at, auth, _AUTH_OF_EVENTS, {"InvokeRole"})
    general = general if isinstance(general, dict) else {}
    if defined and not _requirement(adoption, {}, general):
        if own.keys() - {"InvokeRole"}:
            adoption.reject(at, "an event has Auth, and the definition has security of its own")
        return defined
    entry = _requirement(adoption, own, general)
    return [entry] if entry else []


def _sam_scheme(adoption: Adoption, at: Position, said: Any) -> Json:
    """Return the security scheme of an authorizer."""
    kind = next((key for key in _KINDS if isinstance(said, dict) and key in said), "")
    known = _KEYS_OF_AUTHORIZERS.get((adoption.flavor, kind), set())
    said = _check_auth(adoption, at, said, {*known, kind}, {kind, "FunctionInvokeRole"})
    is_token = kind == "UserPoolArn" or (
        adoption.flavor == "rest" and said.get("FunctionPayloadType", "TOKEN") == "TOKEN"
    )
    identity = said.get("Identity") or {}
    at_identity = at._replace(path=(*at.path, "Identity"))
    identity = _check_auth(adoption, at_identity, identity, _OF_TOKENS if is_token else _OF_REQUESTS)
    scheme: Json = {"type": "apiKey", "in": "header", "name": identity.get("Header", "Authorization")}
    if kind == "JwtConfiguration":
        configuration = {key.lower(): value for key, value in (said[kind] or {}).items()}
        made = {"type": "jwt", "identitySource": said.get("IdentitySource"), "jwtConfiguration": configuration}
        return {**scheme, AUTHORIZER: {key: value for key, value in made.items() if value is not None}}
    if kind == "UserPoolArn":
        made = {"type": "cognito_user_pools", "providerARNs": _as_list(said[kind])}
    else:
        made = {"type": "token" if is_token else "request", "x-homeport": {"handler": snake_case(at.path[-1])}}
        if "ReauthorizeEvery" in identity:
            made["authorizerResultTtlInSeconds"] = identity["ReauthorizeEvery"]
    if adoption.flavor == "http":
        made["authorizerPayloadFormatVersion"] = str(said.get("AuthorizerPayloadFormatVersion", "2.0"))
        made["enableSimpleResponses"] = said.get("EnableSimpleResponses") is True
    if "ValidationExpression" in identity:
        made["identityValidationExpression"] = identity["ValidationExpression"]
    if is_token:
        return {**scheme, AUTHORIZER: made}
    sources = [f"{prefix}{name}" for key, prefix in _SOURCES.items() for name in _as_list(identity.get(key) or [])]
    if sources:
        made["identitySource"] = ", ".join(_in_flavor(source, adoption.flavor) for source in sources)
    return {**scheme, "name": "Unused", AUTHORIZER: made}


def _in_flavor(source: str, flavor: Flavor) -> str:
    return f"${source}" if flavor == "http" else f"method.{source}" if source.startswith("request.") else source


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _requirement(adoption: Adoption, own: Json, general: Json) -> Json:
    """Return the security requirement of an event with ``Auth``, or of the API as a whole; empty for none."""
    name = str(own.get("Authorizer", general.get("DefaultAuthorizer")) or "NONE")
    authorizer = (general.get("Authorizers") or {}).get(name) or {}
    keys = bool(own.get("ApiKeyRequired", general.get("ApiKeyRequired")))
    entry: Json = (
        {} if name == "NONE" else {name: own.get("AuthorizationScopes", authorizer.get("AuthorizationScopes", []))}
    )
    entry |= {_API_KEY: []} if keys else {}
    for asked in entry.keys() & _SCHEMES.keys():
        schemes = adoption.spec.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes.setdefault(asked, dict(_SCHEMES[asked]))
    return entry
