"""GET /orders/{orderId}."""

from __future__ import annotations

from service import orders
from service.operation import user_operation
from service.proxy import Response
from service.validation import Call


@user_operation("getOrder")
def handler(call: Call, user: str) -> Response:
    """200 with the user's order, 404 if there is none."""
    return Response(200, orders.get(user, call.path["orderId"]))
