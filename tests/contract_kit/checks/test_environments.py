"""Checks of environments find what an API keeps from one request to another, and nothing in a healthy one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from homeport.contract.checks.faults import environments, request_isolation, staleness
from tests.support.book_stack import RejectsSomeValues, StoredBooks, run_on_stack
from tests.support.rest_api import Book, BookReply, BookRequest, Refused
from tests.support.rest_document import book_document

_CHECKS = (*environments.CHECKS, *request_isolation.CHECKS, *staleness.CHECKS)


class KeepsTime(StoredBooks):
    """The time is that of the environment's start."""

    def renew(self) -> None:
        self.start = ""

    start = ""

    def now(self) -> str:
        self.start = self.start or super().now()
        return self.start


class AnswersWithTheShelf(StoredBooks):
    """A new book is answered with the shelf that it was put on, which was there before."""

    def create(self, request: BookRequest) -> BookReply:
        reply = super().create(request)
        return replace(reply, body={"title": "History", "createdAt": "2026-01-01T09:30:12Z"})


class CountsIds(StoredBooks):
    """Ids are counted from 1 in each environment."""

    count = 0

    def renew(self) -> None:
        self.count = 0

    def create(self, request: BookRequest) -> BookReply:
        self.count += 1
        return super().create(
            BookRequest(
                request.method,
                request.path,
                request.query,
                request.headers,
                {"bookId": f"book-{self.count}", **request.body} if isinstance(request.body, dict) else request.body,
                request.valid_json,
            )
        )


class KeepsDefaults(StoredBooks):
    """What a request had becomes the default of the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: Book = {}

    def renew(self) -> None:
        self.kept = {}

    def content(self, sent: Book) -> Book:
        self.kept = {**self.kept, **sent}
        return super().content({**self.kept, **sent})


class KeepsBooks(StoredBooks):
    """A book that was read is read from memory later."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, Book] = {}

    def renew(self) -> None:
        self.kept = {}

    def read(self, id_: str, request: BookRequest) -> BookReply:
        if id_ in self.kept:
            return BookReply(200, self.show(self.kept[id_]), {"ETag": self.etag(self.kept[id_])})
        reply = super().read(id_, request)
        self.kept[id_] = self.books[id_]
        return reply


class ReadsOld(StoredBooks):
    """Reads may see what was there before the latest write."""

    def find(self, id_: str) -> Book:
        if self.lagging and id_ in self.before:
            old = self.before[id_]
            return super().find("none") if old is None else old
        return super().find(id_)


class FailsWhenCold(StoredBooks):
    """The first request of an environment fails."""

    cold = False

    def renew(self) -> None:
        self.cold = True

    def route(self, request: BookRequest) -> BookReply:
        if self.cold:
            self.cold = False
            raise Refused(500, "not ready")
        return super().route(request)


class OneBook(StoredBooks):
    """There is one book, which needs no id."""

    def route(self, request: BookRequest) -> BookReply:
        return super().route(replace(request, path=("books", *request.path[1:], "one")))


def test_resource_of_which_there_is_one_is_looked_at(tmp_path: Path) -> None:
    """Its path has no id: ``PUT /books`` makes it, as settings are made."""
    document = book_document()
    several = document["paths"]["/books/{bookId}"]
    document["paths"] = {"/books": {method: several[method] for method in ("get", "put")}}
    results = run_on_stack(tmp_path, OneBook(), _CHECKS, document)
    assert (results.findings, results.crashes) == ([], [])
    assert {run.check.name for run in results.runs if run.requests} >= {"environments-agree", "read-your-writes"}


class LendsMeanwhile(StoredBooks):
    """A book is lent between its first read and the second, as by a function that a queue invokes."""

    def read(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().read(id_, request)
        self.books[id_] = {**self.books[id_], "shelf": "lent"}
        return reply


def test_change_meanwhile_says_nothing_of_environments(tmp_path: Path) -> None:
    checks = tuple(one for one in _CHECKS if one.name == "cold-as-warm")
    assert run_on_stack(tmp_path, LendsMeanwhile(), checks).findings == []


def test_values_that_are_rejected_say_nothing_of_environments(tmp_path: Path) -> None:
    checks = tuple(one for one in _CHECKS if one.name == "cold-as-warm")
    assert run_on_stack(tmp_path, RejectsSomeValues(), checks).findings == []


def test_parent_that_a_create_is_answered_with_was_made_before(tmp_path: Path) -> None:
    checks = tuple(one for one in _CHECKS if one.name == "time-passes")
    assert run_on_stack(tmp_path, AnswersWithTheShelf(), checks).findings == []


def test_healthy_api_has_no_finding(tmp_path: Path) -> None:
    results = run_on_stack(tmp_path, StoredBooks(), _CHECKS)
    assert results.findings == []


@pytest.mark.parametrize(
    ("api", "check"),
    [
        (KeepsTime, "time-passes"),
        (CountsIds, "new-environment-new-ids"),
        (KeepsDefaults, "requests-are-apart"),
        (KeepsBooks, "environments-agree"),
        (FailsWhenCold, "cold-as-warm"),
        (ReadsOld, "read-your-writes"),
    ],
)
def test_fault_is_found_by_its_check(tmp_path: Path, api: type[StoredBooks], check: str) -> None:
    results = run_on_stack(tmp_path, api(), tuple(one for one in _CHECKS if one.name == check))
    assert [finding.check for finding in results.findings][:1] == [check]
    assert results.findings[0].exchanges
