"""DELETE /items/{itemId}."""

from __future__ import annotations

from service.operation import operation
from service.proxy import Response
from service.store import items
from service.validation import Call


@operation("deleteItem")
def handler(call: Call) -> Response:
    """204, or 404 if there is no such item."""
    items.delete(call.path["itemId"])
    return Response(204)
