"""JSON Schemas of API Gateway's extensions and of ``x-homeport``, by the objects in which they may stand."""

from __future__ import annotations

from typing import Any

from homeport.project.openapi.extension_keys import (
    AUTHORIZER_SECTION,
    CORS_CONFIGURATION,
    GATEWAY_RESPONSE,
    INTEGRATION_SECTION,
    REQUEST_VALIDATOR,
    RESPONSE_TYPES,
)
from homeport.project.openapi.extensions import EXTENSIONS, METHODS, PREFIX, X_HOMEPORT
from homeport.project.openapi.x_homeport_keys import DOCUMENT, FUNCTION, OPERATION, PATH

_ANY_METHOD = f"{PREFIX}any-method"
_X_HOMEPORT = {"document": DOCUMENT, "path": PATH, "operation": OPERATION, "security scheme": FUNCTION}
_INTEGRATION = {
    "type": "object",
    "if": {"required": ["$ref"]},
    "then": {},
    "else": INTEGRATION_SECTION.schema(),
}
_VALUES: dict[str, dict[str, Any]] = {
    "api-key-source": {"enum": ["HEADER", "AUTHORIZER"]},
    "auth": {
        "type": "object",
        "properties": {"type": {"anyOf": [{"enum": ["NONE", "AWS_IAM"]}, {"type": "string"}]}},
        "additionalProperties": False,
    },
    "authorizer": AUTHORIZER_SECTION.schema(),
    "authtype": {"type": "string"},
    "binary-media-types": {"type": "array", "items": {"type": "string"}},
    "cors": CORS_CONFIGURATION.schema(),
    "gateway-responses": {
        "type": "object",
        "propertyNames": {"enum": list(RESPONSE_TYPES)},
        "additionalProperties": GATEWAY_RESPONSE.schema(),
    },
    "integration": _INTEGRATION,
    "integrations": {"type": "object", "additionalProperties": _INTEGRATION},
    "minimum-compression-size": {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 10_485_760}, {"type": "null"}]},
    "policy": {"type": "object"},
    "request-validator": {"type": "string"},
    "request-validators": {"type": "object", "additionalProperties": REQUEST_VALIDATOR.schema()},
}
"""The values of the extensions, by name without ``x-amazon-apigateway-``."""


def extension_definitions() -> dict[str, dict[str, Any]]:
    """Return the definitions of all extensions, those of ``x-homeport`` by their places."""
    extensions = {name: _schema(name) for name in EXTENSIONS if name != _ANY_METHOD}
    return {**extensions, **{_definition(place): section.schema() for place, section in _X_HOMEPORT.items()}}


def extension_properties(kind: str) -> dict[str, dict[str, Any]]:
    """Return what an object of a kind may have beside OpenAPI's own properties, each as a reference."""
    found = [name for name, it in EXTENSIONS.items() if kind in it.places and name != _ANY_METHOD]
    own = {X_HOMEPORT: _reference(_definition(kind))} if kind in _X_HOMEPORT else {}
    return {**own, **{name: _reference(name) for name in found}}


def lenient_document() -> dict[str, Any]:
    """Return the schema of a document of another version than OpenAPI 3.0: its extensions alone are looked at."""
    operation = {"type": "object", "properties": extension_properties("operation")}
    path = {
        "type": "object",
        "properties": {**extension_properties("path"), **dict.fromkeys((*METHODS, _ANY_METHOD), operation)},
    }
    scheme = {"type": "object", "properties": extension_properties("security scheme")}
    schemes = {"type": "object", "additionalProperties": scheme}
    components = {"type": "object", "properties": {"securitySchemes": schemes, **extension_properties("components")}}
    return {
        "properties": {
            "paths": {"type": "object", "additionalProperties": path},
            "components": components,
            "securityDefinitions": schemes,
            **extension_properties("document"),
        }
    }


def _schema(name: str) -> dict[str, Any]:
    extension = EXTENSIONS[name]
    if extension.unsupported:
        return {"not": {}, "errorMessage": f"{extension.unsupported} ({extension.hint})", "doNotSuggest": True}
    return _VALUES.get(name.removeprefix(PREFIX), {})


def _definition(place: str) -> str:
    return f"{X_HOMEPORT}-of-{place.replace(' ', '-')}"


def _reference(definition: str) -> dict[str, Any]:
    return {"$ref": f"#/definitions/{definition}"}
