"""GET /items."""

from __future__ import annotations

from service import cursor
from service.operation import operation
from service.proxy import Response
from service.store import items
from service.validation import Call


@operation("listItems")
def handler(call: Call) -> Response:
    """200 with a page of items, and a cursor if there are more."""
    after = cursor.decode(call.query["cursor"]) if "cursor" in call.query else None
    page, last = items.page(call.query["limit"], after)
    return Response(200, {"items": page} if last is None else {"items": page, "cursor": cursor.encode(last)})
