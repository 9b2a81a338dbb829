"""GET /feed."""

from __future__ import annotations

from service import catalogue
from service.operation import operation
from service.pages import as_body
from service.proxy import Response
from service.validation import Call


@operation("getFeed")
def handler(call: Call) -> Response:
    """200 with products in the order of their last change."""
    return Response(200, as_body("products", catalogue.feed(call.query)))
