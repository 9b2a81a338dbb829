"""GET /orders."""

from __future__ import annotations

from service import orders
from service.operation import operation
from service.proxy import Response
from service.validation import Call


@operation("listOrders")
def handler(call: Call) -> Response:
    """200 with a page of a customer's orders."""
    query = call.query
    page, cursor = orders.of_customer(query["customer"], query["limit"], query.get("cursor"), call.deadline)
    return Response(200, {"orders": page} if cursor is None else {"orders": page, "cursor": cursor})
