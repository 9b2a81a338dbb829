"""What an item is, and how it changes. Pure: ids and the time are arguments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact
from typing import Any

Item = dict[str, Any]
"""The properties that openapi.yaml gives an Item."""

PROPERTIES = ("itemId", "name", "description", "price", "status", "tags", "createdAt", "updatedAt", "version")

SIGNIFICANT_DIGITS = 38
"""What DynamoDB keeps of a number.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

_DEFAULTS: Item = {"description": "", "price": None, "status": "active", "tags": []}
_STORED = Context(prec=SIGNIFICANT_DIGITS, traps=[Inexact])


def new_item(body: Mapping[str, Any], *, new_id: str, now: datetime) -> Item:
    """The item that a client asks for, under its own id or else under ``new_id``."""
    return {
        "itemId": body.get("itemId", new_id),
        **content(body),
        "createdAt": timestamp(now),
        "updatedAt": timestamp(now),
        "version": 1,
    }


def content(body: Mapping[str, Any]) -> Item:
    """The properties of an item that clients write, defaults filled in as openapi.yaml has them."""
    return _exact({"name": body["name"], **{name: body.get(name, value) for name, value in _DEFAULTS.items()}})


def changes(patch: Mapping[str, Any]) -> Item:
    """The properties that a merge patch (RFC 7396) sets; null stands for the default."""
    return _exact({name: _DEFAULTS[name] if value is None else value for name, value in patch.items()})


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds, so that texts sort as times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def too_precise(body: Any) -> list[dict[str, str]]:
    """The violation that openapi.yaml has no word for: a price of more digits than are kept."""
    price = body.get("price") if isinstance(body, dict) else None
    try:
        _price(price if isinstance(price, int | Decimal) else None)
    except Inexact:
        detail = f"must have at most {SIGNIFICANT_DIGITS} significant digits"
        return [{"in": "body", "pointer": "/price", "detail": detail}]
    return []


def _exact(properties: Item) -> Item:
    return {name: _price(value) if name == "price" else value for name, value in properties.items()}


def _price(number: int | Decimal | None) -> Decimal | None:
    return None if number is None else _STORED.create_decimal(number).normalize(_STORED) or Decimal(0)
