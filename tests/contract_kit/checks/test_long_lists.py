"""Checks of long lists, of pages that are cut short, and of the order after a write, on APIs with one fault each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.check import Check
from homeport.contract.checks.client import Client
from homeport.contract.checks.collections import kept_order, long_lists
from homeport.contract.checks.runner import CheckOptions, CheckResults, run_checks
from homeport.contract.rest.infer import infer_model
from homeport.project.project import Project
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books, serve_books
from tests.support.rest_document import book_document, book_project

# They need the stack for its speed, and for its faults, which these APIs have themselves.
LONG, SHORT = (
    replace(check, needs=frozenset()) if check.name.startswith("long") else check
    for check in sorted(long_lists.CHECKS, key=lambda one: one.name)
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return book_project(tmp_path_factory.mktemp("books"))


class CutsPages(BookApi):
    """An API whose database ends a page of ``page`` books early while it is told to."""

    page = 1000

    def cut(self, books: Any, limit: int) -> tuple[Any, Any]:
        size = min(limit, self.page)
        return books[:size], books[size:]


class EndsWithACutPage(CutsPages):
    def cut(self, books: Any, limit: int) -> tuple[Any, Any]:
        page, rest = super().cut(books, limit)
        return page, rest if len(page) == limit else []


class ForgetsTheFiftieth(BookApi):
    def position(self, cursor: str, chosen: dict[str, str]) -> Any:
        place = super().position(cursor, chosen)
        books = self.ordered(list(self.books.values()), chosen)
        after = [book for book in books if self.is_after(book, place, chosen)]
        return ["", after[0]["bookId"]] if len(books) - len(after) > 50 else place


class Access:
    """The faults of a stack, as far as a list meets them."""

    def __init__(self, api: CutsPages) -> None:
        self.api = api

    @contextmanager
    def faults(self, *texts: str, seed: int = 0) -> Iterator[None]:
        self.api.page = int(texts[0].rpartition(":")[2])
        yield
        self.api.page = 1000


def _with_faults(project: Project, api: CutsPages, check: Check) -> CheckResults:
    access: Any = Access(api)
    with serve_books(api) as url:
        return run_checks(project, infer_model(project.api), [Client(url)], CheckOptions(1), access, (check,))


def _found(results: CheckResults) -> set[tuple[str, str]]:
    assert results.crashes == []
    assert any(run.requests for run in results.runs)
    return {(one.check, one.operation) for one in results.findings}


def test_list_that_ends_with_a_page_that_was_cut_short_is_found(tmp_path: Path) -> None:
    document = book_document()
    for schema in ("BookInput", "Book"):
        properties = document["components"]["schemas"][schema]["properties"]
        properties["summary"] = {**properties["summary"], "maxLength": 100_000}
    project = book_project(tmp_path, document)
    assert _found(_with_faults(project, CutsPages(), SHORT)) == set()
    assert _found(_with_faults(project, EndsWithACutPage(), SHORT)) == {("short-pages-lose-nothing", "GET /books")}


def test_list_whose_largest_page_is_below_1_mb_is_never_cut_short(project: Project) -> None:
    results = _with_faults(project, EndsWithACutPage(), SHORT)
    assert results.findings == []


def test_fault_of_the_second_hundred_is_found(project: Project) -> None:
    assert _found(run_on_books(project, BookApi(), (LONG,))) == set()
    assert _found(run_on_books(project, ForgetsTheFiftieth(), (LONG,))) == {
        ("long-list-holds-each-item-once", "GET /books")
    }


class ByPrice(BookApi):
    """An API that lists the cheapest books first, as no word of its document says."""

    def ordered(self, books: Any, query: Mapping[str, str]) -> Any:
        return sorted(books, key=self.place)

    def place(self, book: Book) -> Any:
        return book["price"] if book["price"] is not None else 0

    def cut(self, books: Any, limit: int) -> tuple[Any, Any]:
        return books, []


class KeepsItsPlace(ByPrice):
    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, Any] = {}

    def place(self, book: Book) -> Any:
        return self.places.setdefault(book["bookId"], super().place(book))


def _lists_by_price() -> dict[str, Any]:
    document = book_document()
    document["paths"]["/books"]["get"]["parameters"] = []
    for schema in ("BookInput", "BookPatch", "Book"):
        document["components"]["schemas"][schema]["properties"]["price"] = {"type": "integer", "minimum": 1}
    for schema in ("BookInput", "Book"):
        document["components"]["schemas"][schema]["required"] = ["title", "price"]
    return document


def test_resource_that_keeps_its_place_after_a_write_is_found(tmp_path: Any) -> None:
    project = book_project(tmp_path, _lists_by_price())
    assert _found(run_on_books(project, ByPrice(), kept_order.CHECKS)) == set()
    assert _found(run_on_books(project, KeepsItsPlace(), kept_order.CHECKS)) == {("order-follows-writes", "GET /books")}


class ByCreation(BookApi):
    def ordered(self, books: Any, query: Mapping[str, str]) -> Any:
        return books

    def list(self, request: BookRequest) -> BookReply:
        return BookReply(200, {"books": [self.show_in_list(book) for book in self.books.values()]})


def test_list_in_the_order_of_creation_may_keep_it_after_a_write(tmp_path: Any) -> None:
    project = book_project(tmp_path, _lists_by_price())
    assert _found(run_on_books(project, ByCreation(), kept_order.CHECKS)) == set()


class KnowsTwoSummaries(KeepsItsPlace):
    """An API that takes few of the summaries that its document allows."""

    def new_book(self, id_: str, sent: Book) -> Book:
        if sent["summary"] not in ("A story", "A poem"):
            raise Refused(422, "no such summary")
        return super().new_book(id_, sent)


def test_order_after_a_write_is_looked_at_where_a_property_takes_few_values(tmp_path: Any) -> None:
    document = _lists_by_price()
    for schema in ("BookInput", "Book"):
        document["components"]["schemas"][schema]["properties"]["summary"] = {"type": "string", "example": "A story"}
        document["components"]["schemas"][schema]["required"] = ["title", "price", "summary"]
    project = book_project(tmp_path, document)
    found = run_on_books(project, KnowsTwoSummaries(), kept_order.CHECKS)
    assert _found(found) == {("order-follows-writes", "GET /books")}
