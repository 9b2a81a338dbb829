"""PATCH /orders/{orderId}."""

from __future__ import annotations

from datetime import UTC, datetime

from service import orders
from service.model import etag, timestamp, wanted_versions
from service.operation import operation
from service.proxy import Response
from service.validation import Call


@operation("changeOrder")
def handler(call: Call) -> Response:
    """200 with the order, 404 if there is none, 409 if it is cancelled, 412 if it isn't as wanted."""
    now = timestamp(datetime.now(UTC))
    order = orders.change(call.path["orderId"], call.body, wanted_versions(call.headers), now, call.deadline)
    return Response(200, order, {"etag": etag(order)})
