"""The checks of batch reads hold those by a query (``GET /books?ids=a,b``) to the same promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks import collections
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project

CHECKS = tuple(one for one in collections.CHECKS if one.name.startswith("batch-"))
_MOST = 5


def document_with_ids() -> dict[str, Any]:
    """Return the books' document, whose list takes ids with commas between them and answers in their order."""
    document = book_document()
    del document["paths"]["/books/batch-get"]
    ids = {"type": "array", "items": {"type": "string"}, "maxItems": _MOST}
    listed = document["paths"]["/books"]["get"]
    listed["description"] = "The books of some ids, in their order; or all."
    listed["parameters"].append({"name": "ids", "in": "query", "explode": False, "schema": ids})
    return document


class BooksByIds(BookApi):
    """A list that takes ids."""

    def list(self, request: BookRequest) -> BookReply:
        if "ids" not in request.query:
            return super().list(request)
        ids = request.query["ids"].split(",")
        if len(ids) > _MOST:
            raise Refused(400, "too many")
        return BookReply(200, {"books": [self.show(book) for book in self.some(ids)]})

    def some(self, ids: Any) -> Any:
        """Return the books of some ids."""
        return [self.books[one] for one in dict.fromkeys(ids) if one in self.books]


class IgnoresIds(BooksByIds):
    """A list that has all books, whatever ids are wanted."""

    def some(self, ids: Any) -> Any:
        return self.books.values()


class FindsFirst(BooksByIds):
    """A list that takes the ids for one."""

    def some(self, ids: Any) -> Any:
        return super().some(ids[:1])


class FailsOnUnknown(BooksByIds):
    """A list that fails for an id that nothing has."""

    def some(self, ids: Any) -> Any:
        if not all(one in self.books for one in ids):
            raise Refused(500, "failed")
        return super().some(ids)


class TurnsOrder(BooksByIds):
    """A list in another order than that of the ids."""

    def some(self, ids: Any) -> Any:
        return super().some(list(reversed(ids)))


class FailsOnTwice(BooksByIds):
    """A list that fails for an id twice, as DynamoDB's BatchGetItem does."""

    def some(self, ids: Any) -> Any:
        if len(set(ids)) < len(ids):
            raise Refused(500, "failed")
        return super().some(ids)


class StopsEarly(BooksByIds):
    """A list that has four of five ids."""

    def some(self, ids: Any) -> Any:
        found: list[Book] = super().some(ids)
        return found[:4]


def test_healthy_api_has_no_finding(tmp_path: Path) -> None:
    results = run_on_books(book_project(tmp_path, document_with_ids()), BooksByIds(), collections.CHECKS)
    assert [finding.happened for finding in results.findings] == []
    assert [one for _, one in results.exchanges if "ids=" in one.url and one.url.count("%2C") > 1]


@pytest.mark.parametrize(
    ("api", "check"),
    [
        (IgnoresIds, "batch-answers-for-each-id"),
        (FindsFirst, "batch-answers-for-each-id"),
        (FailsOnUnknown, "batch-answers-for-each-id"),
        (TurnsOrder, "batch-answers-for-each-id"),
        (FailsOnTwice, "batch-keeps-count"),
        (StopsEarly, "batch-keeps-count"),
    ],
)
def test_fault_is_found(tmp_path: Path, api: type[BookApi], check: str) -> None:
    found = run_on_books(book_project(tmp_path, document_with_ids()), api(), CHECKS).findings
    assert check in {finding.check for finding in found}
