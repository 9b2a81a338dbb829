"""Orders in the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.errors import Changed, Conflict, KeyReused, NotFound
from service.model import Item, new_order, shown
from service.table import ConditionFailed, table

_NONE = "There is no order with this id."
_OLD = "ALL_OLD"


def place(body: Mapping[str, Any], order_id: str, now: str, deadline: float) -> tuple[Item, bool]:
    """A new order, or the one that this id has already, and whether it had. Raises KeyReused."""
    order = new_order(body, order_id, now)
    try:
        table.put(
            order,
            deadline,
            ConditionExpression="attribute_not_exists(orderId)",
            ReturnValuesOnConditionCheckFailure=_OLD,
        )
    except ConditionFailed as failed:
        if failed.item["fingerprint"] != order["fingerprint"]:
            raise KeyReused from None
        return shown(failed.item), True
    return shown(order), False


def get(order_id: str, deadline: float) -> Item:
    """An order as it is now. Raises NotFound."""
    found = table.get({"orderId": order_id}, deadline)
    if not found:
        raise NotFound(_NONE)
    return shown(found)


def of_customer(customer: str, limit: int, cursor: str | None, deadline: float) -> tuple[list[Item], str | None]:
    """A customer's orders, newest first, and the cursor if there are more."""
    found = table.query(
        deadline,
        IndexName="byCustomer",
        KeyConditionExpression="customer = :customer AND place < :last",
        ExpressionAttributeValues={":customer": customer, ":last": cursor or "~"},
        ScanIndexForward=False,
        # One more than asked for, so that a full last page is known to be the last.
        Limit=limit + 1,
    )
    page = found[:limit]
    return [shown(order) for order in page], page[-1]["place"] if len(found) > limit else None


def change(order_id: str, patch: Mapping[str, Any], versions: list[int] | None, now: str, deadline: float) -> Item:
    """Some of an order changed. Raises NotFound, Changed, and Conflict if it is cancelled."""
    values = {name: value for name, value in patch.items() if value is not None}
    removed = [f"#{name}" for name, value in patch.items() if value is None]
    wanted = {f":w{number}": version for number, version in enumerate(versions or [])}
    conditions = ["attribute_exists(orderId)", "#status <> :cancelled"]
    if versions is not None:
        conditions.append(f"version IN ({', '.join(wanted)})")
    sets = ["updatedAt = :now", "version = version + :one", *(f"#{name} = :{name}" for name in values)]
    try:
        changed = table.update(
            {"orderId": order_id},
            deadline,
            UpdateExpression=f"SET {', '.join(sets)}" + (f" REMOVE {', '.join(removed)}" if removed else ""),
            ExpressionAttributeNames={f"#{name}": name for name in {"status", *patch}},
            ExpressionAttributeValues={
                ":now": now,
                ":one": 1,
                ":cancelled": "cancelled",
                **{f":{name}": value for name, value in values.items()},
                **wanted,
            },
            ConditionExpression=" AND ".join(conditions),
            ReturnValuesOnConditionCheckFailure=_OLD,
        )
    except ConditionFailed as failed:
        if not failed.item:
            raise NotFound(_NONE) from None
        if versions is not None and failed.item["version"] not in versions:
            raise Changed from None
        raise Conflict("The order is cancelled already.") from None
    return shown(changed)


def cancel(order_id: str, now: str, deadline: float) -> Item:
    """The order, cancelled. Raises NotFound, and Conflict if it is shipped."""
    try:
        changed = table.update(
            {"orderId": order_id},
            deadline,
            UpdateExpression="SET #status = :cancelled, updatedAt = :now, version = version + :one",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":cancelled": "cancelled",
                ":now": now,
                ":one": 1,
                ":placed": "placed",
                ":paid": "paid",
            },
            ConditionExpression="attribute_exists(orderId) AND #status IN (:placed, :paid)",
            ReturnValuesOnConditionCheckFailure=_OLD,
        )
    except ConditionFailed as failed:
        if not failed.item:
            raise NotFound(_NONE) from None
        if failed.item["status"] != "cancelled":
            raise Conflict("The order is shipped already.") from None
        changed = failed.item
    return shown(changed)
