"""Checks under faults find each broken promise of an API whose database fails, and nothing in a healthy one."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.contract.checks.faults import repetition, under_faults
from tests.support.book_stack import DatabaseError, StoredBooks, run_on_stack
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused


class Says404(StoredBooks):
    """A failure of the database looks like a missing book."""

    def refuse(self, error: DatabaseError) -> Refused:
        return Refused(404, "no such book")


class Says500(StoredBooks):
    """A failure that passes looks like one for ever."""

    def refuse(self, error: DatabaseError) -> Refused:
        return Refused(500, "failed")


class SaysNotWhen(StoredBooks):
    """A 503 does not say when to try again."""

    def refuse(self, error: DatabaseError) -> Refused:
        return Refused(503, "busy")


class ShowsError(StoredBooks):
    """An error shows DynamoDB's."""

    def refuse(self, error: DatabaseError) -> Refused:
        refused = Refused(503, f"An error occurred ({error.code}) when calling the operation")
        refused.reply.headers["Retry-After"] = "1"
        return refused


class ListsNothing(StoredBooks):
    """A list that could not be read is empty."""

    def list(self, request: BookRequest) -> BookReply:
        try:
            return super().list(request)
        except DatabaseError:
            return BookReply(200, {"books": []})


class SucceedsAnyway(StoredBooks):
    """A create that could not be stored succeeds."""

    def store(self, id_: str, book: Book) -> Book:
        try:
            return super().store(id_, book)
        except DatabaseError:
            return book


class WritesTwice(StoredBooks):
    """A change is two writes, the title first."""

    def change(self, id_: str, request: BookRequest) -> BookReply:
        patch = self.valid("BookPatch", request)
        old = self.find(id_)
        self.require(old, request)
        new = self.merged(old, patch)
        half = self.store(id_, {**old, "title": new["title"]})
        return self.answer(200, self.store(id_, self.written({**half, **new})))


class CountsTwice(StoredBooks):
    """Each attempt of a change counts the version up."""

    def store(self, id_: str, book: Book) -> Book:
        def put() -> Book:
            version = self.books[id_]["version"] + 1 if id_ in self.books else 1
            return BookApi.store(self, id_, {**book, "version": version})

        return self.call("PutItem", put)


class LocksForEver(StoredBooks):
    """A PUT that locks its book first, and unlocks it only where its write was answered."""

    def __init__(self) -> None:
        super().__init__()
        self.locked: set[str] = set()

    def replace(self, id_: str, request: BookRequest) -> BookReply:
        if id_ in self.locked:
            raise Refused(500, "locked")
        self.locked.add(id_)
        try:
            reply = super().replace(id_, request)
        except Refused:
            self.locked.discard(id_)
            raise
        self.locked.discard(id_)
        return reply


class FailsForTheDeleted(StoredBooks):
    """A DELETE that fails for what is gone."""

    def delete(self, id_: str, request: BookRequest) -> BookReply:
        if id_ not in self.books:
            raise Refused(500, "failed")
        return super().delete(id_, request)


class DeletesHalf(StoredBooks):
    """A DELETE that takes a book that is deleted halfway for one that was never there."""

    def remove(self, id_: str) -> None:
        def bury() -> None:
            if "buried" in self.books[id_]:
                raise Refused(404, "no such book")
            self.books[id_]["buried"] = True

        self.call("UpdateItem", bury)
        del self.books[id_]

    def show(self, book: Book) -> Book:
        return {name: value for name, value in super().show(book).items() if name != "buried"}


CHECKS = (*under_faults.CHECKS, *repetition.CHECKS)


def test_healthy_api_has_no_finding(tmp_path: Path) -> None:
    results = run_on_stack(tmp_path, StoredBooks(), CHECKS)
    assert results.findings == []
    assert [run.untested for run in results.runs if run.untested] == []
    assert {label.split()[0] for label, _ in results.exchanges} >= {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.mark.parametrize(
    ("api", "check"),
    [
        (Says404, "faults-are-not-the-clients"),
        (Says500, "busy-is-503"),
        (SaysNotWhen, "retry-after"),
        (ShowsError, "no-leak-under-faults"),
        (ListsNothing, "reads-do-not-lie"),
        (SucceedsAnyway, "success-is-stored"),
        (WritesTwice, "failed-writes-are-whole"),
        (CountsTwice, "counted-once"),
        (LocksForEver, "repeat-after-lost-answer"),
        (FailsForTheDeleted, "repeat-after-lost-answer"),
        (DeletesHalf, "repeat-after-lost-answer"),
    ],
)
def test_fault_is_found_by_its_check(tmp_path: Path, api: type[StoredBooks], check: str) -> None:
    results = run_on_stack(tmp_path, api(), CHECKS)
    found = [finding for finding in results.findings if finding.check == check]
    assert found
    assert all(finding.exchanges for finding in found)
    assert "DynamoDB" in found[0].happened
