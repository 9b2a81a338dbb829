"""POST /orders/{orderId}/cancel."""

from __future__ import annotations

from datetime import UTC, datetime

from service import orders
from service.model import etag, timestamp
from service.operation import operation
from service.proxy import Response
from service.validation import Call


@operation("cancelOrder")
def handler(call: Call) -> Response:
    """200 with the order, 404 if there is none, 409 if it is shipped."""
    order = orders.cancel(call.path["orderId"], timestamp(datetime.now(UTC)), call.deadline)
    return Response(200, order, {"etag": etag(order)})
