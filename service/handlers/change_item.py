"""PATCH /items/{itemId}."""

from __future__ import annotations

from datetime import UTC, datetime

from service.model import changes
from service.operation import operation
from service.preconditions import Preconditions, etag
from service.proxy import Response
from service.store import items
from service.validation import Call


@operation("changeItem")
def handler(call: Call) -> Response:
    """200 with the item as it is now, 404 if there is none, 412 if it isn't as wanted."""
    preconditions = Preconditions.of(call.headers)
    item = items.change(call.path["itemId"], changes(call.body), datetime.now(UTC), preconditions)
    return Response(200, item, {"etag": etag(item)})
