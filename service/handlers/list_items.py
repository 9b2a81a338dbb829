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
    limit = call.query["limit"]
    after = cursor.decode(call.query["cursor"]) if "cursor" in call.query else None
    if "status" in call.query:
        page, last = items.page_by_status(call.query["status"], limit, after)
    else:
        page, last = items.page(limit, after)
    return Response(200, {"items": page} if last is None else {"items": page, "cursor": cursor.encode(last)})
