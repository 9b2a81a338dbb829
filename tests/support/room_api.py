"""A healthy REST API of rooms, their tickets and bookings of them, in this process and over a real socket.

A room is changed by a PUT that names the version which the client has read. It has as many tickets as seats. A booking
needs a room that is there, and has its day for itself until it is deleted, moved or cancelled.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jsonschema_rs

from homeport.contract.checks.check import Check
from homeport.contract.checks.client import Client
from homeport.contract.checks.runner import CheckOptions, CheckResults, run_checks
from homeport.contract.rest.infer import infer_model
from homeport.project.schema.json_schema import to_json_schema
from tests.support.held_books import BookHolds
from tests.support.rest_api import Refused
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, WHOLE, answers, api_of, objects, takes

_RESOURCES = """
Resources:
  RoomsTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: roomId, AttributeType: S}]
      KeySchema: [{AttributeName: roomId, KeyType: HASH}]
      TimeToLiveSpecification: {AttributeName: expiresAt, Enabled: true}
"""

Item = dict[str, Any]

_LINE = {**TEXT, "minLength": 1, "maxLength": 60}
_SEATS = {**WHOLE, "minimum": 1, "maximum": 200, "example": 2}


def room_document() -> dict[str, Any]:
    """Return the document."""
    note = {"type": "string", "maxLength": 60, "default": ""}
    room = {"name": _LINE, "note": note, "seats": _SEATS}
    version = {**WHOLE, "minimum": 1, "maximum": 10**6}
    shown = objects("roomId", "name", "note", "seats", "version", roomId=TEXT, **room, version=version)
    ticket = objects("ticketId", "holder", ticketId=TEXT, holder=_LINE)
    purpose = {"type": "string", "enum": ["talk", "party", "class", "exam"]}
    day = {**TEXT, "pattern": "^d[0-9]{1,8}$"}
    booking = {"roomId": {**TEXT, "minLength": 1}, "day": day, "purpose": purpose, "note": note}
    state = {"type": "string", "enum": ["open", "cancelled"]}
    booked = objects("bookingId", "roomId", "day", "purpose", "note", "state", bookingId=TEXT, **booking, state=state)
    problem = objects(title=TEXT)
    refusals = {status: answers(problem, status)["responses"][status] for status in ("400", "404", "409", "422")}

    def with_refusals(operation: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {**operation, **more, "responses": {**operation["responses"], **refusals}}

    paths = {
        "/rooms": {"post": with_refusals(takes(_closed("name seats", room), answers(shown, "201")))},
        "/rooms/{roomId}": {
            "get": answers(shown),
            "put": with_refusals(takes(_closed("name seats version", {**room, "version": version}), answers(shown))),
            "delete": with_refusals(answers(None, "204")),
        },
        "/rooms/{roomId}/restore": {"post": with_refusals(answers(shown))},
        "/rooms/{roomId}/tickets": {
            "post": with_refusals(takes(_closed("holder", {"holder": _LINE}), answers(ticket, "201")))
        },
        "/rooms/{roomId}/tickets/{ticketId}": {"get": answers(ticket)},
        "/rooms/{roomId}/tickets/{ticketId}/use": {
            "post": with_refusals(answers(ticket), description="Lets its holder in; 409 if it was used before.")
        },
        "/bookings": {"post": with_refusals(takes(_closed("roomId day purpose", booking), answers(booked, "201")))},
        "/bookings/{bookingId}": {
            "get": answers(booked),
            "put": with_refusals(takes(_closed("roomId day purpose", booking), answers(booked))),
            "delete": with_refusals(answers(None, "204")),
        },
        "/bookings/{bookingId}/cancel": {
            "post": with_refusals(answers(booked), description="Cancels one, from open only. Its day is released.")
        },
    }
    return {"paths": paths}


def _closed(required: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {**objects(*required.split(), **properties), "additionalProperties": False}


_DOCUMENT = room_document()


class RoomHolds(BookHolds):
    """The controls of an API's calls, and the table with its rooms."""

    def __init__(self, api: RoomApi) -> None:
        super().__init__()
        self.api = api

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return the items of the rooms."""
        keys = ("roomId", "expiresAt")
        return [{name: {"S": str(room[name])} for name in keys if name in room} for room in self.api.rooms.values()]

    def describe(self, table: str) -> Mapping[str, Any]:
        """Return the properties of the table."""
        key = {"AttributeName": "roomId", "KeyType": "HASH"}
        return {"KeySchema": [key], "TimeToLiveSpecification": {"AttributeName": "expiresAt", "Enabled": True}}


class RoomApi:
    """The API. Each method is one promise, so that a subclass can break it alone."""

    def __init__(self) -> None:
        self.rooms: dict[str, Item] = {}
        self.tickets: dict[tuple[str, str], Item] = {}
        self.bookings: dict[str, Item] = {}
        self.days: dict[tuple[str, str], str] = {}
        self.used: set[str] = set()
        self.holds = RoomHolds(self)
        self.lock = threading.RLock()

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        try:
            match method, path:
                case _, ["rooms", _, "tickets", *_]:
                    return self.of_tickets(method, path, body)
                case "POST", ["rooms"]:
                    self.valid(method, "/rooms", body)
                    return 201, self.store(self.rooms, "roomId", {"note": "", **body, "version": 1})
                case "PUT", ["rooms", id_]:
                    return 200, self.replace_room(id_, body)
                case "GET", ["rooms", id_]:
                    return 200, self.find(self.rooms, id_)
                case "DELETE", ["rooms", id_]:
                    self.rooms[id_] = {**self.find(self.rooms, id_), "expiresAt": 2 * 10**9}
                    return 204, None
                case "POST", ["rooms", id_, "restore"] if id_ in self.rooms:
                    self.rooms[id_] = self.restored(self.rooms[id_])
                    return 200, self.find(self.rooms, id_)
                case _, ["bookings", *rest]:
                    return self.of_bookings(method, rest, body)
        except Refused as refused:
            return refused.reply.status, refused.reply.body
        return 404, {"title": "no such route"}

    def of_tickets(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Answer a request about tickets."""
        match method, path:
            case "POST", [_, id_, _]:
                return 201, self.sell(id_, body)
            case "POST", [_, id_, _, ticket, "use"]:
                return 200, self.use(self.find(self.tickets, (id_, ticket)))
            case "GET", [_, id_, _, ticket]:
                return 200, self.find(self.tickets, (id_, ticket))
        return 404, {"title": "no such route"}

    def valid(self, method: str, path: str, body: Any) -> None:
        """Raise Refused unless a body keeps to the schema of its operation."""
        node = _DOCUMENT["paths"][path][method.lower()].get("requestBody")
        if node is not None:
            schema = node["content"]["application/json"]["schema"]
            if not jsonschema_rs.Draft7Validator(to_json_schema(schema, _DOCUMENT)).is_valid(body):
                raise Refused(400, "not valid")

    def find(self, items: dict[Any, Item], id_: Any) -> Item:
        """Return an item. Raises Refused."""
        if id_ not in items or self.is_deleted(items[id_]):
            raise Refused(404, "none")
        return {name: value for name, value in items[id_].items() if name not in ("lasts", "expiresAt")}

    def is_deleted(self, item: Item) -> bool:
        """Return whether an item only waits for its end."""
        return "expiresAt" in item and "lasts" not in item

    def restored(self, room: Item) -> Item:
        """Return a deleted room as it was."""
        return {name: value for name, value in room.items() if name != "expiresAt"}

    def use(self, ticket: Item) -> Item:
        """Let the holder of a ticket in, once."""
        if ticket["ticketId"] in self.used:
            raise Refused(409, "used before")
        self.used.add(ticket["ticketId"])
        return ticket

    def store(self, items: dict[Any, Item], name: str, item: Item) -> Item:
        """Store a new item under an id of its own and return it."""
        made = {name: uuid.uuid4().hex, **item}
        items[made[name]] = made
        return dict(made)

    def replace_room(self, id_: str, body: Item) -> Item:
        """Replace a room, if its version is the one that the client has read."""
        self.valid("PUT", "/rooms/{roomId}", body)
        old = self.find(self.rooms, id_)
        if not self.is_current(old, body):
            raise Refused(409, "another version")
        self.rooms[id_] = {**self.replaced(old, body), "version": old["version"] + 1}
        return dict(self.rooms[id_])

    def is_current(self, old: Item, body: Item) -> bool:
        """Return whether a request names the current version."""
        return bool(body.get("version") == old["version"])

    def replaced(self, old: Item, body: Item) -> Item:
        """Return a room with other content."""
        return {"note": "", **body, "roomId": old["roomId"]}

    def sell(self, id_: str, body: Item) -> Item:
        """Sell a ticket for a room, one for each seat."""
        self.valid("POST", "/rooms/{roomId}/tickets", body)
        self.holds.take("GetItem")
        self.check_seats(id_)
        self.holds.take("PutItem")
        made = {"ticketId": uuid.uuid4().hex, **body}
        with self.lock:
            self.check_sold(id_)
            self.tickets[id_, made["ticketId"]] = made
        return made

    def check_seats(self, id_: str) -> None:
        """Raise Refused unless a room has a free seat."""
        room = self.find(self.rooms, id_)
        if len([1 for owner, _ in self.tickets if owner == id_]) >= room["seats"]:
            raise Refused(409, "sold out")

    def check_sold(self, id_: str) -> None:
        """Raise Refused where the last seat was sold meanwhile."""
        self.check_seats(id_)

    def of_bookings(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Answer a request about bookings."""
        match method, path:
            case "POST", []:
                self.valid(method, "/bookings", body)
                self.holds.take("GetItem")
                self.check_free(body, "")
                self.holds.take("PutItem")
                self.check_taken(body)
                made = self.store(self.bookings, "bookingId", {"note": "", **body, "state": "open"})
                self.days[made["roomId"], made["day"]] = made["bookingId"]
                return 201, made
            case "GET", [id_]:
                return 200, self.find(self.bookings, id_)
            case "PUT", [id_]:
                return 200, self.move(self.find(self.bookings, id_), body)
            case "DELETE", [id_]:
                self.free(self.find(self.bookings, id_), "DELETE")
                del self.bookings[id_]
                return 204, None
            case "POST", [id_, "cancel"]:
                return 200, self.cancel(id_)
        return 404, {"title": "no such route"}

    def check_free(self, body: Item, id_: str) -> None:
        """Raise Refused unless a booking may have its room and day."""
        if body["roomId"] not in self.rooms:
            raise Refused(422, "no such room")
        if self.days.get((body["roomId"], body["day"]), id_) != id_:
            raise Refused(409, "taken")

    def check_taken(self, body: Item) -> None:
        """Raise Refused where another booking took the day meanwhile."""
        self.check_free(body, "")

    def move(self, old: Item, body: Item) -> Item:
        """Replace a booking."""
        self.valid("PUT", "/bookings/{bookingId}", body)
        self.check_free(body, old["bookingId"])
        self.free(old, "PUT")
        new = {"bookingId": old["bookingId"], "note": "", **body, "state": old["state"]}
        self.days[new["roomId"], new["day"]] = new["bookingId"]
        self.bookings[new["bookingId"]] = new
        return dict(new)

    def cancel(self, id_: str) -> Item:
        """Cancel a booking that is open."""
        self.holds.take("UpdateItem")
        with self.lock:
            old = self.find(self.bookings, id_)
            if old["state"] != "open":
                raise Refused(409, "cancelled already")
            self.free(old, "cancel")
            self.bookings[id_] = {**old, "state": "cancelled"}
        return dict(self.bookings[id_])

    def free(self, booking: Item, reason: str) -> None:
        """Let others have the day of a booking."""
        if self.days.get((booking["roomId"], booking["day"])) == booking["bookingId"]:
            del self.days[booking["roomId"], booking["day"]]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, api: RoomApi) -> None:
        self.api = api
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _any(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(data or b"null")
        except ValueError:
            body = None
        path = self.path.partition("?")[0].strip("/").split("/")
        status, answer = self.server.api.answer(self.command, path, body)
        text = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = _any

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def serve_rooms(api: RoomApi) -> Iterator[str]:
    """Serve an API on a free port; the value is its base URL."""
    with _Server(api) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def run_on_rooms(root: Path, api: RoomApi, checks: tuple[Check, ...], *, seed: int = 1) -> CheckResults:
    """Return the results of checks on an API whose calls they may hold."""
    (root / "deploy").mkdir(parents=True, exist_ok=True)
    (root / "deploy" / "resources.yaml").write_text(_RESOURCES)
    with serve_rooms(api) as url:
        model = infer_model(api_of(room_document()))
        return run_checks(book_project(root), model, [Client(url)], CheckOptions(seed), api.holds, checks)
