"""POST /orders."""

from __future__ import annotations

from datetime import UTC, datetime

from service import orders
from service.model import order_id_of
from service.operation import user_operation
from service.proxy import Response
from service.validation import Call


@user_operation("checkOut")
def handler(call: Call, user: str) -> Response:
    """201 with the order, 409 if the cart can't be bought."""
    order_id = order_id_of(user, call.headers["Idempotency-Key"])
    order, replayed = orders.check_out(user, order_id, datetime.now(UTC), call.deadline)
    told = {"idempotency-replayed": "true"} if replayed else {}
    return Response(201, order, {"location": f"{call.url_path}/{order_id}", **told})
