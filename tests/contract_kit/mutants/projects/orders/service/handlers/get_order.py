"""GET /orders/{orderId}."""

from __future__ import annotations

from service import orders
from service.model import etag
from service.operation import operation
from service.proxy import Response
from service.validation import Call


@operation("getOrder")
def handler(call: Call) -> Response:
    """200 with the order, 404 if there is none."""
    order = orders.get(call.path["orderId"], call.deadline)
    return Response(200, order, {"etag": etag(order)})
