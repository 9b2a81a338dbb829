"""A library over a real socket: books that are there, copies of them, and loans of copies."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from homeport.contract.checks.client import Client
from homeport.contract.checks.session import Session
from homeport.contract.rest.infer import infer_model
from homeport.contract.rest.values import Values
from tests.support.answering_server import AnsweringServer
from tests.support.rest_document import book_project
from tests.support.rest_model import TEXT, answers, api_of, arrays, objects, takes

BOOK = objects("isbn", isbn=TEXT, title=TEXT)
COPY = objects("copyId", copyId=TEXT, isbn=TEXT, shelf=TEXT)
LOAN = objects("loanId", loanId=TEXT, isbn=TEXT, copyId=TEXT)
_CONFLICT = {"409": {"description": "The copy is on loan, or there is no such copy."}}
LENT = {"responses": {**answers(LOAN, "201")["responses"], **_CONFLICT}}
PATHS = {
    "/books": {"get": answers(objects(books=arrays(BOOK)))},
    "/books/{isbn}": {"get": answers(BOOK)},
    "/books/{isbn}/copies": {
        "get": answers(objects(copies=arrays(COPY))),
        "post": takes(objects("shelf", shelf=TEXT), answers(COPY, "201")),
    },
    "/books/{isbn}/copies/{copyId}": {"get": answers(COPY)},
    "/loans": {"post": takes(objects("isbn", "copyId", isbn=TEXT, copyId=TEXT), LENT)},
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
                if not there or self.is_lent(body["copyId"]):
                    return 409, {"detail": "there is no such copy, or it is lent"}
                self.lent.add(body["copyId"])
                return 201, {"loanId": f"l{len(self.lent)}", **body}
        return 404, {"detail": "not found"}

    def is_lent(self, copy: str) -> bool:
        """Return whether a copy is on loan."""
        return copy in self.lent


def library_session(root: Path, library: Library) -> Session:
    """Return a check's session with a library."""
    document = {"paths": PATHS}
    generator = random.Random(1)
    values = Values(document, generator)
    return Session(book_project(root), infer_model(api_of(document)), Client(library.url), generator, values)
