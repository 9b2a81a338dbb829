"""GET /products."""

from __future__ import annotations

from service import catalogue
from service.operation import operation
from service.pages import as_body
from service.proxy import Response
from service.validation import Call


@operation("listProducts")
def handler(call: Call) -> Response:
    """200 with a page of a category's products."""
    return Response(200, as_body("products", catalogue.browse(call.query)))
