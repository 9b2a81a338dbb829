"""Checks of what PUT adds to an array of the resource above find members that are lost, doubled, or left."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.methods import members
from tests.support.held_books import HeldBooks, run_on_held_books
from tests.support.rest_api import Book, BookReply, BookRequest
from tests.support.rest_document import book_document, book_project


class BooksWithReaders(HeldBooks):
    """Books with the readers who have reserved them. ADD and DELETE of a set are one call each."""

    def route(self, request: BookRequest) -> BookReply:
        match request.method, request.path:
            case "PUT", ("books", id_, "readers", reader):
                super().find(id_)
                self.add(id_, reader)
                return BookReply(204)
            case "DELETE", ("books", id_, "readers", reader):
                super().find(id_)
                self.holds.take("UpdateItem")
                self.remove_reader(id_, reader)
                return BookReply(204)
        return super().route(request)

    def show(self, book: Book) -> Book:
        return {**super().show(book), "readers": self.books[book["bookId"]].get("readers", [])}

    def add(self, id_: str, reader: str) -> None:
        """Add a reader."""
        self.holds.take("UpdateItem")
        self.put(id_, [*self.readers(id_), reader])

    def readers(self, id_: str) -> list[str]:
        """Return the readers of a book."""
        return list(self.books[id_].get("readers", []))

    def put(self, id_: str, readers: list[str]) -> None:
        """Store the readers of a book."""
        self.books[id_] = {**self.books[id_], "readers": sorted(set(readers))}

    def filtered(self, books: Any, query: Mapping[str, str]) -> Any:
        """Return the books of a reader, or of all."""
        found: Any = super().filtered(books, query)
        wanted = query.get("reader")
        return [book for book in found if wanted is None or self.has(self.readers(book["bookId"]), wanted)]

    def has(self, readers: list[str], wanted: str) -> bool:
        """Return whether a reader is among some."""
        return wanted in readers

    def remove_reader(self, id_: str, reader: str) -> None:
        """Remove a reader."""
        self.put(id_, [one for one in self.readers(id_) if one != reader])


class AddsTwice(BooksWithReaders):
    """A list that has a reader for each PUT."""

    def put(self, id_: str, readers: list[str]) -> None:
        self.books[id_] = {**self.books[id_], "readers": readers}


class KeepsOne(BooksWithReaders):
    """A PUT that removes the others."""

    def put(self, id_: str, readers: list[str]) -> None:
        super().put(id_, readers[-1:])


class RemovesNobody(BooksWithReaders):
    """A DELETE that changes nothing."""

    def remove_reader(self, id_: str, reader: str) -> None:
        return None


class RemovesAll(BooksWithReaders):
    """A DELETE that removes the others too."""

    def remove_reader(self, id_: str, reader: str) -> None:
        self.put(id_, [])


class FindsParts(BooksWithReaders):
    """A list of the books of all readers whose names have a text in them."""

    def has(self, readers: list[str], wanted: str) -> bool:
        return any(wanted in one for one in readers)


class ReadsFirst(BooksWithReaders):
    """A PUT that reads the readers and writes them back with one more."""

    def add(self, id_: str, reader: str) -> None:
        readers = self.readers(id_)
        self.holds.take("UpdateItem")
        self.put(id_, [*readers, reader])


def readers_document() -> dict[str, Any]:
    """Return the books' document, with readers."""
    document = book_document()
    one = document["paths"]["/books/{bookId}"]
    answers = {"204": {"description": "Done."}, "404": one["get"]["responses"]["404"]}
    reader = {"name": "reader", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[a-z-]+$"}}
    document["paths"]["/books/{bookId}/readers/{reader}"] = {
        "parameters": [*one["parameters"], reader],
        "put": {"operationId": "addReader", "responses": answers},
        "delete": {"operationId": "removeReader", "responses": answers},
    }
    document["paths"]["/books"]["get"]["parameters"].append({**reader, "in": "query", "required": False})
    shown = {"type": "array", "items": {"type": "string"}}
    document["components"]["schemas"]["Book"]["properties"]["readers"] = shown
    return document


@pytest.mark.parametrize(
    ("api", "found"),
    [
        (BooksWithReaders, set()),
        (AddsTwice, {("members-are-added-and-removed", "PUT")}),
        (KeepsOne, {("members-are-added-and-removed", "PUT"), ("members-at-once-are-both-there", "PUT")}),
        (RemovesNobody, {("members-are-added-and-removed", "DELETE")}),
        (RemovesAll, {("members-are-added-and-removed", "DELETE")}),
        (FindsParts, {("members-are-added-and-removed", "GET")}),
        (ReadsFirst, {("members-at-once-are-both-there", "PUT")}),
    ],
)
def test_members_are_looked_for(tmp_path: Path, api: type[BooksWithReaders], found: set[tuple[str, str]]) -> None:
    results = run_on_held_books(book_project(tmp_path, readers_document()), api(), members.CHECKS)
    assert {(finding.check, finding.operation.split()[0]) for finding in results.findings} == found
    assert results.crashes == []
