"""Security of an adopted API: authorizers stay, and a scheme that API Gateway would not check gets an authorizer.

No protected operation becomes open: a scheme without a mapping becomes a Lambda authorizer that denies every request.
"""

from __future__ import annotations

import re
from typing import Any

from homeport.project.names import snake_case
from homeport.project.openapi.extensions import AUTHORIZER
from homeport.project.openapi.function_lookup import FUNCTION_ARN
from homeport.project.project import STAGES_FILE
from homeport.project.source.document import Position
from homeport.scaffold.adopted.adoption import (
    Adoption,
    Json,
    operations,
    route,
    security_schemes,
)

_AUTH = "x-amazon-apigateway-auth"
_AUTH_TYPE = "x-amazon-apigateway-authtype"
_FORMER = "formerlyProtected"
_CALLERS = f"who may sign requests here: name them in iam.callers of {STAGES_FILE}"
_CLOSED = "service/handlers/{}.py lets nobody in until you write who may"
_TOKENS = ("oauth2", "openIdConnect")


def map_security(adoption: Adoption) -> None:
    """Give every scheme that is asked for an authorizer, and name those whose code is to be written."""
    _mend_methods(adoption)
    for name, scheme in security_schemes(adoption.spec).items():
        if is_signature(scheme):
            adoption.note(_scheme_at(adoption, name), _CALLERS)
            continue
        lacking = AUTHORIZER not in scheme and not _is_api_key(adoption, scheme)
        if lacking:
            _give_authorizer(adoption, name, scheme)
        module = _name_handler(name, scheme, adoption.authorizers)
        if module is not None and not lacking:
            adoption.note(_scheme_at(adoption, name), f"the code of {name}: {_CLOSED.format(module)}")
    _mend_requirements(adoption)


def is_signature(scheme: Json) -> bool:
    """Return whether a scheme is AWS_IAM: API Gateway checks a signature, and needs no authorizer."""
    return str(scheme.get(_AUTH_TYPE, "")).lower() == "awssigv4"


def _is_api_key(adoption: Adoption, scheme: Json) -> bool:
    if scheme.get("type") != "apiKey" or str(scheme.get("name")).lower() != "x-api-key" or scheme.get("in") != "header":
        return False
    return adoption.flavor == "rest" and not str(scheme.get(_AUTH_TYPE, "")).lower().startswith("aws")


def _give_authorizer(adoption: Adoption, name: str, scheme: Json) -> None:
    kind = str(scheme.get("type"))
    token = kind in _TOKENS or str(scheme.get("scheme", "")).lower() == "bearer"
    if token and adoption.flavor == "http":
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
    note = f"the scheme {name} ({kind}): {_CLOSED.format(_module(name))}"
    adoption.note(_scheme_at(adoption, name), note)


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


def _mend_methods(adoption: Adoption) -> None:
    """Keep AWS_IAM of methods. One of another type gets an authorizer that lets nobody in."""
    closed, schemes = [], security_schemes(adoption.spec)
    for path, method, operation in operations(adoption.spec):
        auth = operation.pop(_AUTH, None)
        kind = str(auth.get("type", "NONE")).upper() if isinstance(auth, dict) else "NONE"
        if kind == "NONE":
            continue
        at = adoption.origin("paths", path, method, _AUTH)
        entries = [entry for entry in operation.get("security") or () if isinstance(entry, dict)]
        asked = [schemes.get(name, {}) for entry in entries for name in entry]
        alone = all(_is_api_key(adoption, scheme) or is_signature(scheme) for scheme in asked)
        if kind != "AWS_IAM" or not alone:
            adoption.note(at, f"{route(path, method)}: authorization of type {auth['type']}")
        if kind == "AWS_IAM" and alone:
            operation[_AUTH] = {"type": "AWS_IAM"}
            # API Gateway takes no requirement from the top of a document: a signature is all that it asks for.
            operation.setdefault("security", [])
            adoption.note(at, f"{route(path, method)}: {_CALLERS}")
        elif alone:
            closed.append(operation)
    if closed:
        found = adoption.spec.setdefault("components", {}).setdefault("securitySchemes", {})
        found[_FORMER] = {"type": "apiKey", "in": "header", "name": "Authorization"}
        for operation in closed:
            operation["security"] = [*(operation.get("security") or ()), {_FORMER: []}]


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
        checked = [entry for entry in given if any(_is_checked(name, schemes) for name in entry)]
        for entry in checked[1:]:
            adoption.note(position, f"the alternative {', '.join(entry)}: one authorizer a route")
        mended = [_without_scopes(entry, schemes) for entry in given if entry not in checked[1:]]
        if mended != asked:
            owner["security"] = mended


def _is_checked(name: str, schemes: Json) -> bool:
    return name not in schemes or AUTHORIZER in schemes[name] or is_signature(schemes[name])


def _without_scopes(entry: Json, schemes: Json) -> Json:
    """Return a requirement without the scopes of Lambda authorizers, which know none."""

    def is_lambda(name: str) -> bool:
        authorizer = schemes.get(name, {}).get(AUTHORIZER) or {}
        return str(authorizer.get("type", "")).lower() in ("request", "token")

    return {name: [] if is_lambda(name) else scopes for name, scopes in entry.items()}
