"""The checks of two users find what one has of the other: resources, cursors and keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks.client import Client
from homeport.contract.checks.collections import cursors
from homeport.contract.checks.methods import untouched_resources
from homeport.contract.checks.preconditions import idempotency
from homeport.contract.checks.runner import CheckOptions, CheckResults, run_checks
from homeport.contract.fuzz.credentials import Credentials
from homeport.contract.rest.infer import infer_model
from homeport.project.model import Security
from homeport.project.project import Project
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, serve_books
from tests.support.rest_document import book_project

CHECKS = tuple(
    one
    for one in (*untouched_resources.CHECKS, *cursors.CHECKS, *idempotency.CHECKS)
    if one.name in ("users-are-separate", "cursor-of-another-user-shows-nothing", "key-of-another-user")
)


def users_project(root: Path) -> Project:
    """Return the project of the books, whose every operation needs a user."""
    project = book_project(root)
    operations = tuple(replace(one, security=(Security("users"),)) for one in project.api.operations)
    return replace(project, api=replace(project.api, operations=operations))


def run_by_two(project: Project, api: BookApi) -> CheckResults:
    """Return the results of the checks by two users."""
    with serve_books(api) as url:
        clients = [
            Client(url, {one.label: Credentials({"Authorization": name}) for one in project.api.operations})
            for name in ("one", "two")
        ]
        return run_checks(project, infer_model(project.api), clients, CheckOptions(1), None, CHECKS)


class OwnedBooks(BookApi):
    """Books of which each user sees their own."""

    def __init__(self) -> None:
        super().__init__()
        self.owners: dict[str, str] = {}
        self.user = ""

    def route(self, request: BookRequest) -> BookReply:
        self.user = request.headers.get("authorization", "")
        return super().route(request)

    def store(self, id_: str, book: Book) -> Book:
        self.owners.setdefault(id_, self.user)
        return super().store(id_, book)

    def sees(self, id_: str) -> bool:
        """Return whether the user owns a book."""
        return self.owners.get(id_) == self.user

    def find(self, id_: str) -> Book:
        if not self.sees(id_):
            raise Refused(404, "no such book")
        return super().find(id_)

    def replace(self, id_: str, request: BookRequest) -> BookReply:
        if id_ in self.books and not self.sees(id_):
            raise Refused(409, "taken")
        return super().replace(id_, request)

    def filtered(self, books: Any, query: Any) -> Any:
        return super().filtered([one for one in books if self.sees(one["bookId"])], query)

    def batch_get(self, request: BookRequest) -> BookReply:
        reply = super().batch_get(request)
        books = [one for one in reply.body["books"] if self.sees(one["bookId"])]
        lost = [one["bookId"] for one in reply.body["books"] if one not in books]
        return BookReply(200, {"books": books, "missing": [*reply.body["missing"], *lost]})

    def create_once(self, request: BookRequest) -> BookReply:
        headers = dict(request.headers)
        if "idempotency-key" in headers:
            headers["idempotency-key"] = self.key(headers["idempotency-key"])
        return super().create_once(BookRequest(request.method, request.path, {}, headers, request.body))

    def key(self, key: str) -> str:
        """Return the key under which an answer is kept."""
        return f"{self.user} {key}"


class ChangesOthers(OwnedBooks):
    """A change of any user's book."""

    def change(self, id_: str, request: BookRequest) -> BookReply:
        self.user = self.owners.get(id_, self.user)
        return super().change(id_, request)


class DeletesOthers(OwnedBooks):
    """A deletion of any user's book."""

    def delete(self, id_: str, request: BookRequest) -> BookReply:
        self.user = self.owners.get(id_, self.user)
        return super().delete(id_, request)


class ListsOthers(OwnedBooks):
    """A list of every user's books."""

    def filtered(self, books: Any, query: Any) -> Any:
        return BookApi.filtered(self, books, query)


class BatchesOthers(OwnedBooks):
    """A batch read of every user's books."""

    def batch_get(self, request: BookRequest) -> BookReply:
        return BookApi.batch_get(self, request)


class CursorOfOthers(OwnedBooks):
    """A list that goes on in every user's books."""

    def filtered(self, books: Any, query: Any) -> Any:
        return BookApi.filtered(self, books, query) if "cursor" in query else super().filtered(books, query)


class KeyOfOthers(OwnedBooks):
    """A key that all users share."""

    def key(self, key: str) -> str:
        return key


def test_healthy_api_has_no_finding(tmp_path: Path) -> None:
    results = run_by_two(users_project(tmp_path), OwnedBooks())
    assert [finding.happened for finding in results.findings] == []
    assert [run.check.name for run in results.runs if not run.requests] == []
    assert results.crashes == []


@pytest.mark.parametrize(
    ("api", "check", "operation"),
    [
        (ChangesOthers, "users-are-separate", "PATCH /books/{bookId}"),
        (DeletesOthers, "users-are-separate", "DELETE /books/{bookId}"),
        (ListsOthers, "users-are-separate", "GET /books"),
        (BatchesOthers, "users-are-separate", "POST /books/batch-get"),
        (CursorOfOthers, "cursor-of-another-user-shows-nothing", "GET /books"),
        (KeyOfOthers, "key-of-another-user", "POST /books"),
    ],
)
def test_fault_is_found(tmp_path: Path, api: type[BookApi], check: str, operation: str) -> None:
    found = run_by_two(users_project(tmp_path), api()).findings
    assert (check, operation) in [(finding.check, finding.operation) for finding in found]
    assert {finding.check for finding in found} == {check}
