"""The nightly schedule: how many orders there are of each status."""

from __future__ import annotations

from collections import Counter
from typing import Any

from service.files import save_report
from service.store import orders


def handler(event: dict[str, Any], context: Any) -> None:
    """Write the report of the day on which the schedule was due."""
    counts = Counter(str(order["status"]) for order in orders.all())
    save_report(f"reports/{event['time'][:10]}.json", dict(counts))
