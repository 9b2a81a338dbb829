"""The checks of what a list promises in words, in totals and by its cursors."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks import collections
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project


def document_in_words() -> dict[str, Any]:
    """Return the books' document, whose list begins with the newest and has a total; another one knows no filter."""
    document = book_document()
    listed = document["paths"]["/books"]["get"]
    listed["description"] = "Newest first."
    listed["parameters"] = [one for one in listed["parameters"] if one["name"] != "sort"]
    document["components"]["schemas"]["BookPage"]["properties"]["total"] = {"type": "integer"}
    every = {**listed, "operationId": "listAllBooks", "description": "In no order."}
    every["parameters"] = [one for one in listed["parameters"] if one["name"] != "shelf"]
    document["paths"]["/books/all"] = {"get": every}
    return document


class WordedBooks(BookApi):
    """Books that are listed as the words of the document have it."""

    view = ""

    def route(self, request: BookRequest) -> BookReply:
        self.view = request.path[-1]
        if request.method == "GET" and request.path == ("books", "all"):
            return self.list(request)
        return super().route(request)

    def list(self, request: BookRequest) -> BookReply:
        reply = super().list(request)
        found: Any = self.filtered(list(self.books.values()), request.query)
        return BookReply(200, {**reply.body, "total": self.total(found, reply.body["books"])})

    def total(self, found: Any, page: Any) -> int:
        """Return the number that a page tells of its list."""
        return len(found)

    def ordered(self, books: Any, query: Any) -> Any:
        return sorted(books, key=lambda book: book["createdAt"], reverse=True)

    def is_after(self, book: Book, position: Any, query: Any) -> bool:
        return bool(book["createdAt"] < position[0])

    def cursor(self, last: Book, chosen: dict[str, str]) -> str:
        place = {"title": last.get("createdAt", last["title"]), "bookId": last["bookId"]}
        return super().cursor(place, {**chosen, "sort": "title", "view": self.view})

    def position(self, cursor: str, chosen: dict[str, str]) -> Any:
        return super().position(cursor, {**chosen, "sort": "title", "view": self.view})


class CountsPage(WordedBooks):
    """A total that is the number of a page's entries."""

    def total(self, found: Any, page: Any) -> int:
        return len(page)


class CountsAll(WordedBooks):
    """A total that knows no filter."""

    def total(self, found: Any, page: Any) -> int:
        return len(self.books)


class TotalInMeta(WordedBooks):
    """A page whose total is in an object beside its entries."""

    def list(self, request: BookRequest) -> BookReply:
        reply = super().list(request)
        total = reply.body.pop("total")
        return BookReply(200, {**reply.body, "meta": {"total": total}})


class CountsPageInMeta(TotalInMeta, CountsPage):
    """A total in an object that is the number of a page's entries."""


class OldestFirst(WordedBooks):
    """A list that begins with the oldest."""

    def ordered(self, books: Any, query: Any) -> Any:
        return sorted(books, key=lambda book: book["createdAt"])

    def is_after(self, book: Book, position: Any, query: Any) -> bool:
        return bool(book["createdAt"] > position[0])


class CursorHasFilter(WordedBooks):
    """A list that goes on with the filter of the cursor, whatever the query says."""

    def list(self, request: BookRequest) -> BookReply:
        query = dict(request.query)
        if "cursor" in query:
            query["shelf"] = self.shelf_of(query["cursor"])
        return super().list(BookRequest("GET", request.path, {k: v for k, v in query.items() if v}, {}))

    def shelf_of(self, cursor: str) -> str:
        """Return the shelf that a cursor was made for."""
        try:
            made_for, _ = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        except ValueError:
            raise Refused(400, "cursor") from None
        return str(made_for["shelf"])


class FailsOnForeignCursor(WordedBooks):
    """A list that fails for the cursor of another one."""

    def position(self, cursor: str, chosen: dict[str, str]) -> Any:
        try:
            return super().position(cursor, chosen)
        except Refused:
            raise Refused(500, "failed") from None


@pytest.mark.parametrize("api", [WordedBooks, TotalInMeta])
def test_healthy_api_has_no_finding(tmp_path: Path, api: type[BookApi]) -> None:
    results = run_on_books(book_project(tmp_path, document_in_words()), api(), collections.CHECKS)
    assert [(finding.check, finding.happened) for finding in results.findings] == []
    assert results.crashes == []


@pytest.mark.parametrize(
    ("api", "check"),
    [
        (CountsPage, "total-is-true"),
        (CountsAll, "total-is-true"),
        (CountsPageInMeta, "total-is-true"),
        (OldestFirst, "list-begins-with-the-newest"),
        (CursorHasFilter, "cursor-keeps-its-filter"),
        (FailsOnForeignCursor, "cursor-keeps-its-filter"),
        (FailsOnForeignCursor, "cursor-of-another-list-is-no-failure"),
    ],
)
def test_fault_is_found(tmp_path: Path, api: type[BookApi], check: str) -> None:
    checks = tuple(one for one in collections.CHECKS if one.name == check)
    found = run_on_books(book_project(tmp_path, document_in_words()), api(), checks).findings
    assert found
    assert all(finding.exchanges and finding.happened for finding in found)


class CountOfPages(WordedBooks):
    """A page whose count is that of all pages."""

    def list(self, request: BookRequest) -> BookReply:
        reply = super().list(request)
        return BookReply(200, {"count": reply.body.pop("total"), **reply.body})


class CountOfThePage(CountOfPages, CountsPage):
    """A count that is the number of a page's entries."""


@pytest.mark.parametrize(
    ("api", "words", "is_found"),
    [
        (CountOfPages, "How many books there are, on all pages.", False),
        (CountOfThePage, "How many books there are, on all pages.", True),
        (CountOfThePage, "How many books there are on this page.", False),
    ],
)
def test_count_is_that_of_which_its_description_speaks(
    tmp_path: Path, api: type[BookApi], words: str, is_found: bool
) -> None:
    document = document_in_words()
    properties = document["components"]["schemas"]["BookPage"]["properties"]
    del properties["total"]
    properties["count"] = {"type": "integer", "description": words}
    results = run_on_books(book_project(tmp_path, document), api(), collections.lists.CHECKS)
    assert {one.check for one in results.findings} == ({"total-is-true"} if is_found else set())


class SortsByPages(BookApi):
    """Books of a shelf, by what is computed from their pages: the most first, or else the fewest."""

    most_first = True

    def show(self, book: Book) -> Book:
        return {**super().show(book), "weight": book["pages"]}

    def ordered(self, books: Any, query: Any) -> Any:
        return sorted(books, key=lambda book: (book["pages"], book["bookId"]), reverse=self.most_first)

    def cut(self, books: Any, limit: int) -> tuple[Any, Any]:
        return books, []


class SortsUpwards(SortsByPages):
    most_first = False


@pytest.mark.parametrize(("api", "found"), [(SortsByPages, {"list-is-sorted"}), (SortsUpwards, set())])
def test_order_of_a_selection_by_a_computed_property_is_seen(
    tmp_path: Path, api: type[SortsByPages], found: set[str]
) -> None:
    document = book_document()
    listed = document["paths"]["/books"]["get"]
    listed["description"] = "Books of a shelf, sorted by weight."
    listed["parameters"] = [{**one, "required": True} for one in listed["parameters"] if one["name"] == "shelf"]
    weight = {"type": "integer", "readOnly": True}
    document["components"]["schemas"]["Book"]["properties"]["weight"] = weight
    checks = tuple(one for one in collections.CHECKS if one.name == "list-is-sorted")
    results = run_on_books(book_project(tmp_path, document), api(), checks)
    assert {finding.check for finding in results.findings} == found


class TotalInHeader(WordedBooks):
    """A total in a header that the document describes."""

    def list(self, request: BookRequest) -> BookReply:
        reply = super().list(request)
        return BookReply(
            200, {"books": reply.body["books"], **_cursor(reply.body)}, {"X-Total-Count": str(reply.body["total"])}
        )


class CountsPageInHeader(TotalInHeader, CountsPage):
    """A header with the number of a page's entries."""


def _cursor(page: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in page.items() if name not in ("books", "total")}


@pytest.mark.parametrize(("api", "is_found"), [(TotalInHeader, False), (CountsPageInHeader, True)])
def test_total_in_a_header_is_that_of_the_list(tmp_path: Path, api: type[BookApi], is_found: bool) -> None:
    document = document_in_words()
    del document["components"]["schemas"]["BookPage"]["properties"]["total"]
    header = {"description": "How many entries all pages have.", "schema": {"type": "integer"}}
    document["paths"]["/books"]["get"]["responses"]["200"]["headers"] = {"X-Total-Count": header}
    results = run_on_books(book_project(tmp_path, document), api(), collections.lists.CHECKS)
    assert {one.check for one in results.findings} == ({"total-is-true"} if is_found else set())
