"""Where a hit is counted, and what counters add up to. Pure.

DynamoDB writes a partition at most 1,000 times a second, so a day is spread over shards:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-sharding.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SHARDS = 8
"""More of them take more hits a second, and make a ranking dearer: it reads them all."""

LIFETIME = 35 * 24 * 60 * 60
"""Seconds that a counter is kept after its first hit."""


@dataclass(frozen=True, slots=True)
class Hit:
    """``day`` is ``2026-01-31`` in UTC, ``expires_at`` seconds since 1970."""

    route: str
    day: str
    hour: int
    expires_at: int

    @classmethod
    def of(cls, route: str, now: datetime) -> Hit:
        """A hit at this moment."""
        utc = now.astimezone(UTC)
        return cls(route, utc.strftime("%Y-%m-%d"), utc.hour, int(now.timestamp()) + LIFETIME)


def shard_key(day: str, shard: int) -> str:
    """The partition of a shard of a day."""
    return f"{day}#{shard}"


def hour_name(hour: int) -> str:
    """The attribute that counts an hour."""
    return f"h{hour:02}"


def ranking(counts: Iterable[tuple[str, int]], limit: int) -> tuple[int, list[Mapping[str, Any]]]:
    """All hits, and the routes with most of them; shards of a route are added up."""
    total: Counter[str] = Counter()
    for route, hits in counts:
        total[route] += hits
    first = sorted(((hits, route) for route, hits in total.items() if hits), key=lambda pair: (-pair[0], pair[1]))
    return sum(total.values()), [{"route": route, "hits": hits} for hits, route in first[:limit]]
