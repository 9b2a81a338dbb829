"""Products in the table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service.errors import Conflict, NotFound
from service.model import (
    ALL_PRODUCTS,
    PRODUCT,
    Item,
    content,
    new_product,
    price_place,
    product_key,
    shelf,
    shown,
    timestamp,
)
from service.pages import Page, page
from service.table import ConditionFailed, Table, table

MOST_STOCK = 1_000_000
_NONE = "There is no product with this id."


def get(product_id: str) -> Item:
    """A product as it is now. Raises NotFound."""
    found = table.get(product_key(product_id))
    if not found:
        raise NotFound(_NONE)
    return shown(found, PRODUCT)


def browse(query: Mapping[str, Any]) -> Page:
    """The products of a category between two prices, cheapest first."""
    # What follows a cursor is greater than it; "~" is greater than whatever an id holds.
    first = max(price_place(query["minPrice"]), f"{query['cursor']} " if "cursor" in query else "")
    bounds = first, f"{price_place(query['maxPrice'])}~"
    return page("GSI1", shelf(query["category"]), bounds, query["limit"], PRODUCT)


def feed(query: Mapping[str, Any]) -> Page:
    """All products, in the order in which they were written last."""
    bounds = f"{query['cursor']} " if "cursor" in query else "0", "~"
    return page("GSI2", ALL_PRODUCTS, bounds, query["limit"], PRODUCT)


def create(body: Mapping[str, Any], now: datetime) -> Item:
    """A new product. Raises Conflict if its id is taken."""
    product = new_product(body, timestamp(now))
    try:
        table.put(
            product,
            ConditionExpression="attribute_not_exists(PK)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ConditionFailed as failed:
        # An earlier attempt may have put it, and its answer got lost.
        if failed.item != product:
            raise Conflict("There is a product with this id already.") from None
    return shown(product, PRODUCT)


def replace(product_id: str, body: Mapping[str, Any], now: datetime) -> Item:
    """Give a product other content. Raises NotFound."""
    values = content(body, product_id, timestamp(now))
    try:
        changed = table.update(
            product_key(product_id),
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
            ExpressionAttributeNames={f"#{name}": name for name in values},
            ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
            ConditionExpression="attribute_exists(PK)",
        )
    except ConditionFailed:
        raise NotFound(_NONE) from None
    return shown(changed, PRODUCT)


def change_stock(once: Table, product_id: str, change: int) -> Item:
    """Add to a product's stock, or take from it. Raises NotFound, and Conflict where there is too little."""
    try:
        changed = once.update(
            product_key(product_id),
            UpdateExpression="ADD stock :change",
            ExpressionAttributeValues={
                ":change": change,
                ":lowest": max(0, -change),
                ":highest": MOST_STOCK - max(0, change),
            },
            ConditionExpression="attribute_exists(PK) AND stock BETWEEN :lowest AND :highest",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ConditionFailed as failed:
        if not failed.item:
            raise NotFound(_NONE) from None
        raise Conflict(f"There are {failed.item['stock']} of it: the stock stays from 0 to {MOST_STOCK}.") from None
    return shown(changed, PRODUCT)
