"""GET /items/{itemId}."""

from __future__ import annotations

from service.operation import operation
from service.proxy import Response
from service.store import items
from service.validation import Call


@operation("getItem")
def handler(call: Call) -> Response:
    """200 with the item, 404 if there is none."""
    return Response(200, items.get(call.path["itemId"]))
