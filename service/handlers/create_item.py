"""POST /items."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from service.idempotency import Receipt
from service.model import new_item
from service.operation import operation
from service.preconditions import etag
from service.proxy import Response
from service.store import items
from service.validation import Call


@operation("createItem")
def handler(call: Call) -> Response:
    """201 with the new item, or the one that its Idempotency-Key made before; 409 if the id is taken, 422 the key."""
    now = datetime.now(UTC)
    item = made = new_item(call.body, new_id=str(uuid4()), now=now)
    key = call.headers.get("Idempotency-Key")
    if key is None:
        items.create(item)
    else:
        made = items.create_once(item, Receipt.of(key, call.body, now), call.deadline)
    replayed = {} if made is item else {"idempotency-replayed": "true"}
    return Response(201, made, {"location": f"{call.url_path}/{made['itemId']}", "etag": etag(made), **replayed})
