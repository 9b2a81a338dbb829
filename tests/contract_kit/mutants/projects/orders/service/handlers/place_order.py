"""POST /orders."""

from __future__ import annotations

from datetime import UTC, datetime

from service import orders
from service.model import etag, order_id_of, timestamp
from service.operation import operation
from service.proxy import Response
from service.validation import Call


@operation("placeOrder")
def handler(call: Call) -> Response:
    """201 with the order, 422 if the key came with another body."""
    order_id = order_id_of(call.headers.get("Idempotency-Key"))
    order, replayed = orders.place(call.body, order_id, timestamp(datetime.now(UTC)), call.deadline)
    told = {"idempotency-replayed": "true"} if replayed else {}
    return Response(201, order, {"location": f"{call.url_path}/{order_id}", "etag": etag(order), **told})
