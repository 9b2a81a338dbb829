"""API Gateway's extensions of OpenAPI: where each may stand, and which ones this kit refuses.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Place = Literal["document", "path", "operation", "security scheme", "components", "server", "tag", "elsewhere"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PREFIX = "x-amazon-apigateway-"
ANY_METHOD = "x-amazon-apigateway-any-method"
OURS = "x-homeport"


class Extension(NamedTuple):
    """``refusal`` says why this kit does not take it, ``cure`` what to do instead."""

    places: tuple[Place, ...]
    refusal: str = ""
    cure: str = ""


_DOCUMENT: tuple[Place, ...] = ("document",)

_EXTENSIONS: dict[str, Extension] = {
    "any-method": Extension(("path",)),
    "api-key-source": Extension(_DOCUMENT),
    "auth": Extension(("operation",)),
    "authorizer": Extension(("security scheme",)),
    "authtype": Extension(("security scheme",)),
    "binary-media-types": Extension(_DOCUMENT),
    "cors": Extension(_DOCUMENT),
    "documentation": Extension(_DOCUMENT),
    "endpoint-access-mode": Extension(
        _DOCUMENT, "endpoint access modes are neither emulated nor deployed", "remove it; set it on the custom domain"
    ),
    "endpoint-configuration": Extension(
        ("server", "document"),
        "private and switched-off endpoints are neither emulated nor deployed",
        "remove it: stages are Regional, a custom domain goes into deploy/stages.yaml",
    ),
    "gateway-responses": Extension(_DOCUMENT),
    "importexport-version": Extension(_DOCUMENT),
    "integration": Extension(("operation",)),
    "integrations": Extension(("components",)),
    "minimum-compression-size": Extension(
        _DOCUMENT, "payload compression at the gateway is not emulated", "remove it, or compress in the function"
    ),
    "policy": Extension(
        _DOCUMENT, "resource policies are not emulated", "remove it, and use an authorizer or AWS WAF in front"
    ),
    "request-validator": Extension(("document", "operation")),
    "request-validators": Extension(_DOCUMENT),
    "security-policy": Extension(
        _DOCUMENT, "TLS security policies are neither emulated nor deployed", "remove it; set it on the custom domain"
    ),
    "tag-value": Extension(("tag",)),
}

EXTENSIONS = {f"{PREFIX}{name}": extension for name, extension in _EXTENSIONS.items()}


def place_of(path: tuple[str, ...]) -> Place:
    """Which kind of OpenAPI object stands at ``path``."""
    match path:
        case ():
            return "document"
        case ("paths", _):
            return "path"
        case ("paths", _, method) if method in METHODS or method == ANY_METHOD:
            return "operation"
        case ("components",):
            return "components"
        case ("components", "securitySchemes", _):
            return "security scheme"
        case ("servers", _):
            return "server"
        case ("tags", _):
            return "tag"
        case _:
            return "elsewhere"
