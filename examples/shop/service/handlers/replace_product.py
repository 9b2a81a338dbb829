"""PUT /admin/products/{productId}."""

from __future__ import annotations

from datetime import UTC, datetime

from service import catalogue
from service.operation import operation
from service.proxy import Response
from service.validation import Call


@operation("replaceProduct")
def handler(call: Call) -> Response:
    """200 with the product, 404 if there is none."""
    return Response(200, catalogue.replace(call.path["productId"], call.body, datetime.now(UTC)))
