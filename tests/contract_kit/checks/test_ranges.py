"""The check of ranges finds lists that go beyond their bounds, or that lack what lies inside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks import collections
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project

CHECKS = tuple(one for one in collections.CHECKS if one.name == "range-keeps-its-bounds")


def ranged_document() -> dict[str, Any]:
    """Return the books' document, with ranges of pages and of the time of creation."""
    document = book_document()
    whole, time = {"type": "integer", "minimum": 0}, {"type": "string", "format": "date-time"}
    added = {"minPages": whole, "pages[lte]": whole, "createdAfter": time, "createdBefore": time}
    document["paths"]["/books"]["get"]["parameters"] += [
        {"name": name, "in": "query", "schema": schema} for name, schema in added.items()
    ]
    return document


class RangedBooks(BookApi):
    """Books that can be listed by ranges, the bounds of pages among them, those of times not."""

    def filtered(self, books: Any, query: Mapping[str, str]) -> Any:
        low, high = int(query.get("minPages", 0)), int(query.get("pages[lte]", 2**64))
        after, before = query.get("createdAfter", ""), query.get("createdBefore", "9")
        found: Any = super().filtered(books, query)
        return [book for book in found if self.has_pages(book, low, high) and self.was_made(book, after, before)]

    def has_pages(self, book: Book, low: int, high: int) -> bool:
        """Return whether a book has so many pages."""
        return bool(low <= book["pages"] <= high)

    def was_made(self, book: Book, after: str, before: str) -> bool:
        """Return whether a book was made between two times."""
        return bool(after < book["createdAt"] < before)


class ExcludesBounds(RangedBooks):
    """The other way that the document leaves open: a book with as many pages as the least is not in."""

    def has_pages(self, book: Book, low: int, high: int) -> bool:
        return bool((low < book["pages"] or low == 0) and book["pages"] <= high)


class ExcludesTheMost(RangedBooks):
    """A book with as many pages as the most is not in, though lte is "less than or equal"."""

    def has_pages(self, book: Book, low: int, high: int) -> bool:
        return bool(low <= book["pages"] < high)


class RefusesTurnedBounds(RangedBooks):
    """A list that refuses a range without an inside."""

    def list(self, request: BookRequest) -> BookReply:
        if int(request.query.get("minPages", 0)) > int(request.query.get("pages[lte]", 2**64)):
            raise Refused(400, "range")
        return super().list(request)


class ForgetsUpperBound(RangedBooks):
    """Books with more pages than wanted."""

    def has_pages(self, book: Book, low: int, high: int) -> bool:
        return super().has_pages(book, low, 2**64)


class ComparesTexts(RangedBooks):
    """Numbers that are compared as texts."""

    def has_pages(self, book: Book, low: int, high: int) -> bool:
        return str(low) <= str(book["pages"]) <= str(high)


class OneBoundOnly(RangedBooks):
    """An upper bound that counts where there is no lower one."""

    def has_pages(self, book: Book, low: int, high: int) -> bool:
        return super().has_pages(book, low, 2**64 if low else high)


class TurnsTimes(RangedBooks):
    """Bounds of times that are mixed up."""

    def was_made(self, book: Book, after: str, before: str) -> bool:
        return super().was_made(book, before if before != "9" else "", after or "9")


class FailsOnTurnedBounds(RangedBooks):
    """A list that fails for a range without an inside, as DynamoDB does for BETWEEN."""

    def list(self, request: BookRequest) -> BookReply:
        if int(request.query.get("minPages", 0)) > int(request.query.get("pages[lte]", 2**64)):
            raise Refused(500, "failed")
        return super().list(request)


class FirstPageOnly(RangedBooks):
    """Bounds that no later page has."""

    def list(self, request: BookRequest) -> BookReply:
        query = {name: value for name, value in request.query.items() if name != "minPages" or len(request.query) < 2}
        later = "cursor" in request.query
        return super().list(BookRequest(request.method, request.path, query if later else request.query, {}))


@pytest.mark.parametrize("api", [RangedBooks, ExcludesBounds, RefusesTurnedBounds])
def test_healthy_api_has_no_finding(tmp_path: Path, api: type[BookApi]) -> None:
    results = run_on_books(book_project(tmp_path, ranged_document()), api(), CHECKS, rounds=2)
    assert [finding.happened for finding in results.findings] == []
    assert len(results.exchanges) > 30
    assert results.crashes == []


@pytest.mark.parametrize(
    ("api", "subject"),
    [
        (ForgetsUpperBound, "?pages[lte]"),
        (ExcludesTheMost, "?pages[lte]"),
        (ComparesTexts, "?minPages"),
        (OneBoundOnly, "?minPages?pages[lte]"),
        (TurnsTimes, "?createdAfter"),
        (FailsOnTurnedBounds, "?minPages?pages[lte]"),
        (FirstPageOnly, "?minPages"),
    ],
)
def test_fault_is_found(tmp_path: Path, api: type[BookApi], subject: str) -> None:
    found = run_on_books(book_project(tmp_path, ranged_document()), api(), CHECKS).findings
    assert subject in [finding.subject for finding in found]
    assert all(finding.exchanges and finding.happened for finding in found)


def test_api_without_ranges_is_asked_nothing(tmp_path: Path) -> None:
    results = run_on_books(book_project(tmp_path), BookApi(), CHECKS)
    assert not [one for label, one in results.exchanges if label == "GET /books"]
