"""``security`` and its schemes: API Gateway's API keys and authorizers, and nothing that nobody would check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from homeport.spec.handlers import Handlers
from homeport.spec.model import Authorizer, Function, Security
from homeport.spec.names import did_you_mean
from homeport.spec.read_authorizers import AUTHORIZER, Flavor, read_authorizer
from homeport.spec.view import View

_AUTH = "x-amazon-apigateway-auth"
_AUTH_TYPE = "x-amazon-apigateway-authtype"
_IAM = "IAM authorization is not emulated"
_IAM_CURE = "use a JWT, Cognito or Lambda authorizer"
_TYPES = ("apiKey", "http", "oauth2", "openIdConnect")


class Schemes(NamedTuple):
    """``unusable`` maps a scheme that API Gateway would not check to the reason and the cure."""

    authorizers: Mapping[str, Authorizer]
    functions: Mapping[str, Function]
    api_keys: frozenset[str]
    unusable: Mapping[str, tuple[str, str]]

    @property
    def names(self) -> list[str]:
        """All schemes that can be asked for."""
        return [*self.authorizers, *self.api_keys, *self.unusable]


def read_schemes(components: View, flavor: Flavor, handlers: Handlers) -> Schemes:
    """Read ``components.securitySchemes``."""
    authorizers: dict[str, Authorizer] = {}
    functions: dict[str, Function] = {}
    api_keys: set[str] = set()
    unusable: dict[str, tuple[str, str]] = {}
    for name, entry in components.map("securitySchemes").items():
        scheme = entry.resolved()
        if scheme is None or not scheme.is_a(dict, "a security scheme, a map"):
            unusable[name] = ("", "")
        elif scheme.has(AUTHORIZER):
            read = read_authorizer(name, scheme, flavor, handlers)
            if read is None:
                unusable[name] = ("", "")
                continue
            authorizers[name] = read[0]
            _add_function(functions, read[1], scheme)
        elif _is_api_key(scheme):
            api_keys.add(name)
        else:
            unusable[name] = _reason(name, scheme)
    return Schemes(authorizers, functions, frozenset(api_keys), unusable)


def _add_function(functions: dict[str, Function], function: Function | None, scheme: View) -> None:
    if function is None:
        return
    other = functions.setdefault(function.name, function)
    if other.handler != function.handler:
        scheme.error(
            f"the function {function.name!r} has the handler {function.handler} here and {other.handler} elsewhere",
            "give one of the two another name",
        )


def _is_api_key(scheme: View) -> bool:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html
    return (
        scheme.value.get("type") == "apiKey"
        and scheme.value.get("in") == "header"
        and str(scheme.value.get("name")).lower() == "x-api-key"
        and not str(scheme.value.get(_AUTH_TYPE, "")).lower().startswith("aws")
    )


def _reason(name: str, scheme: View) -> tuple[str, str]:
    """Why nothing would check a scheme without an authorizer."""
    kind = scheme.choice("type", _TYPES, "")
    if str(scheme.value.get(_AUTH_TYPE, "")).lower().startswith("aws"):
        return _IAM, _IAM_CURE
    if kind == "apiKey":
        return (
            f"the scheme {name!r} is an API key outside of the header x-api-key, where API Gateway does not look",
            f"use in: header, name: x-api-key, or give it an {AUTHORIZER}",
        )
    return f"nothing would check the scheme {name!r}: it has no {AUTHORIZER}", f"give it an {AUTHORIZER}"


def read_requirements(view: View, schemes: Schemes) -> tuple[tuple[Security, ...], bool]:
    """A ``security`` list as the authorizers it asks for and whether an API key is required."""
    if view.value is None or not view.is_a(list, "a list"):
        return (), False
    asked: list[Security] = []
    api_key = False
    for requirement in view.entries():
        if not requirement.is_a(dict, "a map from a security scheme to its scopes"):
            continue
        if not requirement.value:
            requirement.error(
                "API Gateway can't make authorization optional", "remove the {}, or split the route into two"
            )
        for name, scopes in requirement.items():
            api_key = api_key or name in schemes.api_keys
            if _is_authorizer(name, scopes, schemes):
                asked.append(Security(name, tuple(requirement.texts(name))))
    if len({security.scheme for security in asked}) > 1:
        view.error("API Gateway takes one authorizer a route", "keep one of the security schemes")
    return tuple(asked), api_key


def _is_authorizer(name: str, view: View, schemes: Schemes) -> bool:
    if name in schemes.unusable:
        message, cure = schemes.unusable[name]
        if message:
            view.error(message, cure)
    elif name not in schemes.authorizers and name not in schemes.api_keys:
        view.error(f"there is no security scheme {name!r}", did_you_mean(name, schemes.names))
    return name in schemes.authorizers


def refuse_iam(operation: View) -> None:
    """Report ``x-amazon-apigateway-auth`` unless it asks for nothing."""
    auth = operation.map(_AUTH)
    auth.only(("type",), _AUTH)
    if auth.text("type", "NONE").upper() != "NONE":
        auth.error(_IAM, _IAM_CURE)
