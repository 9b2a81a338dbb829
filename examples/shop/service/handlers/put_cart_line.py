"""PUT /cart/{productId}."""

from __future__ import annotations

from datetime import UTC, datetime

from service import cart
from service.operation import user_operation
from service.proxy import Response
from service.validation import Call


@user_operation("putCartLine")
def handler(call: Call, user: str) -> Response:
    """200 with the line, 404 if there is no such product."""
    return Response(200, cart.put(user, call.path["productId"], call.body["quantity"], datetime.now(UTC)))
