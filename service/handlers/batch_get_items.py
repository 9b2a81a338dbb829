"""POST /items/batch-get."""

from __future__ import annotations

from service.operation import operation
from service.proxy import Response
from service.store import items
from service.validation import Call


@operation("batchGetItems")
def handler(call: Call) -> Response:
    """200 with the items that there are, in the order of their ids, and the ids of those that there aren't."""
    ids = call.body["itemIds"]
    found = items.get_many(ids, call.deadline)
    here = [found[item_id] for item_id in ids if item_id in found]
    return Response(200, {"items": here, "missing": [item_id for item_id in ids if item_id not in found]})
