"""The checks of concurrency find lost updates, two creators and keys that count twice, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from homeport.contract.checks.concurrency import counts, effects, several_writes, two_writes
from homeport.contract.checks.preconditions import idempotency_failures
from tests.support.held_books import HeldBooks, Outdated, run_on_held_books
from tests.support.rest_api import Book, BookReply, BookRequest, Refused
from tests.support.rest_document import book_document, book_project

CHECKS = (*two_writes.CHECKS, *several_writes.CHECKS, *effects.CHECKS, *counts.CHECKS, *idempotency_failures.CHECKS)


class Overwrites(HeldBooks):
    """Writes of what was read, whoever wrote meanwhile."""

    def check(self, id_: str, book: Book | None) -> None:
        return None


class ResurrectsDeleted(HeldBooks):
    """Changes that make a book anew which was deleted meanwhile."""

    def check(self, id_: str, book: Book | None) -> None:
        if id_ in self.books:
            super().check(id_, book)


class DeletesTwiceAtOnce(HeldBooks):
    """Deletions that succeed where another one was faster: the book is gone, as both wanted."""

    def check(self, id_: str, book: Book | None) -> None:
        if id_ in self.books:
            super().check(id_, book)
        elif book is not None and book["version"] > 1:
            raise Outdated


class TakesVersion(HeldBooks):
    """Changes that are made to one version alone, where their body has it."""

    def change(self, id_: str, request: BookRequest) -> BookReply:
        body = dict(request.body) if isinstance(request.body, dict) else request.body
        self.seen.wanted = body.pop("version", None) if isinstance(body, dict) else None
        try:
            return super().change(id_, replace(request, body=body))
        finally:
            self.seen.wanted = None

    def find(self, id_: str) -> Book:
        book = super().find(id_)
        if getattr(self.seen, "wanted", None) not in (None, book["version"]):
            raise Refused(409, "another version")
        return book


class LooksAtVersionBefore(TakesVersion, Overwrites):
    """Changes that look at the version, and write whatever it is by then."""


class TwoCreators(HeldBooks):
    """Creates that overwrite a book which was made meanwhile."""

    def check(self, id_: str, book: Book | None) -> None:
        if book is None or book["version"] > 1:
            super().check(id_, book)


class FailsAtConflict(HeldBooks):
    """Writes that end with 500 where another one was faster."""

    def handle(self, request: BookRequest) -> BookReply:
        before = self.books.copy()
        reply = super().handle(request)
        return BookReply(500, {"title": "failed"}) if self.was_slower(before, request, reply) else reply

    def was_slower(self, before: dict[str, Book], request: BookRequest, reply: BookReply) -> bool:
        """Return whether another write came between."""
        there = before.get(request.path[-1])
        shown = reply.body if isinstance(reply.body, dict) else {}
        return request.method == "PATCH" and there is not None and shown.get("version", 0) > there["version"] + 1


class LendsTwice(HeldBooks):
    """A book that two readers get at once."""

    def lend(self, id_: str, request: BookRequest) -> BookReply:
        old = self.find(id_)
        if old["shelf"] == "lent":
            raise Refused(409, "lent already")
        self.holds.take("UpdateItem")
        self.seen.version = self.books[id_]["version"]
        return self.answer(200, self.store(id_, self.written({**self.books[id_], "shelf": "lent"})))


class TriesTwice(HeldBooks):
    """A write that is tried again once, and the second time whatever was written meanwhile."""

    def handle(self, request: BookRequest) -> BookReply:
        self.seen.outdated = 0
        return super().handle(request)

    def check(self, id_: str, book: Book | None) -> None:
        try:
            super().check(id_, book)
        except Outdated:
            self.seen.outdated += 1
            if self.seen.outdated < 2:
                raise
            self.end()

    def end(self) -> None:
        """Go on with the write."""


class GivesUp(TriesTwice):
    """A write that is tried again once, and then fails."""

    def end(self) -> None:
        raise Refused(500, "failed")


class KeyBeforeBook(HeldBooks):
    """A key that is kept before its book, and counts though the book could not be made."""

    def create_once(self, request: BookRequest) -> BookReply:
        key = request.headers.get("idempotency-key")
        if key is None or key in self.keys:
            return super().create_once(request)
        self.keys[key] = request.body, BookReply(409, {"title": "in progress", "status": 409})
        reply = self.create(request)
        self.keys[key] = request.body, reply
        return reply


class KeyAfterBook(HeldBooks):
    """A key that is kept after its book."""

    def create_once(self, request: BookRequest) -> BookReply:
        key = request.headers.get("idempotency-key")
        if key is None or key in self.keys:
            return super().create_once(request)
        reply = self.create(request)
        self.holds.take("PutItem")
        self.keys[key] = request.body, reply
        return reply


class KeyForgotten(KeyAfterBook):
    """A key that is not kept where the answer to its book's write gets lost."""


class StoresInParts(HeldBooks):
    """Creates that store a book first, and its tags afterwards."""

    def store(self, id_: str, book: Book) -> Book:
        if book["version"] == 1:
            super().store(id_, {**book, "tags": [], "pages": 0})
            self.seen.version = 1
        return super().store(id_, book)


class HeldKeys(HeldBooks):
    """Keys that are kept together with their book."""

    def create_once(self, request: BookRequest) -> BookReply:
        key = request.headers.get("idempotency-key")
        if key is None:
            return self.create(request)
        self.valid("BookInput", request)
        self.holds.take("TransactWriteItems")
        with self.lock:
            holds, self.holds = self.holds, type(self.holds)()
            try:
                reply = super().create_once(request)
            finally:
                self.holds = holds
        if self.holds.is_lost("TransactWriteItems"):
            raise Refused(503, "no answer")
        return reply


FAULTS: dict[type[HeldBooks], str] = {
    Overwrites: "writes-at-once-are-serial",
    ResurrectsDeleted: "writes-at-once-are-serial",
    TwoCreators: "one-creator-of-an-id",
    FailsAtConflict: "writes-at-once-are-serial",
    LendsTwice: "writes-at-once-are-serial",
    TriesTwice: "several-writes-lose-nothing",
    GivesUp: "several-writes-lose-nothing",
    KeyBeforeBook: "key-after-database-failure",
    KeyAfterBook: "key-twice-at-once",
    KeyForgotten: "key-after-lost-answer",
    StoresInParts: "nothing-half-made",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_fault_is_found(fault: type[HeldBooks], tmp_path: Path) -> None:
    checks = tuple(check for check in CHECKS if check.name == FAULTS[fault])
    results = run_on_held_books(book_project(tmp_path), fault(), checks)
    assert results.findings
    assert all(finding.exchanges and finding.happened for finding in results.findings)


@pytest.mark.parametrize(("api", "found"), [(TakesVersion, []), (LooksAtVersionBefore, ["PATCH /books/{bookId}"])])
def test_version_in_a_body_has_one_winner(tmp_path: Path, api: type[HeldBooks], found: list[str]) -> None:
    document = book_document()
    document["components"]["schemas"]["BookPatch"]["properties"]["version"] = {"type": "integer", "minimum": 1}
    one = document["paths"]["/books/{bookId}"]
    for method in ("put", "patch", "delete"):
        one[method]["parameters"] = [part for part in one[method]["parameters"] if part["name"] != "If-Match"]
    one["patch"]["responses"]["409"] = one["patch"]["responses"].pop("412")
    checks = tuple(check for check in CHECKS if check.name == "one-winner-of-an-etag")
    results = run_on_held_books(book_project(tmp_path, document), api(), checks)
    assert [finding.operation for finding in results.findings] == found


def test_two_deletions_at_once_may_both_succeed(tmp_path: Path) -> None:
    checks = tuple(one for one in CHECKS if one.name in ("writes-at-once-are-serial", "one-winner-of-an-etag"))
    results = run_on_held_books(book_project(tmp_path), DeletesTwiceAtOnce(), checks)
    assert [finding.happened for finding in results.findings] == []


def test_lost_update_of_an_etag_is_found(tmp_path: Path) -> None:
    checks = tuple(check for check in CHECKS if check.name == "one-winner-of-an-etag")
    results = run_on_held_books(book_project(tmp_path), Overwrites(), checks)
    assert {finding.operation for finding in results.findings} >= {"PUT /books/{bookId}", "PATCH /books/{bookId}"}


@pytest.mark.parametrize("seed", [1, 2])
def test_healthy_api_has_no_finding(seed: int, tmp_path: Path) -> None:
    results = run_on_held_books(book_project(tmp_path), HeldKeys(), CHECKS, seed=seed)
    assert not results.findings
    assert not [run.untested for run in results.runs if run.untested]


class BooksHours(HeldBooks):
    """Changes that can't be made one after the other any more once two have been made at once.

    The hours of a doctor are like that: what a run's own trials have booked is in the way of its later ones.
    """

    def __init__(self) -> None:
        super().__init__()
        self.overlapped = 0

    def change(self, id_: str, request: BookRequest) -> BookReply:
        if not self.holds.is_open:
            self.overlapped += 1
        elif self.overlapped > 1:
            raise Refused(409, "taken")
        return super().change(id_, request)


def test_order_in_which_a_write_meets_what_an_earlier_trial_left_tells_nothing(tmp_path: Path) -> None:
    checks = tuple(check for check in CHECKS if check.name == "writes-at-once-are-serial")
    api = BooksHours()
    results = run_on_held_books(book_project(tmp_path), api, checks)
    assert api.overlapped > 1
    assert [one.happened for one in results.findings] == []


class CountsNights(HeldBooks):
    """Books that are made with another number each time, as a stay has the nights of its days."""

    def new_book(self, id_: str, sent: Book) -> Book:
        return {**super().new_book(id_, sent), "pages": len(self.books) + 1}


def test_number_that_each_resource_begins_with_is_no_difference_of_two_writes(tmp_path: Path) -> None:
    document = book_document()
    for schema in ("BookInput", "BookPatch"):
        del document["components"]["schemas"][schema]["properties"]["pages"]
    checks = tuple(check for check in CHECKS if check.name == "writes-at-once-are-serial")
    results = run_on_held_books(book_project(tmp_path, document), CountsNights(), checks)
    assert [one.happened for one in results.findings] == []


class LendsWithReceipt(HeldBooks):
    """A lending whose answer has a receipt beside the book."""

    def lend(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().lend(id_, request)
        return BookReply(reply.status, {**reply.body, "receipt": 1}, reply.headers)


def test_answer_of_an_action_may_have_more_than_the_resource(tmp_path: Path) -> None:
    checks = tuple(one for one in CHECKS if one.name in ("writes-at-once-are-serial", "one-winner-of-an-etag"))
    results = run_on_held_books(book_project(tmp_path), LendsWithReceipt(), checks)
    assert results.crashes == []
    assert [one.happened for one in results.findings] == []
