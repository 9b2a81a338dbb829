"""GET /admin/orders."""

from __future__ import annotations

from service import orders
from service.operation import operation
from service.pages import as_body
from service.proxy import Response
from service.validation import Call


@operation("listOrdersByStatus")
def handler(call: Call) -> Response:
    """200 with a page of orders."""
    return Response(200, as_body("orders", orders.of_status(call.query)))
