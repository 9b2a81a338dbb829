"""The dialects of OpenAPI that API Gateway takes, as the OpenAPI 3.0 that the reader reads.

``openapi31.py`` and ``swagger2.py`` translate a document; ``outer_references.py`` puts other files in their places.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html
"""

from __future__ import annotations

import json
from typing import Any

from homeport.project.openapi.dialects.openapi31 import openapi_of_3_1
from homeport.project.openapi.dialects.swagger2 import openapi_of_swagger
from homeport.project.source.builder import DocumentBuilder, Placed
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document

# https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
_MODELS: dict[str, dict[str, Any]] = {
    "Empty": {"title": "Empty Schema", "type": "object"},
    "Error": {"title": "Error Schema", "type": "object", "properties": {"message": {"type": "string"}}},
}
"""The models that every REST API has by itself."""

_SWAGGER = ("2.0", "2")


def openapi_document(document: Document, diagnostics: Diagnostics) -> Document:
    """Return the document in OpenAPI 3.0, with the models that it refers to and that every REST API has."""
    return with_known_models(in_openapi_3(document, diagnostics), diagnostics)


def in_openapi_3(document: Document, diagnostics: Diagnostics) -> Document:
    """Return a document of OpenAPI 2.0 or 3.1 as one of OpenAPI 3.0, and any other as it is."""
    root = Cursor.root(document, diagnostics)
    if str(root.at("openapi").value).startswith("3.1"):
        return openapi_of_3_1(root)
    if str(root.at("swagger").value) in _SWAGGER and not root.has("openapi"):
        return openapi_of_swagger(root)
    return document


def with_known_models(document: Document, diagnostics: Diagnostics) -> Document:
    """Return the document with the models ``Empty`` and ``Error`` where it refers to them and does not have them."""
    text = json.dumps(document.value, default=str)
    asked = [name for name in _MODELS if f'"#/components/schemas/{name}"' in text]
    missing = [name for name in asked if document.find(("components", "schemas", name)) is None]
    return _with_models(Cursor.root(document, diagnostics), missing) if missing else document


def _with_models(root: Cursor, names: list[str]) -> Document:
    components = root.map("components")
    schemas = components.map("schemas")
    models = Placed({**dict(schemas.items()), **{name: _MODELS[name] for name in names}}, schemas)
    parts = Placed({**dict(components.items()), "schemas": models}, components)
    return DocumentBuilder().document({**dict(root.items()), "components": parts}, root)
