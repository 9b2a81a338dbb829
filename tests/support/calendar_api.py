"""A calendar over a real socket: meetings whose times don't overlap, guests of theirs, and names that one room has.

Each method is one promise, so that a subclass can break it alone. Its database calls wait where a check holds them.
"""

from __future__ import annotations

import threading
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from homeport.contract.checks.check import Check
from homeport.contract.checks.client import Client
from homeport.contract.checks.runner import CheckOptions, CheckResults, run_checks
from homeport.contract.rest.infer import infer_model
from tests.support.answering_server import AnsweringServer
from tests.support.held_books import BookHolds
from tests.support.rest_api import Refused
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, WHOLE, answers, api_of, objects, takes

Item = dict[str, Any]

_NAME = {**TEXT, "minLength": 1, "maxLength": 60}
_TIME = {**TEXT, "format": "date-time"}
_ROOM = objects("roomId", "name", roomId=TEXT, name=_NAME)
_MEETING = objects(
    "meetingId", "startsAt", "endsAt", "guests", meetingId=TEXT, startsAt=_TIME, endsAt=_TIME, guests=WHOLE
)
_REFUSED = objects(title=TEXT)
_GUEST = [{"name": "guest", "in": "path", "required": True, "schema": {**TEXT, "pattern": "^[a-z]{1,20}$"}}]


def _refusing(operation: dict[str, Any], conflict: str = "") -> dict[str, Any]:
    found = {status: answers(_REFUSED, status)["responses"][status] for status in ("400", "404")}
    if conflict:
        found["409"] = {**answers(_REFUSED, "409")["responses"]["409"], "description": conflict}
    return {**operation, "responses": {**operation["responses"], **found}}


_NAMED = "Another room has this name."
_TIMES = {"startsAt": _TIME, "endsAt": _TIME}
_PATHS = {
    "/rooms": {"post": _refusing(takes(objects("name", name=_NAME), answers(_ROOM, "201")), _NAMED)},
    "/rooms/{roomId}": {
        "get": answers(_ROOM),
        "patch": _refusing(takes(objects(name=_NAME), answers(_ROOM)), _NAMED),
    },
    "/meetings": {
        "post": _refusing(
            takes(objects(*_TIMES, **_TIMES), answers(_MEETING, "201")), "Its time overlaps with another meeting's."
        )
    },
    "/meetings/{meetingId}": {"get": answers(_MEETING)},
    "/meetings/{meetingId}/guests/{guest}": {
        "parameters": _GUEST,
        "put": _refusing(answers(None, "204")),
        "delete": _refusing(answers(None, "204")),
    },
}


class Calendar(AnsweringServer):
    """A calendar in which nothing overlaps."""

    def __init__(self) -> None:
        self.holds, self.lock = BookHolds(), threading.RLock()
        self.rooms: dict[str, Item] = {}
        self.meetings: dict[str, Item] = {}
        self.guests: set[tuple[str, str]] = set()
        super().__init__()

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        try:
            match method, path:
                case "POST", ["rooms"]:
                    return 201, self.name_room({"roomId": uuid.uuid4().hex, **body})
                case "PATCH", ["rooms", id_]:
                    return 200, self.name_room({**self.find(self.rooms, id_), **body})
                case "GET", ["rooms", id_]:
                    return 200, self.find(self.rooms, id_)
                case "POST", ["meetings"]:
                    return 201, self.meet(body)
                case "GET", ["meetings", id_]:
                    return 200, self.find(self.meetings, id_)
                case "PUT" | "DELETE", ["meetings", id_, "guests", guest] if id_ in self.meetings:
                    self.change_guest(id_, guest, 1 if method == "PUT" else -1)
                    return 204, None
        except Refused as refused:
            return refused.reply.status, refused.reply.body
        return 404, {"title": "not found"}

    def find(self, items: dict[str, Item], id_: str) -> Item:
        """Return an item. Raises Refused."""
        if id_ not in items:
            raise Refused(404, "none")
        return dict(items[id_])

    def name_room(self, room: Item) -> Item:
        """Store a room under a name that no other one has."""
        self.check_name(room)
        self.holds.take("TransactWriteItems")
        with self.lock:
            self.check_name(room)
            self.rooms[room["roomId"]] = room
        return room

    def check_name(self, room: Item) -> None:
        """Raise Refused where another room has the name."""
        if any(one["name"] == room["name"] and one["roomId"] != room["roomId"] for one in self.rooms.values()):
            raise Refused(409, _NAMED)

    def meet(self, body: Item) -> Item:
        """Store a meeting whose time is free."""
        first, last = (datetime.fromisoformat(body[name]) for name in ("startsAt", "endsAt"))
        if first >= last:
            raise Refused(400, "endsAt must be after startsAt")
        self.holds.take("TransactWriteItems")
        with self.lock:
            for one in self.meetings.values():
                if self.is_taken(first, last, *(datetime.fromisoformat(one[name]) for name in ("startsAt", "endsAt"))):
                    raise Refused(409, "overlaps")
            made = {"meetingId": uuid.uuid4().hex, **body, "guests": 0}
            self.meetings[made["meetingId"]] = made
        return made

    def is_taken(self, first: datetime, last: datetime, begin: datetime, end: datetime) -> bool:
        """Return whether two times overlap."""
        return first < end and begin < last

    def change_guest(self, id_: str, guest: str, by: int) -> None:
        """Add a guest, or remove one, and count."""
        self.holds.take("TransactWriteItems")
        with self.lock:
            if ((id_, guest) in self.guests) is not (by > 0):
                self.count_guest(id_, guest, by)

    def count_guest(self, id_: str, guest: str, by: int) -> None:
        """Change the guests of a meeting, and their number."""
        (self.guests.add if by > 0 else self.guests.discard)((id_, guest))
        self.meetings[id_]["guests"] += by


def run_on_calendar(root: Path, calendar: Calendar, checks: tuple[Check, ...], *, seed: int = 1) -> CheckResults:
    """Return the results of checks on a calendar whose calls they may hold."""
    with calendar.serving():
        model = infer_model(api_of({"paths": _PATHS}))
        return run_checks(book_project(root), model, [Client(calendar.url)], CheckOptions(seed), calendar.holds, checks)
