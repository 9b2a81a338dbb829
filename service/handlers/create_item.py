"""POST /items."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from service.model import new_item
from service.operation import operation
from service.proxy import Response
from service.store import items
from service.validation import Call


@operation("createItem")
def handler(call: Call) -> Response:
    """201 with the new item, 409 if its id is taken."""
    item = new_item(call.body, new_id=str(uuid4()), now=datetime.now(UTC))
    items.create(item)
    return Response(201, item, {"location": f"{call.url_path}/{item['itemId']}"})
