"""GET /orders/{orderId}/receipt-url."""

from __future__ import annotations

from service.errors import NotFound
from service.files import upload_url
from service.operation import operation
from service.order import receipt_key
from service.proxy import Response
from service.store import orders
from service.validation import Call

SECONDS = 300


@operation("getReceiptUrl")
def handler(call: Call) -> Response:
    """200 with a URL that takes the receipt."""
    order_id = call.path["orderId"]
    if orders.find(order_id) is None:
        raise NotFound(order_id)
    return Response(200, {"url": upload_url(receipt_key(order_id), SECONDS), "expiresIn": SECONDS})
