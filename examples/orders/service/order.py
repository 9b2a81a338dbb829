"""An order: how it begins, and what fits into a parcel. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

MOST_IN_A_PARCEL = 1000
RECEIPTS = "receipts/"
"""Where receipts are in the bucket: the prefix that deploy/resources.yaml names."""


def new_order(order_id: str, body: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the order that a body of ``NewOrder`` places at the time ``now`` (UTC)."""
    lines = [{"sku": line["sku"], "quantity": int(line["quantity"])} for line in body["lines"]]
    return {
        "orderId": order_id,
        "customer": body["customer"],
        "lines": lines,
        "status": "placed",
        "placedAt": timestamp(now),
    }


def pieces(order: Mapping[str, Any]) -> int:
    """Return how many things an order is about."""
    return sum(int(line["quantity"]) for line in order["lines"])


def timestamp(now: datetime) -> str:
    """Return a time in UTC as the API writes it."""
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def receipt_key(order_id: str) -> str:
    """Return the key of an order's receipt in the bucket."""
    return f"{RECEIPTS}{order_id}"
