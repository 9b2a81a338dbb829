"""What an order is, and how it changes. Pure: ids and the time are arguments."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from service import exact_json
from service.errors import BadRequest

Item = dict[str, Any]

PROPERTIES = ("orderId", "customer", "lines", "note", "total", "status", "createdAt", "updatedAt", "version")
MOST_TAGS = 20

_LISTED = re.compile(r'(W/)?"([^"]*)"')


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds, so that texts sort as times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def order_id_of(key: str | None) -> str:
    """One order for each Idempotency-Key; a new id without one."""
    return uuid.uuid4().hex if key is None else uuid.uuid5(uuid.NAMESPACE_URL, f"order:{key}").hex


def fingerprint(body: Mapping[str, Any]) -> str:
    """The same for bodies that say the same."""
    return hashlib.sha256(exact_json.dumps(_sorted(body)).encode()).hexdigest()


def new_order(body: Mapping[str, Any], order_id: str, now: str) -> Item:
    """The order that a customer asks for."""
    return {
        **body,
        "orderId": order_id,
        "total": sum(line["price"] * line["quantity"] for line in body["lines"]),
        "status": "placed",
        "createdAt": now,
        "updatedAt": now,
        "version": 1,
        "place": f"{now}_{order_id}",
        "fingerprint": fingerprint(body),
    }


def shown(item: Mapping[str, Any]) -> Item:
    """What clients see of an order."""
    return {name: item[name] for name in PROPERTIES if name in item}


def etag(item: Mapping[str, Any]) -> str:
    """The strong entity tag of an order."""
    return f'"{item["version"]}"'


def wanted_versions(headers: Mapping[str, Any]) -> list[int] | None:
    """The versions that If-Match names, [0] if none can be had; None if any will do."""
    header = headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    tags = [text for weak, text in _LISTED.findall(header) if not weak]
    if len(tags) > MOST_TAGS:
        raise BadRequest([{"in": "header", "pointer": "/If-Match", "detail": f"must have at most {MOST_TAGS} ETags"}])
    return [int(tag) for tag in tags if re.fullmatch("[1-9][0-9]{0,15}", tag)] or [0]


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
