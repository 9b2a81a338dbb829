"""The checks of collections find what is wrong with lists, filters, cursors and batch reads, and nothing else."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks import collections
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project


class RepeatsItem(BookApi):
    """Pages that begin with the book that the cursor names, from the third one on."""

    def is_after(self, book: Book, position: Any, query: Mapping[str, str]) -> bool:
        found = sorted(self.books).index(position[1]) >= 2 and query.get("limit") != "1"
        return super().is_after(book, position, query) or (found and book["bookId"] == position[1])


class SkipsItem(BookApi):
    """Pages whose cursor is the first book of the next one, which is then left out."""

    def list(self, request: BookRequest) -> BookReply:
        reply = super().list(request)
        if "cursor" in (reply.body or {}) and not request.query.get("sort"):
            chosen = {name: request.query.get(name, "") for name in ("shelf", "sort")}
            found = self.ordered(self.filtered(list(self.books.values()), request.query), request.query)
            ids = [book["bookId"] for book in found]
            place = ids.index(reply.body["books"][-1]["bookId"])
            reply.body["cursor"] = self.cursor(found[min(place + 1, len(found) - 1)], chosen)
        return reply


class IgnoresLimit(BookApi):
    """Pages of one book more than wanted."""

    def cut(self, books: Any, limit: int) -> Any:
        return books[: limit + 1], books[limit + 1 :]


class NeverEnds(BookApi):
    """A last page that leads to the first one."""

    def position(self, cursor: str, chosen: dict[str, str]) -> Any:
        return ("", "") if cursor == "again" else super().position(cursor, chosen)

    def list(self, request: BookRequest) -> BookReply:
        reply = super().list(request)
        if reply.status == 200 and "cursor" not in reply.body:
            reply.body["cursor"] = "again"
        return reply


class SortsByLastWrite(BookApi):
    """A list that is in the order of its titles only where they go up."""

    def ordered(self, books: Any, query: Mapping[str, str]) -> Any:
        return super().ordered(books, {} if query.get("sort") == "-title" else query)

    def is_after(self, book: Book, position: Any, query: Mapping[str, str]) -> bool:
        if query.get("sort") == "-title":
            return bool(book["bookId"] > position[1])
        return super().is_after(book, position, query)


class ForgetsFilter(BookApi):
    """A filter that holds on the first page only."""

    def filtered(self, books: Any, query: Mapping[str, str]) -> Any:
        return books if "cursor" in query else super().filtered(books, query)


class FindsNothingForOneValue(BookApi):
    """A filter that finds nothing for one of its values."""

    def filtered(self, books: Any, query: Mapping[str, str]) -> Any:
        return [] if query.get("shelf") == "lost" else super().filtered(books, query)


class IndexIsStale(BookApi):
    """A filter that goes by the first value that a book had."""

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[str, str] = {}

    def store(self, id_: str, book: Book) -> Book:
        self.first.setdefault(id_, book["shelf"])
        return super().store(id_, book)

    def filtered(self, books: Any, query: Mapping[str, str]) -> Any:
        return [book for book in books if query.get("shelf", self.first[book["bookId"]]) == self.first[book["bookId"]]]


class KeepsDeleted(BookApi):
    """Lists with books that were deleted."""

    def remove(self, id_: str) -> None:
        self.books[f"{id_}"]["gone"] = True

    def find(self, id_: str) -> Book:
        if super().find(id_).get("gone"):
            raise Refused(404, "no such book")
        return super().find(id_)

    def show(self, book: Book) -> Book:
        return {name: value for name, value in super().show(book).items() if name != "gone"}


class ListsLess(BookApi):
    """Lists without a property."""

    def show_in_list(self, book: Book) -> Book:
        return {name: value for name, value in self.show(book).items() if name != "tags"}


class StartsAnew(BookApi):
    """A list that starts again with a cursor that it can't read."""

    def position(self, cursor: str, chosen: dict[str, str]) -> Any:
        try:
            return super().position(cursor, chosen)
        except Refused:
            return "", ""


class FailsOnCursor(BookApi):
    """A list that fails with a cursor that it can't read."""

    def position(self, cursor: str, chosen: dict[str, str]) -> Any:
        try:
            return json.loads(base64.urlsafe_b64decode(cursor))[1]
        except ValueError:
            raise Refused(500, "failed") from None


class CountsPositions(BookApi):
    """Cursors that count the books before them."""

    def cursor(self, last: Book, chosen: dict[str, str]) -> str:
        found = self.ordered(self.filtered(list(self.books.values()), chosen_query(chosen)), chosen_query(chosen))
        ids = [book["bookId"] for book in found]
        return base64.urlsafe_b64encode(json.dumps([chosen, ids.index(last["bookId"]) + 1]).encode()).decode()

    def position(self, cursor: str, chosen: dict[str, str]) -> Any:
        try:
            made_for, place = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        except ValueError:
            raise Refused(400, "cursor") from None
        if made_for != chosen:
            raise Refused(400, "cursor")
        return place

    def is_after(self, book: Book, position: Any, query: Mapping[str, str]) -> bool:
        found = self.ordered(self.filtered(list(self.books.values()), query), query)
        return bool(found.index(book) >= position)


def chosen_query(chosen: dict[str, str]) -> dict[str, str]:
    """Return the query of a list that a cursor was made for."""
    return {name: value for name, value in chosen.items() if value}


class TakesUnknownValue(BookApi):
    """A list that takes an unknown value of a filter for none."""

    def list(self, request: BookRequest) -> BookReply:
        query = dict(request.query)
        if query.get("shelf", "open") not in ("open", "lent", "lost"):
            del query["shelf"]
        return super().list(BookRequest(request.method, request.path, query, request.headers))


class HasLargerDefault(BookApi):
    """A list with pages of twelve where the document says ten."""

    def list(self, request: BookRequest) -> BookReply:
        query = {"limit": "12", **request.query}
        return super().list(BookRequest(request.method, request.path, query, request.headers))


class BatchForgetsMissing(BookApi):
    """A batch read that does not name the ids that it lacks."""

    def batch_get(self, request: BookRequest) -> BookReply:
        reply = super().batch_get(request)
        return BookReply(200, {**reply.body, "missing": []})


class BatchStopsEarly(BookApi):
    """A batch read that reads ten books."""

    def batch_get(self, request: BookRequest) -> BookReply:
        ids = self.valid("BookIds", request)["bookIds"]
        return super().batch_get(BookRequest("POST", request.path, {}, {}, {"bookIds": ids[:10]}))


class BatchShowsStale(BookApi):
    """A batch read that shows a property as it never was."""

    def batch_get(self, request: BookRequest) -> BookReply:
        reply = super().batch_get(request)
        for book in reply.body["books"]:
            book["version"] = 0
        return reply


class TakesLargerBatch(BookApi):
    """A batch read of any size."""

    def batch_get(self, request: BookRequest) -> BookReply:
        ids = request.body["bookIds"]
        here = [self.show_in_list(self.books[id_]) for id_ in ids if id_ in self.books]
        return BookReply(200, {"books": here, "missing": [id_ for id_ in ids if id_ not in self.books]})


def test_healthy_api_has_no_finding(tmp_path: Path) -> None:
    results = run_on_books(book_project(tmp_path), BookApi(), collections.CHECKS, rounds=2)
    assert [(finding.check, finding.happened) for finding in results.findings] == []
    assert all(not run.untested for run in results.runs)


@pytest.mark.parametrize(
    ("api", "check"),
    [
        (RepeatsItem, "pages-hold-each-item-once"),
        (SkipsItem, "pages-hold-each-item-once"),
        (IgnoresLimit, "page-keeps-its-limit"),
        (NeverEnds, "pages-come-to-an-end"),
        (SortsByLastWrite, "list-is-sorted"),
        (ForgetsFilter, "filter-keeps-its-word"),
        (FindsNothingForOneValue, "filter-keeps-its-word"),
        (TakesUnknownValue, "filter-keeps-its-word"),
        (IndexIsStale, "list-follows-writes"),
        (KeepsDeleted, "list-follows-writes"),
        (ListsLess, "entry-is-what-a-read-shows"),
        (StartsAnew, "damaged-cursor-is-refused"),
        (FailsOnCursor, "damaged-cursor-is-refused"),
        (CountsPositions, "cursor-survives-changes"),
        (HasLargerDefault, "page-keeps-its-default-limit"),
        (BatchForgetsMissing, "batch-answers-for-each-id"),
        (BatchShowsStale, "batch-answers-for-each-id"),
        (BatchStopsEarly, "batch-keeps-count"),
        (TakesLargerBatch, "batch-keeps-count"),
    ],
)
def test_fault_is_found(tmp_path: Path, api: type[BookApi], check: str) -> None:
    checks = tuple(one for one in collections.CHECKS if one.name == check)
    found = run_on_books(book_project(tmp_path), api(), checks).findings
    assert found
    assert all(finding.exchanges and finding.happened for finding in found)


class TakesEmptyForNone(BookApi):
    """A list that takes an empty value of a filter for none."""

    def list(self, request: BookRequest) -> BookReply:
        query = {name: value for name, value in request.query.items() if value}
        return super().list(BookRequest(request.method, request.path, query, request.headers))


def test_list_without_a_way_to_the_next_page_need_not_show_every_entry(tmp_path: Path) -> None:
    document = book_document()
    parameters = document["paths"]["/books"]["get"]["parameters"]
    parameters[:] = [one for one in parameters if one["name"] in ("limit", "shelf")]
    del document["components"]["schemas"]["BookPage"]["properties"]["cursor"]

    class ShowsOnePage(BookApi):
        def list(self, request: BookRequest) -> BookReply:
            reply = super().list(request)
            return BookReply(reply.status, {"books": reply.body["books"]})

    results = run_on_books(book_project(tmp_path, document), ShowsOnePage(), collections.CHECKS)
    assert [(finding.check, finding.happened) for finding in results.findings] == []


def test_empty_value_of_a_filter_may_stand_for_none(tmp_path: Path) -> None:
    document = book_document()
    document["paths"]["/books"]["get"]["parameters"][0]["schema"] = {"type": "string", "pattern": "^[a-z]*$"}
    checks = tuple(one for one in collections.CHECKS if one.name == "filter-keeps-its-word")
    assert not run_on_books(book_project(tmp_path, document), TakesEmptyForNone(), checks).findings


def test_resources_whose_answers_have_no_id_are_not_looked_for_in_a_list(tmp_path: Path) -> None:
    document = book_document()
    document["paths"] = {"/books": document["paths"]["/books"]}
    document["components"]["schemas"]["Made"] = {"type": "object", "properties": {"status": {"type": "string"}}}
    created = document["paths"]["/books"]["post"]["responses"]["201"]
    created["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/Made"}
    del document["components"]["schemas"]["BookInput"]["properties"]["bookId"]

    class SaysDone(BookApi):
        def show_written(self, book: Book) -> Book:
            return {"status": "done"}

    results = run_on_books(book_project(tmp_path, document), SaysDone(), collections.CHECKS)
    assert [(finding.check, finding.happened) for finding in results.findings] == []


class SortsShelfDownwards(BookApi):
    """A shelf whose books are in the order of their titles, from the end."""

    def ordered(self, books: Any, query: Mapping[str, str]) -> Any:
        if "shelf" not in query:
            return super().ordered(books, query)
        return sorted(books, key=lambda book: (book["title"], book["bookId"]), reverse=True)

    def is_after(self, book: Book, position: Any, query: Mapping[str, str]) -> bool:
        if "shelf" not in query:
            return super().is_after(book, position, query)
        return (book["title"], book["bookId"]) < tuple(position)

    def cursor(self, last: Book, chosen: dict[str, str]) -> str:
        place = [last["title"] if chosen["shelf"] else "", last["bookId"]]
        return base64.urlsafe_b64encode(json.dumps([chosen, place], sort_keys=True).encode()).decode()


class SortsShelf(SortsShelfDownwards):
    """A shelf whose books are in the order of their titles."""

    def ordered(self, books: Any, query: Mapping[str, str]) -> Any:
        return super().ordered(books, query)[::-1] if "shelf" in query else super().ordered(books, query)

    def is_after(self, book: Book, position: Any, query: Mapping[str, str]) -> bool:
        if "shelf" not in query:
            return super().is_after(book, position, query)
        return (book["title"], book["bookId"]) > tuple(position)


@pytest.mark.parametrize(("api", "count"), [(SortsShelfDownwards, 1), (SortsShelf, 0)])
def test_order_that_only_a_description_has_is_checked_under_its_filter(
    tmp_path: Path, api: type[BookApi], count: int
) -> None:
    document = book_document()
    listing = document["paths"]["/books"]["get"]
    listing["description"] = "All books in no order, or those of a shelf sorted by title."
    listing["parameters"] = [one for one in listing["parameters"] if one["name"] != "sort"]
    checks = tuple(one for one in collections.CHECKS if one.name == "list-is-sorted")
    results = run_on_books(book_project(tmp_path, document), api(), checks)
    assert [one.subject for one in results.findings] == ["/title"] * count


def test_resource_that_changed_after_its_list_was_read_is_no_finding(tmp_path: Path) -> None:
    class SellsOneBeforeEachFirstRead(BookApi):
        """An API that somebody else writes to between two requests of the run."""

        def __init__(self) -> None:
            super().__init__()
            self.sold: set[str] = set()

        def read(self, id_: str, request: BookRequest) -> BookReply:
            if id_ not in self.sold:
                self.sold.add(id_)
                self.books[id_] = {**self.find(id_), "pages": self.find(id_)["pages"] + 1}
            return super().read(id_, request)

    checks = tuple(one for one in collections.CHECKS if one.name == "entry-is-what-a-read-shows")
    results = run_on_books(book_project(tmp_path), SellsOneBeforeEachFirstRead(), checks)
    assert [one.happened for one in results.findings] == []


def test_filter_with_a_default_selects_where_it_is_left_out(tmp_path: Path) -> None:
    class ListsOpenBooksUnlessAsked(BookApi):
        def filtered(self, books: list[Book], query: Mapping[str, str]) -> list[Book]:
            return super().filtered(books, {**query, "shelf": query.get("shelf", "open")})

        def new_book(self, id_: str, sent: Book) -> Book:
            return super().new_book(id_, {"shelf": "lent", **sent})

    document = book_document()
    for parameter in document["paths"]["/books"]["get"]["parameters"]:
        if parameter["name"] == "shelf":
            parameter["schema"]["default"] = "open"
    for schema in ("BookInput", "Book"):
        document["components"]["schemas"][schema]["properties"]["shelf"]["default"] = "lent"
    results = run_on_books(book_project(tmp_path, document), ListsOpenBooksUnlessAsked(), collections.CHECKS)
    assert [(one.check, one.happened) for one in results.findings] == []
    assert {"pages-hold-each-item-once", "list-follows-writes"} <= {
        one.check.name for one in results.runs if one.requests and not one.untested
    }
