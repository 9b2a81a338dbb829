"""GET /orders."""

from __future__ import annotations

from service import orders
from service.operation import user_operation
from service.pages import as_body
from service.proxy import Response
from service.validation import Call


@user_operation("listOrders")
def handler(call: Call, user: str) -> Response:
    """200 with a page of the user's orders."""
    return Response(200, as_body("orders", orders.of_user(user, call.query)))
