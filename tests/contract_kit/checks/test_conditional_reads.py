"""The checks of preconditions that a document may have beside those of writes: on reads, required ones, and times."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.preconditions import if_match, if_modified_since, if_none_match
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project

CHECKS = (*if_match.CHECKS, *if_none_match.CHECKS, *if_modified_since.CHECKS)


def strict_document() -> dict[str, Any]:
    """Return the books' document, in which PUT needs If-Match and reads take If-Modified-Since."""
    document = book_document()
    item = document["paths"]["/books/{bookId}"]
    item["get"]["parameters"].append({"name": "If-Modified-Since", "in": "header", "schema": {"type": "string"}})
    item["put"]["responses"]["428"] = {"description": "If-Match is missing."}
    del item["put"]["responses"]["201"]
    return document


class StrictBooks(BookApi):
    """Books that are replaced with If-Match only, and that tell when they were modified."""

    def replace(self, id_: str, request: BookRequest) -> BookReply:
        self.find(id_)
        if "if-match" not in request.headers:
            self.miss(id_, request)
        return super().replace(id_, request)

    def miss(self, id_: str, request: BookRequest) -> None:
        """Refuse a request without If-Match."""
        raise Refused(428, "If-Match is missing")

    def read(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().read(id_, request)
        if reply.status == 200:
            time = datetime.fromisoformat(self.find(id_)["updatedAt"]).replace(microsecond=0)
            reply.headers["Last-Modified"] = format_datetime(time, usegmt=True)
            since = request.headers.get("if-modified-since")
            if since is not None and self.is_old(time, parsedate_to_datetime(since)):
                return BookReply(304, None, reply.headers)
        return reply

    def is_old(self, time: datetime, since: datetime) -> bool:
        """Return whether a book was not modified since."""
        return time <= since


class TakesAnyWrite(StrictBooks):
    """A PUT without If-Match that is performed."""

    def miss(self, id_: str, request: BookRequest) -> None:
        return None


class SaysNotMet(StrictBooks):
    """A PUT without If-Match that is refused as one whose If-Match names another ETag."""

    def miss(self, id_: str, request: BookRequest) -> None:
        raise Refused(412, "not as wanted")


class WritesAndRefuses(StrictBooks):
    """A PUT without If-Match that is refused after it was performed."""

    def miss(self, id_: str, request: BookRequest) -> None:
        self.store(id_, self.written(self.replaced(self.books[id_], request.body)))
        raise Refused(428, "If-Match is missing")


class IsNeverOld(StrictBooks):
    """A read that knows no If-Modified-Since."""

    def is_old(self, time: datetime, since: datetime) -> bool:
        return False


class IsAlwaysOld(StrictBooks):
    """A read that takes any If-Modified-Since for later than the book."""

    def is_old(self, time: datetime, since: datetime) -> bool:
        return True


class ReadsInSpiteOfIfMatch(StrictBooks):
    """A read that knows no If-Match."""

    def read(self, id_: str, request: BookRequest) -> BookReply:
        headers = {name: value for name, value in request.headers.items() if name != "if-match"}
        return super().read(id_, BookRequest(request.method, request.path, request.query, headers))


class RefusesReads(StrictBooks):
    """A read that answers 412 to the ETag of the book too."""

    def read(self, id_: str, request: BookRequest) -> BookReply:
        if "if-match" in request.headers:
            raise Refused(412, "not as wanted")
        return super().read(id_, request)


class WritesInSpiteOfIfNoneMatch(StrictBooks):
    """Writes that look at If-Match alone."""

    def require(self, book: Book | None, request: BookRequest) -> None:
        headers = {name: value for name, value in request.headers.items() if name != "if-none-match"}
        super().require(book, BookRequest(request.method, request.path, request.query, headers, request.body))


class RefusesAnyIfNoneMatch(StrictBooks):
    """Writes that are refused with whatever If-None-Match."""

    def require(self, book: Book | None, request: BookRequest) -> None:
        if "if-none-match" in request.headers:
            raise Refused(412, "not as wanted")
        super().require(book, request)


@pytest.mark.parametrize("seed", [1, 2])
def test_healthy_api_has_no_finding(tmp_path: Path, seed: int) -> None:
    results = run_on_books(book_project(tmp_path, strict_document()), StrictBooks(), CHECKS, seed=seed)
    assert [finding.happened for finding in results.findings] == []
    assert results.crashes == []


@pytest.mark.parametrize(
    ("api", "check", "operation"),
    [
        (TakesAnyWrite, "precondition-required", "PUT"),
        (SaysNotMet, "precondition-required", "PUT"),
        (WritesAndRefuses, "precondition-required", "PUT"),
        (IsNeverOld, "if-modified-since", "GET"),
        (IsAlwaysOld, "if-modified-since", "GET"),
        (ReadsInSpiteOfIfMatch, "if-match-reads", "GET"),
        (RefusesReads, "if-match-reads", "GET"),
        (WritesInSpiteOfIfNoneMatch, "if-none-match-writes", "PATCH"),
        (RefusesAnyIfNoneMatch, "if-none-match-writes", "PATCH"),
    ],
)
def test_fault_is_found(tmp_path: Path, api: type[BookApi], check: str, operation: str) -> None:
    checks = tuple(one for one in CHECKS if one.name == check)
    found = run_on_books(book_project(tmp_path, strict_document()), api(), checks).findings
    assert f"{operation} /books/{{bookId}}" in [finding.operation for finding in found]
    assert all(finding.exchanges and finding.happened for finding in found)
