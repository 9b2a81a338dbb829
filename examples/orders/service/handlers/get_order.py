"""GET /orders/{orderId}."""

from __future__ import annotations

from service.errors import NotFound
from service.operation import operation
from service.proxy import Response
from service.store import orders
from service.validation import Call


@operation("getOrder")
def handler(call: Call) -> Response:
    """200 with the order."""
    order = orders.find(call.path["orderId"])
    if order is None:
        raise NotFound(call.path["orderId"])
    return Response(200, order)
