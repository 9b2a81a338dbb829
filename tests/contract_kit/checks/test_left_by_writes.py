"""Lists of what writes of another resource leave, such as its versions, are tested as those of others are."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks import collections, errors
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project

NAMES = ("pages-hold-each-item-once", "page-keeps-its-limit", "entry-is-what-a-read-shows", "pages-come-to-an-end")
CHECKS = tuple(one for one in collections.CHECKS if one.name in NAMES)


class BooksWithEditions(BookApi):
    """Books each of whose writes leaves an edition, which never changes."""

    def __init__(self) -> None:
        super().__init__()
        self.editions: dict[str, list[Book]] = {}

    def store(self, id_: str, book: Book) -> Book:
        stored = super().store(id_, book)
        number = len(self.editions.setdefault(id_, [])) + 1
        self.editions[id_].append({"editionId": str(number), "title": stored["title"]})
        return stored

    def route(self, request: BookRequest) -> BookReply:
        match request.method, request.path:
            case "GET", ("books", id_, "editions"):
                self.find(id_)
                if not all(value.isdigit() for value in request.query.values()):
                    raise Refused(400, "query")
                return self.page(self.editions[id_], int(request.query.get("before", 10**6)), request)
            case "GET", ("books", id_, "editions", edition):
                found = [one for one in self.editions.get(id_, ()) if one["editionId"] == edition]
                if not found:
                    raise Refused(404, "no such edition")
                return BookReply(200, copy.deepcopy(found[0]))
        return super().route(request)

    def page(self, editions: list[Book], before: int, request: BookRequest) -> BookReply:
        """Return a page of editions, the newest first."""
        limit = int(request.query.get("limit", 5))
        found = [one for one in reversed(editions) if self.is_before(int(one["editionId"]), before)]
        body: dict[str, Any] = {"editions": found[:limit]}
        if len(found) > limit:
            body["before"] = self.next(found, limit)
        return BookReply(200, body)

    def is_before(self, number: int, before: int) -> bool:
        """Return whether an edition comes on the pages before a number."""
        return number < before

    def next(self, found: list[Book], limit: int) -> int:
        """Return where the next page begins."""
        return int(found[limit - 1]["editionId"])


class RepeatsOne(BooksWithEditions):
    """A page that begins with the last one of the page before."""

    def is_before(self, number: int, before: int) -> bool:
        return number <= before


class SkipsOne(BooksWithEditions):
    """A page that leaves one out."""

    def next(self, found: list[Book], limit: int) -> int:
        return int(found[limit]["editionId"])


class OverwritesTheLast(BooksWithEditions):
    """A write that changes the edition before it too."""

    def store(self, id_: str, book: Book) -> Book:
        stored = super().store(id_, book)
        for edition in self.editions[id_][-2:]:
            edition["title"] = stored["title"]
        return stored


class KeepsTheLast(BooksWithEditions):
    """A write that throws earlier editions away."""

    def store(self, id_: str, book: Book) -> Book:
        stored = super().store(id_, book)
        del self.editions[id_][:-1]
        return stored


class FailsOnUnknown(BooksWithEditions):
    """A read that fails for an edition that is not there."""

    def route(self, request: BookRequest) -> BookReply:
        reply = None
        try:
            reply = super().route(request)
        except Refused:
            if "editions" not in request.path or request.path[1] not in self.books:
                raise
        return reply or BookReply(500, {"title": "failed", "status": 500})


def editions_document() -> dict[str, Any]:
    """Return the books' document, with editions that only reads lead to."""
    document = book_document()
    one = document["paths"]["/books/{bookId}"]
    missing = one["get"]["responses"]["404"]
    text, whole = {"type": "string"}, {"type": "integer", "minimum": 1, "maximum": 1_000_000}
    edition = {"type": "object", "required": ["editionId", "title"], "properties": {"editionId": text, "title": text}}
    page = {"type": "object", "properties": {"editions": {"type": "array", "items": edition}, "before": whole}}
    page["required"] = ["editions"]

    def read(id_: str, schema: Any, parameters: Any = ()) -> dict[str, Any]:
        found = {"description": "Here.", "content": {"application/json": {"schema": schema}}}
        return {"operationId": id_, "parameters": list(parameters), "responses": {"200": found, "404": missing}}

    limit = {"name": "limit", "in": "query", "schema": {**whole, "maximum": 20, "default": 5}}
    before = {"name": "before", "in": "query", "schema": whole}
    number = {"name": "editionId", "in": "path", "required": True, "schema": text}
    paths = document["paths"]
    paths["/books/{bookId}/editions"] = {
        "parameters": one["parameters"],
        "get": read("listEditions", page, [limit, before]),
    }
    paths["/books/{bookId}/editions/{editionId}"] = {
        "parameters": [*one["parameters"], number],
        "get": read("getEdition", edition),
    }
    return document


@pytest.mark.parametrize(
    ("api", "found"), [(BooksWithEditions, set()), (RepeatsOne, {NAMES[0]}), (SkipsOne, {NAMES[0]})]
)
def test_editions_are_walked_through(tmp_path: Path, api: type[BookApi], found: set[str]) -> None:
    results = run_on_books(book_project(tmp_path, editions_document()), api(), CHECKS)
    assert {finding.check for finding in results.findings} & {NAMES[0]} == found
    assert {finding.operation for finding in results.findings} <= {"GET /books/{bookId}/editions"}
    assert bool(results.findings) is bool(found)
    assert results.crashes == []


@pytest.mark.parametrize(("api", "found"), [(BooksWithEditions, False), (FailsOnUnknown, True)])
def test_edition_that_is_not_there_is_asked_for(tmp_path: Path, api: type[BookApi], found: bool) -> None:
    checks = tuple(one for one in errors.CHECKS if one.name == "invalid-request-is-refused")
    results = run_on_books(book_project(tmp_path, editions_document()), api(), checks)
    assert ("GET /books/{bookId}/editions/{editionId}" in {one.operation for one in results.findings}) is found


@pytest.mark.parametrize(
    ("api", "words"), [(BooksWithEditions, ""), (OverwritesTheLast, "PUT changed title of"), (KeepsTheLast, "removed")]
)
def test_an_edition_is_not_changed_by_later_writes(tmp_path: Path, api: type[BookApi], words: str) -> None:
    checks = tuple(one for one in collections.CHECKS if one.name == "history-stays")
    results = run_on_books(book_project(tmp_path, editions_document()), api(), checks)
    assert [words in finding.happened for finding in results.findings] == ([True] if words else [])
    assert len(results.exchanges) > 5
    assert results.crashes == []
