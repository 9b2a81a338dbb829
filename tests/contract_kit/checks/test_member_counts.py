"""A number of resources follows each write that makes, changes or removes one of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.collections import counts
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, run_on_books
from tests.support.rest_document import book_document, book_project

_WHOLE = {"type": "integer", "minimum": 0}
_WORDS = "How many books there are, and how many of them are rare or lent."


def document_with_counts() -> dict[str, Any]:
    """Return the books' document with numbers of books, and the tags with a number for each."""
    document = book_document()
    numbers = dict.fromkeys(("books", "rare", "lent"), _WHOLE)
    tag = {"type": "object", "required": ["tag", "books"], "properties": {"tag": {"type": "string"}, "books": _WHOLE}}
    schemas = {
        "countBooks": {"type": "object", "required": list(numbers), "properties": numbers},
        "listTags": {"type": "object", "required": ["tags"], "properties": {"tags": {"type": "array", "items": tag}}},
    }
    words = {"countBooks": _WORDS, "listTags": "With the number of books that have them."}
    for path, name in (("/counters", "countBooks"), ("/tags", "listTags")):
        content = {"application/json": {"schema": schemas[name]}}
        document["paths"][path] = {
            "get": {
                "operationId": name,
                "description": words[name],
                "x-homeport": {"access": {}},
                "responses": {"200": {"description": "All.", "content": content}},
            }
        }
    return document


class CountedBooks(BookApi):
    """Books, and numbers of them that are counted at each read."""

    def route(self, request: BookRequest) -> BookReply:
        books = list(self.books.values())
        if request.path == ("counters",):
            return BookReply(200, self.numbers(books))
        if request.path == ("tags",):
            found = Counter(tag for book in self.tagged(books) for tag in set(book["tags"]))
            return BookReply(200, {"tags": [{"tag": tag, "books": number} for tag, number in found.items()]})
        return super().route(request)

    def numbers(self, books: list[Book]) -> dict[str, int]:
        """Return the numbers of some books."""
        rare = sum(book["rare"] for book in books)
        return {"books": len(books), "rare": rare, "lent": sum(book["shelf"] == "lent" for book in books)}

    def tagged(self, books: list[Book]) -> list[Book]:
        """Return the books whose tags are counted."""
        return books


class RareOfShelf(CountedBooks):
    """A number of rare books that leaves out those that are lent."""

    def numbers(self, books: list[Book]) -> dict[str, int]:
        rare = sum(book["rare"] for book in books if book["shelf"] == "lent")
        return {**super().numbers(books), "rare": rare}


class CountsCommon(CountedBooks):
    """A number of rare books that is that of the others."""

    def numbers(self, books: list[Book]) -> dict[str, int]:
        return {**super().numbers(books), "rare": sum(not book["rare"] for book in books)}


class KeepsCount(CountedBooks):
    """A number of books that falls with no deletion."""

    def __init__(self) -> None:
        super().__init__()
        self.ever: set[str] = set()

    def numbers(self, books: list[Book]) -> dict[str, int]:
        self.ever |= {book["bookId"] for book in books}
        return {**super().numbers(books), "books": len(self.ever)}


class CountsLendings(CountedBooks):
    """A number of lent books that changes with ``lend`` alone."""

    def __init__(self) -> None:
        super().__init__()
        self.lendings = 0

    def lend(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().lend(id_, request)
        self.lendings += 1
        return reply

    def numbers(self, books: list[Book]) -> dict[str, int]:
        return {**super().numbers(books), "lent": self.lendings}


class TagsOfDeleted(CountedBooks):
    """Tags that are counted for deleted books, too."""

    def __init__(self) -> None:
        super().__init__()
        self.all: dict[str, Book] = {}

    def tagged(self, books: list[Book]) -> list[Book]:
        self.all |= {book["bookId"]: book for book in books}
        return list(self.all.values())


def found_in(tmp_path: Path, api: BookApi) -> list[tuple[str, str, str]]:
    """Return the operations, subjects and sentences of the findings."""
    results = run_on_books(book_project(tmp_path, document_with_counts()), api, counts.CHECKS)
    assert results.crashes == []
    assert {one for run in results.runs for one in run.untested} <= {"no tags can be made"}
    return [(finding.operation, finding.subject, finding.happened) for finding in results.findings]


def test_healthy_api_has_no_finding(tmp_path: Path) -> None:
    api = CountedBooks()
    assert found_in(tmp_path, api) == []
    assert sum(one.path == ("counters",) for one in api.requests) > 20
    assert sum(one.path == ("tags",) for one in api.requests) > 5


def test_either_meaning_of_words_will_do(tmp_path: Path) -> None:
    document = document_with_counts()
    document["paths"]["/counters"]["get"]["description"] = "How many books are lent, and how many of them are rare."
    properties = document["paths"]["/counters"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    properties["properties"] = dict.fromkeys(("lent", "rare"), _WHOLE)
    properties["required"] = ["lent", "rare"]
    results = run_on_books(book_project(tmp_path, document), RareOfShelf(), counts.CHECKS)
    assert results.findings == []


@pytest.mark.parametrize(
    ("api", "operation", "subject"),
    [
        (RareOfShelf, "P", "/rare"),
        (CountsCommon, "P", "/rare"),
        (KeepsCount, "DELETE /books/{bookId}", "/books"),
        (CountsLendings, "P", "/lent"),
        (TagsOfDeleted, "DELETE /books/{bookId}", "/books"),
    ],
)
def test_fault_is_found(tmp_path: Path, api: type[CountedBooks], operation: str, subject: str) -> None:
    ((label, found, happened),) = found_in(tmp_path, api())
    assert label.startswith(operation)
    assert found == subject
    assert "by the books themselves" in happened
