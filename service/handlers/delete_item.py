"""DELETE /items/{itemId}."""

from __future__ import annotations

from service.operation import operation
from service.preconditions import Preconditions
from service.proxy import Response
from service.store import items
from service.validation import Call


@operation("deleteItem")
def handler(call: Call) -> Response:
    """204, 404 if there is no such item, 412 if it isn't as wanted."""
    items.delete(call.path["itemId"], Preconditions.of(call.headers))
    return Response(204)
