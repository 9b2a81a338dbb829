"""GET /stats."""

from __future__ import annotations

from datetime import UTC, datetime

from service.counters import ranking
from service.operation import operation
from service.proxy import Response
from service.store import hits
from service.validation import Call


@operation("getStats")
def handler(call: Call) -> Response:
    """200 with the routes that were called most."""
    day = call.query.get("day") or datetime.now(UTC).strftime("%Y-%m-%d")
    hour = call.query.get("hour")
    total, routes = ranking(hits.counts(day, hour, call.deadline), call.query["limit"])
    named = {"day": day} if hour is None else {"day": day, "hour": hour}
    return Response(200, {**named, "hits": total, "routes": routes})
