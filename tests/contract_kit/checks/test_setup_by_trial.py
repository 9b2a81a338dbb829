"""Resources are made although prose alone says what a create takes: rooms that are there, nights to come."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.client import Client
from homeport.contract.checks.resource_client import ResourceClient
from homeport.contract.checks.session import Session
from homeport.contract.rest.infer import infer_model
from homeport.contract.rest.values import Values
from tests.support.answering_server import AnsweringServer
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, WHOLE, answers, api_of, objects, takes

DAY = {"type": "string", "format": "date"}
STAY = {"roomId": {**TEXT, "pattern": "^[a-z]+$", "example": "blue"}, "checkIn": DAY, "checkOut": DAY, "guest": TEXT}
BOOKING = objects("bookingId", *STAY, bookingId=TEXT, **STAY)


class Hotel(AnsweringServer):
    """A hotel: it has two rooms, takes bookings of nights to come, and gives a room to one guest a night.

    ``closed`` refuses every booking, ``small`` a number of people.
    """

    def __init__(self, *, closed: bool = False, small: bool = False) -> None:
        self.closed, self.small = closed, small
        self.taken: list[tuple[str, str, str]] = []
        super().__init__()

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        if path == ["settings"]:
            return 200, {"breakfast": True, **(body or {})}
        if self.closed:
            return 422, {"error": {"code": "closed", "message": "The house is closed\nin winter."}}
        if self.small and "people" in body:
            return 422, {"detail": "no people"}
        if body["roomId"] not in ("blue", "green"):
            return 422, {"detail": f"no room {body['roomId']}"}
        first, last = date.fromisoformat(body["checkIn"]), date.fromisoformat(body["checkOut"])
        if not datetime.now(UTC).date() < first < last:
            return 422, {"detail": "these are no nights to come"}
        for room, since, until in self.taken:
            if room == body["roomId"] and since < body["checkOut"] and body["checkIn"] < until:
                return 409, {"detail": "taken"}
        self.taken.append((body["roomId"], body["checkIn"], body["checkOut"]))
        return 201, {"bookingId": f"b{len(self.taken)}", **body}


@contextmanager
def hotel_session(root: Path, hotel: Hotel) -> Iterator[Session]:
    """Serve a hotel, and yield a check's session with it."""
    properties = {**STAY, "people": {**WHOLE, "minimum": 1, "maximum": 4}}
    paths = {
        "/bookings": {"post": takes(objects(*STAY, **properties), answers(BOOKING, "201"))},
        "/bookings/{bookingId}": {"get": answers(BOOKING)},
        "/settings": {
            "get": answers(objects(breakfast={"type": "boolean"})),
            "patch": takes(objects(breakfast={"type": "boolean"}), answers(objects(breakfast={"type": "boolean"}))),
        },
    }
    with _session(root, hotel, paths) as session:
        yield session


@contextmanager
def _session(root: Path, server: AnsweringServer, paths: dict[str, Any]) -> Iterator[Session]:
    document = {"paths": paths}
    generator = random.Random(1)
    with server.serving():
        values = Values(document, generator)
        yield Session(book_project(root), infer_model(api_of(document)), Client(server.url), generator, values)


def make(session: Session, name: str) -> Any:
    """Make a resource of a name."""
    found = session.model.find(name)
    assert found is not None
    return session.make(found)


def test_nights_are_found_that_are_still_to_come_and_free(tmp_path: Path) -> None:
    hotel = Hotel()
    with hotel_session(tmp_path, hotel) as session:
        assert all(make(session, "bookings") is not None for _ in range(40))
        assert len(hotel.sent) < 80


def test_a_body_without_what_it_need_not_have_is_tried(tmp_path: Path) -> None:
    with hotel_session(tmp_path, Hotel(small=True)) as session:
        assert "people" not in make(session, "bookings").sent


def test_a_value_that_the_api_alone_knows_stays_as_the_example_has_it(tmp_path: Path) -> None:
    hotel = Hotel()
    with hotel_session(tmp_path, hotel) as session:
        resource = session.model.find("bookings")
        assert resource is not None
        client = ResourceClient.of(session, resource)
        assert client.is_bound("roomId", STAY["roomId"])
        assert client.is_bound("checkIn", DAY)
        assert not client.is_bound("guest", TEXT)
        assert resource.create is not None
        assert {client.full(resource.create, number)["roomId"] for number in range(5)} == {"blue"}
        sent = len(hotel.sent)
        assert client.is_bound("roomId", STAY["roomId"])
        assert len(hotel.sent) == sent


def test_a_refusal_is_noted_with_the_words_of_the_api_and_what_to_do(tmp_path: Path) -> None:
    with hotel_session(tmp_path, Hotel(closed=True)) as session:
        assert make(session, "bookings") is None
        assert make(session, "bookings") is None
        assert set(session.untested_reasons) == {
            'no bookings can be made: POST /bookings was answered with 422, "The house is closed in winter." '
            "(give the request body an example that the API accepts)"
        }


def test_the_only_one_of_its_kind_is_there_after_a_patch(tmp_path: Path) -> None:
    with hotel_session(tmp_path, Hotel()) as session:
        made = make(session, "settings")
        assert (made.path, made.answer.status) == ({}, 200)


class Files(AnsweringServer):
    """Files have names of their own, content in base64, and may be in a folder that is there."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        super().__init__()

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        if "shelf" in body:
            return 400, {"detail": "no such shelf"}
        try:
            base64.b64decode(body["content"], validate=True)
        except ValueError:
            return 400, {"detail": "this is not base64"}
        if body["name"] in self.names:
            return 409, {"detail": "the name is taken"}
        self.names.add(body["name"])
        return 201, {"fileId": f"f{len(self.names)}", **body}


@pytest.mark.parametrize("shelf", [{}, {"shelf": "a"}])
def test_a_name_alone_is_another_one_where_names_are_taken(tmp_path: Path, shelf: dict[str, str]) -> None:
    files = Files()
    files.names.add("notes.txt")
    properties = {"name": TEXT, "content": TEXT, "shelf": TEXT}
    taken = takes(objects("name", "content", **properties), answers(objects(fileId=TEXT, **properties), "201"))
    example = {"name": "notes.txt", "content": "aGVsbG8gd29ybGQ=", **shelf}
    taken["requestBody"]["content"]["application/json"]["example"] = example
    paths = {"/files": {"post": taken}, "/files/{fileId}": {"get": answers(objects(fileId=TEXT, **properties))}}
    with _session(tmp_path, files, paths) as session:
        made = [make(session, "files") for _ in range(3)]
        assert [one.sent["content"] for one in made] == ["aGVsbG8gd29ybGQ="] * 3
        assert len({one.sent["name"] for one in made}) == 3
