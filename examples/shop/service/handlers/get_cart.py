"""GET /cart."""

from __future__ import annotations

from service import cart
from service.model import LINE, shown
from service.operation import user_operation
from service.proxy import Response
from service.validation import Call


@user_operation("getCart")
def handler(call: Call, user: str) -> Response:
    """200 with the lines of the user's cart."""
    return Response(200, {"lines": [shown(line, LINE) for line in cart.lines(user)]})
