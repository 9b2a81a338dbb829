"""POST /admin/products."""

from __future__ import annotations

from datetime import UTC, datetime

from service import catalogue
from service.operation import operation
from service.proxy import Response
from service.validation import Call


@operation("createProduct")
def handler(call: Call) -> Response:
    """201 with the product, 409 if its id is taken."""
    product = catalogue.create(call.body, datetime.now(UTC))
    stage = call.url_path.removesuffix("/admin/products")
    return Response(201, product, {"location": f"{stage}/products/{product['productId']}"})
