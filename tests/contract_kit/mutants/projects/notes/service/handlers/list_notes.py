"""GET /notes."""

from __future__ import annotations

from service import notes
from service.operation import operation
from service.proxy import Response
from service.validation import Call


@operation("listNotes")
def handler(call: Call) -> Response:
    """200 with a page of notes."""
    query = call.query
    page, cursor = notes.page(query.get("tag"), query["limit"], query.get("cursor"), call.deadline)
    return Response(200, {"notes": page} if cursor is None else {"notes": page, "cursor": cursor})
