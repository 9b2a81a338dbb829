"""The dialects of OpenAPI that API Gateway takes, as the OpenAPI 3.0 that the reader reads.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api.html
"""

from __future__ import annotations

from typing import Any

from homeport.project.openapi.swagger2 import openapi_of_swagger
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
    """Return the document in OpenAPI 3.0; one that is in no known version as it is."""
    root = Cursor.root(document, diagnostics)
    if (
        isinstance(document.value, dict)
        and "openapi" not in document.value
        and str(root.at("swagger").value) in _SWAGGER
    ):
        document = openapi_of_swagger(root)
        root = Cursor.root(document, diagnostics)
    missing = [name for name in _MODELS if _refers_to(document.value, f"#/components/schemas/{name}")]
    missing = [name for name in missing if document.find(("components", "schemas", name)) is None]
    return _with_models(root, missing) if missing else document


def _refers_to(value: Any, reference: str) -> bool:
    if isinstance(value, dict):
        return value.get("$ref") == reference or any(_refers_to(child, reference) for child in value.values())
    return isinstance(value, list) and any(_refers_to(child, reference) for child in value)


def _with_models(root: Cursor, names: list[str]) -> Document:
    components = root.map("components")
    schemas = components.map("schemas")
    models = Placed({**dict(schemas.items()), **{name: _MODELS[name] for name in names}}, schemas)
    parts = Placed({**dict(components.items()), "schemas": models}, components)
    return DocumentBuilder().document({**dict(root.items()), "components": parts}, root)
