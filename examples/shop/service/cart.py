"""The lines of a user's cart."""

from __future__ import annotations

from datetime import datetime

from service import catalogue
from service.model import LINE, Item, line_key, new_line, shown
from service.table import table

MOST_SHOWN = 1000


def lines(user: str) -> list[Item]:
    """What is in a user's cart now, in the order of the products' ids."""
    keys = {":user": f"USER#{user}", ":cart": "CART#"}
    return table.query("PK = :user AND begins_with(SK, :cart)", keys, ConsistentRead=True, Limit=MOST_SHOWN)


def put(user: str, product_id: str, quantity: int, now: datetime) -> Item:
    """So many of a product in the cart. Raises NotFound if there is no such product."""
    catalogue.get(product_id)
    line = new_line(user, product_id, quantity, now)
    table.put(line)
    return shown(line, LINE)


def remove(user: str, product_id: str) -> None:
    """No line for this product in the cart."""
    table.delete(line_key(user, product_id))
