"""GET /items/{itemId}."""

from __future__ import annotations

from service.operation import operation
from service.preconditions import Preconditions, etag
from service.proxy import Response
from service.store import items
from service.validation import Call


@operation("getItem")
def handler(call: Call) -> Response:
    """200 with the item, 304 if the client has it already, 404 if there is none, 412 if it isn't as wanted."""
    preconditions = Preconditions.of(call.headers)
    item = items.get(call.path["itemId"])
    preconditions.must_match(item)
    known = preconditions.is_known(item)
    return Response(304 if known else 200, None if known else item, {"etag": etag(item)})
