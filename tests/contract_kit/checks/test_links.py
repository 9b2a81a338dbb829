"""The checks of links find those that lead elsewhere, in every form in which answers have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from homeport.contract.checks import wire
from homeport.contract.checks.wire.links import links_of
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, run_on_books
from tests.support.rest_document import book_project

CHECKS = tuple(one for one in wire.CHECKS if one.name in ("self-leads-to-itself", "page-links-lead-to-pages"))


class LinkedBooks(BookApi):
    """Books with a link of themselves, on pages with links to others."""

    def show(self, book: Book) -> Book:
        return {**super().show(book), "links": {"self": self.link(book["bookId"])}}

    def link(self, id_: str) -> Any:
        """Return the link to a book."""
        return f"/books/{id_}"

    def list(self, request: BookRequest) -> BookReply:
        reply = super().list(request)
        query = dict(request.query)
        links = {"self": self.page(query), "first": self.page(self.without_cursor(query))}
        if "cursor" in reply.body:
            links["next"] = self.page({**query, "cursor": reply.body["cursor"]})
        if "cursor" in query:
            links["prev"] = self.page(self.before(query))
        return BookReply(200, {**reply.body, "_links": {name: {"href": link} for name, link in links.items()}})

    def page(self, query: dict[str, str]) -> str:
        """Return the link to a page."""
        return f"/books?{urlencode(query)}"

    def without_cursor(self, query: dict[str, str]) -> dict[str, str]:
        """Return the query of the first page."""
        return {name: value for name, value in query.items() if name != "cursor"}

    def before(self, query: dict[str, str]) -> dict[str, str]:
        """Return the query of the page before another one. Only the second page is looked at."""
        return self.without_cursor(query)


class HalBooks(LinkedBooks):
    """Books whose links are objects, relative to the path."""

    def link(self, id_: str) -> Any:
        return {"href": f"/books/{id_}", "title": "It"}


class LinkOfAnother(LinkedBooks):
    """A link that leads to the first book."""

    def link(self, id_: str) -> Any:
        return f"/books/{next(iter(self.books), id_)}"


class LinkToNothing(HalBooks):
    """A link with another path."""

    def link(self, id_: str) -> Any:
        return f"/book/{id_}"


class PrevOfItself(LinkedBooks):
    """A page whose prev is itself."""

    def before(self, query: dict[str, str]) -> dict[str, str]:
        return query


class NextWithoutLimit(LinkedBooks):
    """Links that forget the limit."""

    def page(self, query: dict[str, str]) -> str:
        return super().page({name: value for name, value in query.items() if name != "limit"})


class LinkHeaderToNothing(BookApi):
    """A Link header that leads nowhere."""

    def list(self, request: BookRequest) -> BookReply:
        reply = super().list(request)
        return BookReply(200, reply.body, {"Link": '</shelf>; rel="last", </books?limit=1>; rel="first"'})


class FillsUpMeanwhile(LinkedBooks):
    """Pages between which another client adds books, once the first walk is over."""

    def __init__(self) -> None:
        super().__init__()
        self.added = False

    def list(self, request: BookRequest) -> BookReply:
        again = [one for one in self.requests if one.path == ("books",) and one.query == request.query]
        if "cursor" in request.query and len(again) > 1 and not self.added:
            self.added = True
            for id_ in [f"{min(self.books)}{number}" for number in range(4)]:
                self.books[id_] = self.new_book(id_, {"title": "Another"})
        return super().list(request)


@pytest.mark.parametrize("api", [BookApi, LinkedBooks, HalBooks, FillsUpMeanwhile])
def test_healthy_api_has_no_finding(tmp_path: Path, api: type[BookApi]) -> None:
    results = run_on_books(book_project(tmp_path), api(), CHECKS)
    assert [finding.happened for finding in results.findings] == []
    assert results.crashes == []


@pytest.mark.parametrize(
    ("api", "check", "subject"),
    [
        (LinkOfAnother, "self-leads-to-itself", "/self"),
        (LinkToNothing, "self-leads-to-itself", "/self"),
        (PrevOfItself, "page-links-lead-to-pages", "/links/prev"),
        (NextWithoutLimit, "page-links-lead-to-pages", "/links/next"),
        (LinkHeaderToNothing, "page-links-lead-to-pages", "/links/last"),
    ],
)
def test_fault_is_found(tmp_path: Path, api: type[BookApi], check: str, subject: str) -> None:
    found = run_on_books(book_project(tmp_path), api(), CHECKS).findings
    assert (check, subject) in [(finding.check, finding.subject) for finding in found]
    assert {finding.check for finding in found} == {check}


@pytest.mark.parametrize(
    ("value", "links"),
    [
        ({"href": "/a/1"}, {"self": "/a/1"}),
        ({"_links": {"self": {"href": "https://a.example/1"}}}, {"self": "https://a.example/1"}),
        ({"links": [{"rel": "self", "href": "/a/1"}, {"rel": "up", "href": "/a"}]}, {"self": "/a/1", "up": "/a"}),
        ({"self": True, "href": "#top", "links": {"next": None, "search": "/a{?q}"}}, {}),
        ([{"href": "/a/1"}], {}),
    ],
)
def test_links_have_several_forms(value: Any, links: dict[str, str]) -> None:
    assert links_of(value) == links
