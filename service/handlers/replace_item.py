"""PUT /items/{itemId}."""

from __future__ import annotations

from datetime import UTC, datetime

from service.errors import Conflict
from service.model import content
from service.operation import operation
from service.preconditions import Preconditions, etag
from service.proxy import Response
from service.store import items
from service.validation import Call


@operation("replaceItem")
def handler(call: Call) -> Response:
    """200 with the item as it is now, 201 if it is new, 409 if the body names another, 412 if it isn't as wanted."""
    item_id = call.path["itemId"]
    if call.body.get("itemId", item_id) != item_id:
        raise Conflict("The itemId of the body is not that of the URL.")
    item = items.replace(item_id, content(call.body), datetime.now(UTC), Preconditions.of(call.headers))
    if item["version"] == 1:
        return Response(201, item, {"location": call.url_path, "etag": etag(item)})
    return Response(200, item, {"etag": etag(item)})
