"""Bodies name resources that belong together, and lists that no request fills are looked at as they are."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from homeport.contract.checks.client import Client
from homeport.contract.checks.collections.population import population_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.infer import infer_model
from homeport.contract.rest.values import Values
from tests.support.answering_server import AnsweringServer
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, answers, api_of, arrays, objects, takes

BOOK = objects("isbn", isbn=TEXT, title=TEXT)
COPY = objects("copyId", copyId=TEXT, isbn=TEXT, shelf=TEXT)
LOAN = objects("loanId", loanId=TEXT, isbn=TEXT, copyId=TEXT)
PATHS = {
    "/books": {"get": answers(objects(books=arrays(BOOK)))},
    "/books/{isbn}": {"get": answers(BOOK)},
    "/books/{isbn}/copies": {
        "get": answers(objects(copies=arrays(COPY))),
        "post": takes(objects("shelf", shelf=TEXT), answers(COPY, "201")),
    },
    "/books/{isbn}/copies/{copyId}": {"get": answers(COPY)},
    "/loans": {"post": takes(objects("isbn", "copyId", isbn=TEXT, copyId=TEXT), answers(LOAN, "201"))},
    "/loans/{loanId}": {"get": answers(LOAN)},
}


class Library(AnsweringServer):
    """A library with three books, of which copies can be registered, and lent once."""

    def __init__(self) -> None:
        self.copies: list[dict[str, Any]] = []
        self.lent: set[str] = set()
        super().__init__()

    def answer(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        """Return the status and body of an answer."""
        books = {f"97{number}": {"isbn": f"97{number}", "title": f"Book {number}"} for number in range(3)}
        match method, path:
            case "GET", ["books"]:
                return 200, {"books": list(books.values())}
            case "GET", ["books", isbn] if isbn in books:
                return 200, books[isbn]
            case "POST", ["books", isbn, "copies"] if isbn in books:
                self.copies.append({"copyId": f"c{len(self.copies)}", "isbn": isbn, **body})
                return 201, self.copies[-1]
            case "POST", ["loans"]:
                there = [one for one in self.copies if (one["copyId"], one["isbn"]) == (body["copyId"], body["isbn"])]
                if not there or body["copyId"] in self.lent:
                    return 409, {"detail": "there is no such copy, or it is lent"}
                self.lent.add(body["copyId"])
                return 201, {"loanId": f"l{len(self.lent)}", **body}
        return 404, {"detail": "not found"}


def library_session(root: Path, library: Library) -> Session:
    """Return a check's session with a library."""
    document = {"paths": PATHS}
    generator = random.Random(1)
    values = Values(document, generator)
    return Session(book_project(root), infer_model(api_of(document)), Client(library.url), generator, values)


def test_a_loan_is_of_a_copy_of_its_book(tmp_path: Path) -> None:
    library = Library()
    with library.serving():
        session = library_session(tmp_path, library)
        loans = session.model.find("loans")
        assert loans is not None
        made = [session.make(loans) for _ in range(3)]
        assert [one.sent["copyId"] for one in made if one is not None] == ["c0", "c1", "c2"]


def test_a_list_that_no_request_fills_is_looked_at_as_it_is(tmp_path: Path) -> None:
    library = Library()
    with library.serving():
        session = library_session(tmp_path, library)
        books = session.model.find("books")
        assert books is not None
        population = population_of(session, books)
        assert [population.id_of(one) for one in population.made] == ["970", "971", "972"]
        assert population.values("title") == ("Book 0", "Book 1", "Book 2")
        assert session.untested_reasons == []
