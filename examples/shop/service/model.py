"""Products, carts and orders, and where each stands in the table. Pure: ids and the time are arguments."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Item = dict[str, Any]

PRODUCT = ("productId", "category", "name", "price", "stock", "updatedAt")
LINE = ("productId", "quantity")
ORDER = ("orderId", "status", "lines", "total", "createdAt", "updatedAt")

STATUSES = ("placed", "packed", "shipped", "delivered")
"""In the order in which they follow each other."""

MOST_LINES = 40
"""Of an order. A transaction holds 100 writes, and a line is two of them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

CART_LIFETIME = 30 * 24 * 60 * 60
"""Seconds."""

ALL_PRODUCTS = "PRODUCTS"


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds, so that texts sort as times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def product_key(product_id: str) -> Item:
    """Where a product is."""
    return {"PK": f"PRODUCT#{product_id}", "SK": "PRODUCT"}


def line_key(user: str, product_id: str) -> Item:
    """Where a line of a cart is."""
    return {"PK": f"USER#{user}", "SK": f"CART#{product_id}"}


def order_key(order_id: str) -> Item:
    """Where an order is."""
    return {"PK": f"ORDER#{order_id}", "SK": "ORDER"}


def shelf(category: str) -> str:
    """The partition of GSI1 that has a category's products, cheapest first."""
    return f"CATEGORY#{category}"


def price_place(price: int, product_id: str = "") -> str:
    """A product's place on its shelf."""
    return f"{price:09}_{product_id}"


def by_status(status: str) -> str:
    """The partition of GSI2 that has the orders of a status."""
    return f"STATUS#{status}"


def content(body: Mapping[str, Any], product_id: str, now: str) -> Item:
    """What an admin says of a product, with its places in the indexes."""
    return {
        "category": body["category"],
        "name": body["name"],
        "price": body["price"],
        "updatedAt": now,
        "GSI1PK": shelf(body["category"]),
        "GSI1SK": price_place(body["price"], product_id),
        "GSI2PK": ALL_PRODUCTS,
        "GSI2SK": f"{now}_{product_id}",
    }


def new_product(body: Mapping[str, Any], now: str) -> Item:
    """A product of which there is nothing in stock."""
    product_id = body["productId"]
    return {**product_key(product_id), "productId": product_id, "stock": 0, **content(body, product_id, now)}


def new_line(user: str, product_id: str, quantity: int, now: datetime) -> Item:
    """A line of a user's cart."""
    expires = int(now.timestamp()) + CART_LIFETIME
    return {**line_key(user, product_id), "productId": product_id, "quantity": quantity, "expiresAt": expires}


def order_id_of(user: str, key: str) -> str:
    """One order for each Idempotency-Key of a user: the same key always means the same order."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"order:{user}:{key}").hex


def new_order(order_id: str, user: str, lines: Sequence[Item], now: str) -> Item:
    """The order of what is in a cart; ``lines`` have name, price and quantity."""
    return {
        **order_key(order_id),
        "orderId": order_id,
        "user": user,
        "status": STATUSES[0],
        "lines": [{name: line[name] for name in ("productId", "name", "price", "quantity")} for line in lines],
        "total": sum(line["price"] * line["quantity"] for line in lines),
        "createdAt": now,
        "updatedAt": now,
        "GSI1PK": f"USER#{user}",
        "GSI1SK": f"{now}_{order_id}",
        "GSI2PK": by_status(STATUSES[0]),
        "GSI2SK": f"{now}_{order_id}",
    }


def shown(item: Mapping[str, Any], properties: Sequence[str]) -> Item:
    """What clients see of an item."""
    return {name: item[name] for name in properties}
