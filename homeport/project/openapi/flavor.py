"""The kind of API that a document is for, where deploy/stages.yaml does not say it.

An HTTP API imports no integration without ``payloadFormatVersion``, which REST APIs do not have, and no OpenAPI 2.0.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.project.model import Flavor
from homeport.project.openapi.extensions import INTEGRATION
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document

_OF_A_BACKEND = frozenset(("passthroughBehavior", "uri"))
_OF_HTTP = ("payloadFormatVersion", "integrationSubtype")
_REST_TYPES = frozenset(("aws", "http", "mock"))


def flavor_of_document(document: Document) -> Flavor:
    """Return the flavor of an OpenAPI document as its owner wrote it. One without integrations is an HTTP API."""
    root = Cursor.root(document, Diagnostics())
    if root.has("swagger"):
        return "rest"
    found = list(_integrations(root))
    if any(integration.has(key) for integration in found for key in _OF_HTTP):
        return "http"
    return "rest" if any(map(_is_of_rest, found)) else "http"


def _is_of_rest(integration: Cursor) -> bool:
    kind = str(integration.at("type").value).lower()
    return kind in _REST_TYPES or bool(_OF_A_BACKEND & set(integration.value or ()))


def _integrations(root: Cursor) -> Iterator[Cursor]:
    for _, item in root.map("paths").items():
        for _, operation in item.items():
            integration = operation.at(INTEGRATION).resolve() if operation.has(INTEGRATION) else None
            if integration is not None and isinstance(integration.value, dict):
                yield integration
