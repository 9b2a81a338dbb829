"""POST /orders."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from service.operation import operation
from service.order import new_order
from service.proxy import Response
from service.store import orders
from service.validation import Call


@operation("placeOrder")
def handler(call: Call) -> Response:
    """201 with the order. What ships it begins at the table's stream."""
    order = new_order(str(uuid.uuid4()), call.body, datetime.now(UTC))
    orders.add(order)
    return Response(201, order, {"location": f"{call.url_path}/{order['orderId']}"})
