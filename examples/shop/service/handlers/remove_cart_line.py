"""DELETE /cart/{productId}."""

from __future__ import annotations

from service import cart
from service.operation import user_operation
from service.proxy import Response
from service.validation import Call


@user_operation("removeCartLine")
def handler(call: Call, user: str) -> Response:
    """204, whether it was there or not."""
    cart.remove(user, call.path["productId"])
    return Response(204)
