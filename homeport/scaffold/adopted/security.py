"""Security of an adopted API: authorizers stay, and a scheme that API Gateway would not check gets an authorizer.

No protected operation becomes open: a scheme without a mapping becomes a Lambda authorizer that denies every request.
"""

from __future__ import annotations

import re
from typing import Any

from homeport.project.names import snake_case
from homeport.project.openapi.security import AUTHORIZER, FUNCTION_ARN
from homeport.scaffold.adopted.adoption import Adoption, Json, operations, route

_AUTH = "x-amazon-apigateway-auth"
_AUTH_TYPE = "x-amazon-apigateway-authtype"
_IAM = "formerlyIam"
_TOKENS = ("oauth2", "openIdConnect")


def map_security(adoption: Adoption) -> None:
    """Give every scheme that is asked for an authorizer, and name those whose code is to be written."""
    _replace_iam(adoption)
    schemes = (adoption.spec.get("components") or {}).get("securitySchemes")
    for name, scheme in schemes.items() if isinstance(schemes, dict) else ():
        if not isinstance(scheme, dict):
            continue
        lacking = AUTHORIZER not in scheme and not _is_api_key(adoption, scheme)
        if lacking:
            _give_authorizer(adoption, name, scheme)
        module = _name_handler(name, scheme, adoption.authorizers)
        if module is not None and not lacking:
            at = ("components", "securitySchemes", name)
            adoption.note(
                at, f"the code of {name}: service/handlers/{module}.py lets nobody in until you write who may"
            )
    _mend_requirements(adoption)


def _is_api_key(adoption: Adoption, scheme: Json) -> bool:
    if scheme.get("type") != "apiKey" or str(scheme.get("name")).lower() != "x-api-key" or scheme.get("in") != "header":
        return False
    return adoption.flavor == "rest" and not str(scheme.get(_AUTH_TYPE, "")).lower().startswith("aws")


def _give_authorizer(adoption: Adoption, name: str, scheme: Json) -> None:
    at = ("components", "securitySchemes", name)
    kind = str(scheme.get("type"))
    token = kind in _TOKENS or str(scheme.get("scheme", "")).lower() == "bearer"
    iam = str(scheme.pop(_AUTH_TYPE, "")).lower() == "awssigv4"
    if token and adoption.flavor == "http" and not iam:
        scheme[AUTHORIZER] = {"type": "jwt", "identitySource": "$request.header.Authorization"}
        if kind != "openIdConnect":
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
    adoption.note(at, f"{what}: service/handlers/{_module(name)}.py lets nobody in until you write who may")


def _source(scheme: Json) -> str:
    if scheme.get("type") == "apiKey" and scheme.get("in") in ("header", "query"):
        return f"request.{'querystring' if scheme['in'] == 'query' else 'header'}.{scheme.get('name')}"
    return "request.header.Authorization"


def _module(name: str) -> str:
    return snake_case(f"{name}-authorizer") if "authorizer" not in name.lower() else snake_case(name)


def _name_handler(name: str, scheme: Json, modules: dict[str, bool]) -> str | None:
    """The module of a Lambda authorizer, named as the kit looks for it and kept in ``modules``; None for another."""
    authorizer = scheme.get(AUTHORIZER, {})
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
    asking = []
    for path, method, operation in operations(adoption.spec):
        auth = operation.pop(_AUTH, None)
        if isinstance(auth, dict) and str(auth.get("type", "NONE")).upper() != "NONE":
            adoption.note(
                ("paths", path, method, _AUTH), f"{route(path, method)}: authorization of type {auth['type']}"
            )
            if not operation.get("security"):
                asking.append(operation)
    if asking:
        schemes = adoption.spec.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes[_IAM] = {"type": "apiKey", "in": "header", "name": "Authorization"}
        for operation in asking:
            operation["security"] = [{_IAM: []}]


def _mend_requirements(adoption: Adoption) -> None:
    """API Gateway asks for one authorizer, always; Lambda authorizers know no scopes."""
    schemes = (adoption.spec.get("components") or {}).get("securitySchemes") or {}
    places: list[tuple[tuple[str, ...], Json]] = [((), adoption.spec)]
    places += [(("paths", path, method), operation) for path, method, operation in operations(adoption.spec)]
    for at, owner in places:
        asked = owner.get("security")
        if not isinstance(asked, list):
            continue
        kept = [entry for entry in asked if entry]
        if kept and len(kept) < len(asked):
            adoption.note((*at, "security"), "optional authorization: it is asked for always now")
        first = kept[:1]
        for entry in kept[1:]:
            if not all(_without_authorizer(schemes.get(name)) for name in entry):
                adoption.note((*at, "security"), f"the alternative {', '.join(entry)}: one authorizer a route")
            else:
                first.append(entry)
        if asked and not kept:
            first = []
        mended = [_without_scopes(entry, schemes) for entry in first]
        if mended != asked:
            owner["security"] = mended


def _without_authorizer(scheme: Any) -> bool:
    return isinstance(scheme, dict) and AUTHORIZER not in scheme


def _without_scopes(entry: Json, schemes: Json) -> Json:
    def is_lambda(name: str) -> bool:
        kind = (schemes.get(name) or {}).get(AUTHORIZER, {}).get("type", "")
        return str(kind).lower() in ("request", "token")

    return {name: [] if is_lambda(name) else scopes for name, scopes in entry.items()}
