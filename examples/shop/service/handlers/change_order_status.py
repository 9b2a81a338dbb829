"""PATCH /admin/orders/{orderId}."""

from __future__ import annotations

from datetime import UTC, datetime

from service import orders
from service.operation import operation
from service.proxy import Response
from service.validation import Call


@operation("changeOrderStatus")
def handler(call: Call) -> Response:
    """200 with the order, 404 if there is none, 409 if it is as far already."""
    return Response(200, orders.change_status(call.path["orderId"], call.body["status"], datetime.now(UTC)))
