"""Checks under faults find each broken promise of an API whose database fails, and nothing in a healthy one."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.faults import repeated_writes, transient_failures, under_faults
from tests.support.book_stack import DatabaseError, RejectsSomeValues, StoredBooks, run_on_stack
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused
from tests.support.rest_document import book_document


class Says404(StoredBooks):
    """A failure of the database looks like a missing book."""

    def refuse(self, error: DatabaseError) -> Refused:
        return Refused(404, "no such book")


class Says500(StoredBooks):
    """A failure that passes looks like one for ever."""

    def refuse(self, error: DatabaseError) -> Refused:
        return Refused(500, "failed")


class Says500WhenThrottled(StoredBooks):
    """A failure that passes looks like one for ever, where it has an answer of DynamoDB."""

    def refuse(self, error: DatabaseError) -> Refused:
        return super().refuse(error) if error.code == "lost" else Refused(500, "failed")


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


class FailsBehindRestApi(StoredBooks):
    """A function that fails is answered for by API Gateway."""

    def refuse(self, error: DatabaseError) -> Refused:
        refused = Refused(502, "")
        refused.reply = BookReply(502, {"message": "Internal server error"}, {"Content-Type": "application/json"})
        return refused


class ListsNothing(StoredBooks):
    """A list that could not be read is empty."""

    def list(self, request: BookRequest) -> BookReply:
        try:
            return super().list(request)
        except DatabaseError:
            return BookReply(200, {"books": []})


class FindsShelfFirst(StoredBooks):
    """A list that looks for its shelf first, and is empty where only its books could not be read."""

    def list(self, request: BookRequest) -> BookReply:
        self.call("GetItem", lambda: None)
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


class ReservesFirst(StoredBooks):
    """A create that reserves the id first, and finds it taken where the book could not be stored."""

    def __init__(self) -> None:
        super().__init__()
        self.reserved: set[str] = set()

    def create(self, request: BookRequest) -> BookReply:
        id_ = self.valid("BookInput", request).get("bookId")
        if id_ is not None:
            if id_ in self.reserved:
                raise Refused(409, "taken")
            self.call("PutItem", lambda: self.reserved.add(id_))
        return super().create(request)

    def others(self) -> list[dict[str, Any]]:
        return [{"bookId": {"S": f"ID#{one}"}} for one in sorted(self.reserved)]


class SaysWhatIsUndocumented(StoredBooks):
    """A failure has a status that the document does not have."""

    def refuse(self, error: DatabaseError) -> Refused:
        return Refused(507, "full")


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


class KnowsTheBookBefore(StoredBooks):
    """A read that fails is answered with the book as an earlier read saw it."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, BookReply] = {}

    def read(self, id_: str, request: BookRequest) -> BookReply:
        try:
            self.known[id_] = super().read(id_, request)
        except DatabaseError:
            if id_ not in self.known:
                raise
        return self.known[id_]


class CountsVisits(StoredBooks):
    """An operation beside the books, whose only work is to write."""

    def route(self, request: BookRequest) -> BookReply:
        if request.path == ("visits",):
            self.count()
            return BookReply(200, {"thanks": True})
        return super().route(request)

    def count(self) -> None:
        """Count a visit. Raises DatabaseError."""
        self.call("UpdateItem", lambda: None)


class ThanksForNothing(CountsVisits):
    """A visit that was not counted is a success."""

    def count(self) -> None:
        with suppress(DatabaseError):
            super().count()


class TakesFailureForNoVisit(CountsVisits):
    """A visit that can't be counted is refused as if there had been one already; another stays refused."""

    def count(self) -> None:
        try:
            super().count()
        except DatabaseError:
            raise Refused(409, "visited already") from None


class IsVisitedMeanwhile(TakesFailureForNoVisit):
    """A visit after which no other is taken."""

    refused = False

    def count(self) -> None:
        if self.refused:
            raise Refused(409, "visited already")
        try:
            super().count()
        except Refused:
            self.refused = True
            raise


CHECKS = (*under_faults.CHECKS, *transient_failures.CHECKS, *repeated_writes.CHECKS)


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
        (FindsShelfFirst, "reads-do-not-lie"),
        (SucceedsAnyway, "success-is-stored"),
        (WritesTwice, "failed-writes-are-whole"),
        (ReservesFirst, "no-half-writes"),
        (SaysWhatIsUndocumented, "documented-under-faults"),
        (CountsTwice, "counted-once"),
        (LocksForEver, "repeat-after-lost-answer"),
        (FailsForTheDeleted, "repeat-after-lost-answer"),
        (DeletesHalf, "repeat-after-lost-answer"),
        (KnowsTheBookBefore, "reads-do-not-lie"),
    ],
)
def test_fault_is_found_by_its_check(tmp_path: Path, api: type[StoredBooks], check: str) -> None:
    results = run_on_stack(tmp_path, api(), CHECKS)
    found = [finding for finding in results.findings if finding.check == check]
    assert found
    assert all(finding.exchanges for finding in found)
    assert "DynamoDB" in found[0].happened


def test_values_that_are_rejected_anyway_are_no_fault_of_the_database(tmp_path: Path) -> None:
    checks = tuple(one for one in CHECKS if one.name == "faults-are-not-the-clients")
    assert run_on_stack(tmp_path, RejectsSomeValues(), checks).findings == []


def test_text_of_the_gateway_is_no_leak(tmp_path: Path) -> None:
    results = run_on_stack(tmp_path, FailsBehindRestApi(), under_faults.CHECKS)
    assert "no-leak-under-faults" not in {finding.check for finding in results.findings}


@pytest.mark.parametrize(("api", "count"), [(CountsVisits, 0), (ThanksForNothing, 1)], ids=["healthy", "faulty"])
def test_success_whose_only_write_failed_is_found(tmp_path: Path, api: type[StoredBooks], count: int) -> None:
    document = book_document()
    thanks = {"application/json": {"schema": {"type": "object"}}}
    answers = {"200": {"description": "Counted.", "content": thanks}}
    document["paths"]["/visits"] = {"post": {"operationId": "countVisit", "responses": answers}}
    checks = tuple(one for one in CHECKS if one.name == "success-needs-its-writes")
    found = run_on_stack(tmp_path, api(), checks, document).findings
    assert len({finding.operation for finding in found}) == count


class TakesWhatIsThere(CountsVisits):
    """A visit that takes all that the others have left, which is more while faults last."""

    def __init__(self) -> None:
        super().__init__()
        self.books["left"] = {"bookId": "left", "shelf": "a", "version": 99}

    def count(self) -> None:
        rest = self.books["left"]["version"] - (2 if self.faults else 1)
        self.call("UpdateItem", lambda: self.books["left"].update(version=rest))


def test_request_that_takes_what_is_there_may_take_twice_as_much(tmp_path: Path) -> None:
    document = book_document()
    taken = {"200": {"description": "Taken.", "content": {"application/json": {"schema": {"type": "object"}}}}}
    document["paths"] = {"/visits": {"post": {"operationId": "takeAll", "responses": taken}}}
    checks = tuple(one for one in CHECKS if one.name == "counted-once")
    assert run_on_stack(tmp_path, TakesWhatIsThere(), checks, document).findings == []


class LooksFirst(StoredBooks):
    """A create that reads before it writes."""

    def create(self, request: BookRequest) -> BookReply:
        self.call("GetItem", lambda: None)
        return super().create(request)


class LooksAndSucceedsAnyway(LooksFirst, SucceedsAnyway):
    """A failed write is taken for done."""


@pytest.mark.parametrize(("api", "found"), [(LooksFirst, []), (LooksAndSucceedsAnyway, ["POST /books"])])
def test_create_of_what_only_a_list_shows_is_no_success_without_its_write(
    tmp_path: Path, api: type[StoredBooks], found: list[str]
) -> None:
    document = book_document()
    del document["paths"]["/books/{bookId}"]["get"]
    checks = tuple(one for one in CHECKS if one.name == "success-needs-its-writes")
    results = run_on_stack(tmp_path, api(), checks, document)
    assert list(dict.fromkeys(one.operation for one in results.findings if one.operation == "POST /books")) == found


@pytest.mark.parametrize(
    ("api", "found"), [(CountsVisits, False), (TakesFailureForNoVisit, True), (IsVisitedMeanwhile, False)]
)
def test_conflict_that_is_gone_with_the_fault_was_none(tmp_path: Path, api: type[StoredBooks], found: bool) -> None:
    document = book_document()
    answers = {"200": {"description": "Counted."}, "409": {"description": "Visited already."}}
    document["paths"]["/visits"] = {"post": {"operationId": "countVisit", "responses": answers}}
    checks = tuple(one for one in CHECKS if one.name == "faults-are-not-the-clients")
    results = run_on_stack(tmp_path, api(), checks, document)
    assert bool(results.findings) is found
    assert all("200 to the same request, sent again" in one.happened for one in results.findings)


@pytest.mark.parametrize(("api", "found"), [(StoredBooks, False), (Says500, False), (Says500WhenThrottled, True)])
def test_500_is_none_of_an_open_document_where_others_say_503(
    tmp_path: Path, api: type[StoredBooks], found: bool
) -> None:
    results = run_on_stack(tmp_path, api(), transient_failures.CHECKS, failure="default")
    assert bool(results.findings) is found
    assert results.crashes == []
