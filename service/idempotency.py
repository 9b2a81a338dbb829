"""What is kept of a POST with an Idempotency-Key: enough to know it again and to give its first answer. Pure.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service import exact_json

LIFETIME = 24 * 60 * 60
"""Seconds that a key is remembered."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A request's key, the fingerprint of its body, and its time in seconds since 1970."""

    key: str
    fingerprint: str
    time: int

    @classmethod
    def of(cls, key: str, body: Mapping[str, Any], now: datetime) -> Receipt:
        """The receipt of a request. Two bodies that say the same, in whatever order, have one fingerprint."""
        text = exact_json.dumps(dict(sorted(body.items())))
        return cls(key, hashlib.sha256(text.encode()).hexdigest(), int(now.timestamp()))

    @property
    def expires_at(self) -> int:
        """When the key is free again. DynamoDB deletes it some time later, so this is checked as well."""
        return self.time + LIFETIME
