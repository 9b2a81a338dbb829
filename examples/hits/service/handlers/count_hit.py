"""Any method of /{proxy+}."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from service.counters import SHARDS, Hit
from service.operation import operation
from service.proxy import Response
from service.store import hits
from service.validation import Call


@operation("countHit")
def handler(call: Call) -> Response:
    """200 once the hit is counted."""
    hit = Hit.of(f"/{call.path['proxy']}", datetime.now(UTC))
    hits.count(hit, random.randrange(SHARDS), call.deadline)
    return Response(200, {"route": hit.route, "day": hit.day, "hour": hit.hour})
