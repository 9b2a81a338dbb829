"""Bookings, their extras, and the settings of the house."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import Key

from service import db
from service.errors import Conflict, Impossible, NotFound

ROOMS = ("blue", "green")
Item = dict[str, Any]


def now() -> str:
    """The time of the request."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def new_id() -> str:
    """An id that sorts by the time at which it was made."""
    return f"{time.time_ns() // 65_536:012x}"[-12:] + f"-{secrets.token_hex(4)}"


def shown(item: Item) -> Item:
    """An item without its keys."""
    return {name: value for name, value in item.items() if name not in ("pk", "sk")}


def every(pk: str) -> list[Item]:
    """All items of a partition, the newest first."""
    found: list[Item] = []
    start: dict[str, Any] = {}
    while True:
        page = db.hotel.query(
            KeyConditionExpression=Key("pk").eq(pk), ScanIndexForward=False, ConsistentRead=True, **start
        )
        found += map(shown, page["Items"])
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _nights(booking: Item) -> list[tuple[str, str]]:
    """The keys of the nights that a booking has."""
    first, last = (date.fromisoformat(booking[name]) for name in ("checkIn", "checkOut"))
    days = [first + timedelta(days=number) for number in range((last - first).days)]
    return [("night", f"{booking['roomId']} {day}") for day in days]


def create(content: Item) -> Item:
    """Hold a room. Raises Impossible and Conflict."""
    first, last = date.fromisoformat(content["checkIn"]), date.fromisoformat(content["checkOut"])
    if content["roomId"] not in ROOMS:
        raise Impossible(f"There is no room {content['roomId']}.")
    if last <= first:
        raise Impossible("checkOut must be after checkIn.")
    if first < datetime.now(UTC).date():
        raise Impossible("checkIn is in the past.")
    if (last - first).days > 30:
        raise Impossible("Nobody stays for more than 30 nights.")
    at = now()
    booking = {
        "id": new_id(),
        "roomId": content["roomId"],
        "guest": content["guest"],
        "people": content.get("people", 2),
        "wishes": content.get("wishes", ""),
        "checkIn": content["checkIn"],
        "checkOut": content["checkOut"],
        "nights": (last - first).days,
        "status": "held",
        "extrasTotal": 0,
        "createdAt": at,
        "updatedAt": at,
    }
    free = "attribute_not_exists(pk) OR id = :id"
    nights = [db.put({"pk": pk, "sk": sk, "id": booking["id"]}, free, id=booking["id"]) for pk, sk in _nights(booking)]
    try:
        db.transact(db.put({"pk": "booking", "sk": booking["id"], **booking}), *nights)
    except db.ConditionFailed:
        raise Conflict("The room is taken in one of these nights.") from None
    return booking


def get(id_: str) -> Item:
    """A booking. Raises NotFound."""
    item = db.hotel.get_item(Key={"pk": "booking", "sk": id_}, ConsistentRead=True).get("Item")
    if item is None:
        raise NotFound(f"There is no booking {id_}.")
    return shown(item)


def replace(id_: str, content: Item) -> Item:
    """Replace what the guest said. Raises NotFound."""
    party = {"guest": content["guest"], "people": content.get("people", 2), "wishes": content.get("wishes", "")}
    return _change(id_, lambda booking: party)


def _change(id_: str, content_of: Callable[[Item], Item], freed: Callable[[Item], list[Any]] = lambda _: []) -> Item:
    """Change a booking as it is, and what goes with it."""
    for _ in range(10):
        before = get(id_)
        booking = {**before, **content_of(before), "updatedAt": now()}
        same = db.put({"pk": "booking", "sk": id_, **booking}, "updatedAt = :at", at=before["updatedAt"])
        try:
            db.transact(same, *freed(before))
        except db.ConditionFailed:
            continue
        return booking
    raise TimeoutError("the booking changes all the time")


def move(id_: str, status: str, *origins: str) -> Item:
    """Change the status of a booking. Raises NotFound and Conflict."""

    def content_of(booking: Item) -> Item:
        if booking["status"] not in origins:
            raise Conflict(f"The booking is {booking['status']}.")
        return {"status": status}

    def freed(booking: Item) -> list[Any]:
        return [db.delete(pk, sk) for pk, sk in _nights(booking)] if status == "cancelled" else []

    return _change(id_, content_of, freed)


def delete(id_: str) -> None:
    """Delete a booking and its extras. Raises NotFound."""
    for _ in range(10):
        booking = get(id_)
        extras = [db.delete(f"extras {id_}", extra["id"]) for extra in every(f"extras {id_}")]
        nights = [] if booking["status"] == "cancelled" else [db.delete(pk, sk) for pk, sk in _nights(booking)]
        try:
            db.transact(
                db.delete("booking", id_, "updatedAt = :at", at=booking["updatedAt"]), *nights[:30], *extras[:60]
            )
        except db.ConditionFailed:
            continue
        return
    raise TimeoutError("the booking changes all the time")


_CHARGE = "SET updatedAt = :at ADD extrasTotal :price"


def add_extra(id_: str, content: Item) -> Item:
    """Add an extra to a booking. Raises NotFound."""
    extra = {"id": new_id(), "name": content["name"], "price": content["price"], "createdAt": now()}
    charge = db.update("booking", id_, _CHARGE, "attribute_exists(pk)", at=now(), price=extra["price"])
    try:
        db.transact(charge, db.put({"pk": f"extras {id_}", "sk": extra["id"], **extra}))
    except db.ConditionFailed:
        raise NotFound(f"There is no booking {id_}.") from None
    return extra


def get_extra(id_: str, extra_id: str) -> Item:
    """An extra. Raises NotFound."""
    item = db.hotel.get_item(Key={"pk": f"extras {id_}", "sk": extra_id}, ConsistentRead=True).get("Item")
    if item is None:
        raise NotFound(f"There is no extra {extra_id}.")
    return shown(item)


def remove_extra(id_: str, extra_id: str) -> None:
    """Remove an extra. Raises NotFound."""
    price = get_extra(id_, extra_id)["price"]
    gone = db.delete(f"extras {id_}", extra_id, "attribute_exists(pk)")
    try:
        db.transact(gone, db.update("booking", id_, _CHARGE, "attribute_exists(pk)", at=now(), price=-price))
    except db.ConditionFailed:
        raise NotFound(f"There is no extra {extra_id}.") from None


def settings(change: Item | None = None) -> Item:
    """The settings, after a change."""
    key = {"pk": "settings", "sk": "settings"}
    if change:
        names = {f"#{name}": name for name in change}
        answer = db.hotel.update_item(
            Key=key,
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in change),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={f":{name}": value for name, value in change.items()},
            ReturnValues="ALL_NEW",
        )
        return shown(answer["Attributes"])
    if change is not None:
        return shown(db.hotel.update_item(Key=key, ReturnValues="ALL_NEW")["Attributes"])
    return shown(db.hotel.get_item(Key=key, ConsistentRead=True).get("Item", {}))
