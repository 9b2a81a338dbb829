"""Resources that are made below another one, and have paths of their own, are tested as all others are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from homeport.contract.checks import collections, methods, round_trip
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project

CHECKS = (*round_trip.CHECKS, *methods.CHECKS, *collections.CHECKS)


class BooksOfRooms(BookApi):
    """Books that are made in a room."""

    def route(self, request: BookRequest) -> BookReply:
        match request.method, request.path:
            case "POST", ("rooms", "north", "books"):
                return self.create_once(request)
            case "POST", ("books",):
                raise Refused(404, "no such route")
        return super().route(request)


class StripsTitles(BooksOfRooms):
    """A title that loses its blanks."""

    def keep(self, book: Book) -> Book:
        return {**super().keep(book), "title": book["title"].strip()}


def rooms_document() -> dict[str, Any]:
    """Return the books' document, in which they are made below a room."""
    document = book_document()
    room = {"name": "room", "in": "path", "required": True, "schema": {"type": "string", "enum": ["north"]}}
    document["paths"]["/rooms/{room}/books"] = {"parameters": [room], "post": document["paths"]["/books"].pop("post")}
    del document["paths"]["/books/{bookId}"]["put"]
    return document


def test_healthy_api_is_tested_and_has_no_finding(tmp_path: Path) -> None:
    results = run_on_books(book_project(tmp_path, rooms_document()), BooksOfRooms(), CHECKS)
    assert [(finding.check, finding.happened) for finding in results.findings] == []
    assert results.crashes == []
    assert not [one for run in results.runs for one in run.untested if "can be made" in one]


def test_fault_is_found(tmp_path: Path) -> None:
    results = run_on_books(book_project(tmp_path, rooms_document()), StripsTitles(), round_trip.CHECKS)
    assert "POST /rooms/{room}/books" in {finding.operation for finding in results.findings}
