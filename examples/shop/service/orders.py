"""Orders, and the transaction that makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service import cart
from service.errors import Conflict, NotFound, Unavailable
from service.model import (
    MOST_LINES,
    ORDER,
    STATUSES,
    Item,
    by_status,
    line_key,
    new_order,
    order_key,
    product_key,
    shown,
    timestamp,
)
from service.pages import Page, page
from service.retries import turns
from service.table import ConditionFailed, table

_NONE = "There is no order with this id."


def get(user: str, order_id: str) -> Item:
    """A user's order as it is now. Raises NotFound, for somebody else's as well."""
    found = table.get(order_key(order_id))
    if found.get("user") != user:
        raise NotFound(_NONE)
    return shown(found, ORDER)


def of_user(user: str, query: Mapping[str, Any]) -> Page:
    """A user's orders, newest first."""
    # "/" is less than any digit, so that the bound is just below its order.
    last = f"{query['cursor'][:-1]}{chr(ord(query['cursor'][-1]) - 1)}~" if "cursor" in query else "~"
    return page("GSI1", f"USER#{user}", ("0", last), query["limit"], ORDER, forward=False)


def of_status(query: Mapping[str, Any]) -> Page:
    """All users' orders of a status, oldest first."""
    bounds = f"{query['cursor']} " if "cursor" in query else "0", "~"
    return page("GSI2", by_status(query["status"]), bounds, query["limit"], ORDER)


def check_out(user: str, order_id: str, now: datetime, deadline: float) -> tuple[Item, bool]:
    """The order of what is in the cart, and whether it had been made before. Raises Conflict.

    The transaction only holds if cart, prices and stock are as they were read. Else they are read again.
    """
    for _ in turns(deadline):
        lines = cart.lines(user)
        # After the cart: whoever finds it empty because of this order finds the order as well.
        made = table.get(order_key(order_id))
        if made:
            return shown(made, ORDER), True
        order = new_order(order_id, user, _priced(lines), timestamp(now))
        if table.transact(_writes(order)):
            return shown(order, ORDER), False
    raise Unavailable("Others are buying the same. Try again, with the same Idempotency-Key.")


def change_status(order_id: str, status: str, now: datetime) -> Item:
    """Send an order on its way. Raises NotFound, and Conflict if it is as far already."""
    earlier = {f":s{number}": before for number, before in enumerate(STATUSES[: STATUSES.index(status)])}
    try:
        changed = table.update(
            order_key(order_id),
            UpdateExpression="SET #status = :status, updatedAt = :now, GSI2PK = :partition",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":status": status,
                ":now": timestamp(now),
                ":partition": by_status(status),
                **earlier,
            },
            ConditionExpression=f"#status IN ({', '.join(earlier)})",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ConditionFailed as failed:
        if not failed.item:
            raise NotFound(_NONE) from None
        # An earlier attempt may have changed it, and its answer got lost.
        if failed.item["status"] == status and failed.item["updatedAt"] == timestamp(now):
            return shown(failed.item, ORDER)
        raise Conflict(f"The order is {failed.item['status']} already.") from None
    return shown(changed, ORDER)


def _priced(lines: Sequence[Item]) -> list[Item]:
    """The lines with what the products cost now. Raises Conflict if they can't be sold."""
    if not lines:
        raise Conflict("The cart is empty.")
    if len(lines) > MOST_LINES:
        raise Conflict(f"The cart has more than {MOST_LINES} lines.")
    products = {found["productId"]: found for found in table.get_many([product_key(one["productId"]) for one in lines])}
    missing = [
        one["productId"] for one in lines if products.get(one["productId"], {"stock": 0})["stock"] < one["quantity"]
    ]
    if missing:
        raise Conflict(f"There is too little of {', '.join(missing)} in stock.")
    return [{**products[one["productId"]], "quantity": one["quantity"]} for one in lines]


def _writes(order: Item) -> list[Mapping[str, Any]]:
    """The order, the stock without it, the cart without it."""
    sold = [
        {
            "Update": {
                "Key": product_key(line["productId"]),
                "UpdateExpression": "SET stock = stock - :quantity",
                "ConditionExpression": "stock >= :quantity AND price = :price",
                "ExpressionAttributeValues": {":quantity": line["quantity"], ":price": line["price"]},
            }
        }
        for line in order["lines"]
    ]
    taken = [
        {
            "Delete": {
                "Key": line_key(order["user"], line["productId"]),
                "ConditionExpression": "quantity = :quantity",
                "ExpressionAttributeValues": {":quantity": line["quantity"]},
            }
        }
        for line in order["lines"]
    ]
    return [{"Put": {"Item": order, "ConditionExpression": "attribute_not_exists(PK)"}}, *sold, *taken]
