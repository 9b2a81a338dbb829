"""Checks of what a state rules out, of actions that repeat, and of what PUT leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.contract.checks.methods import states
from homeport.contract.checks.runner import CheckResults
from homeport.project.project import Project
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project

LEND, RETURN, BOOK = "/books/{bookId}/lend", "/books/{bookId}/return", "/books/{bookId}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return books that count their loans, and can be given back, again and again."""
    document = book_document()
    document["components"]["schemas"]["Book"]["properties"]["loans"] = {"type": "integer", "minimum": 0}
    give_back = {**document["paths"][LEND]["post"], "operationId": "returnBook"}
    give_back["responses"] = {status: one for status, one in give_back["responses"].items() if status != "409"}
    give_back["description"] = "Puts a book back. One that is on its shelf already stays as it is."
    document["paths"][RETURN] = {**document["paths"][LEND], "post": give_back}
    return book_project(tmp_path_factory.mktemp("loans"), document)


class Loans(BookApi):
    def new_book(self, id_: str, sent: Book) -> Book:
        return {**super().new_book(id_, sent), "loans": 0}

    def route(self, request: BookRequest) -> BookReply:
        if request.path[2:] == ("return",) and request.method == "POST":
            return self.give_back(request.path[1])
        return super().route(request)

    def lend(self, id_: str, request: BookRequest) -> BookReply:
        old = self.find(id_)
        if old["shelf"] == "lent":
            raise Refused(409, "lent already")
        return self.answer(200, self.store(id_, self.written({**old, "shelf": "lent", "loans": old["loans"] + 1})))

    def give_back(self, id_: str) -> BookReply:
        old = self.find(id_)
        book = old if old["shelf"] == "open" else self.store(id_, self.written({**old, "shelf": "open"}))
        return self.answer(200, book)


class LendsTheLent(Loans):
    def lend(self, id_: str, request: BookRequest) -> BookReply:
        self.books[id_] = {**self.find(id_), "shelf": "open"}
        return super().lend(id_, request)


class CountsEachReturn(Loans):
    def give_back(self, id_: str) -> BookReply:
        return self.answer(200, self.store(id_, self.written({**self.find(id_), "shelf": "open"})))


class ReturnsOnce(Loans):
    def give_back(self, id_: str) -> BookReply:
        if self.find(id_)["shelf"] == "open" and self.find(id_)["version"] > 1:
            raise Refused(404, "not lent")
        return self.answer(200, self.store(id_, self.written({**self.find(id_), "shelf": "open"})))


class PutForgetsLoans(Loans):
    def replaced(self, old: Book, sent: Book) -> Book:
        return {**super().replaced(old, sent), "loans": 0}


def _found(results: CheckResults) -> list[tuple[str, str, str]]:
    assert results.crashes == []
    return [(one.check, one.operation, one.subject) for one in results.findings]


def test_states_that_are_as_documented_are_no_finding(project: Project) -> None:
    results = run_on_books(project, Loans(), states.CHECKS)
    assert _found(results) == []
    assert {run.check.name for run in results.runs if run.requests} == {check.name for check in states.CHECKS}


@pytest.mark.parametrize(
    ("api", "found"),
    [
        (LendsTheLent, ("documented-conflict-comes", f"POST {LEND}", "409")),
        (CountsEachReturn, ("repeated-action-changes-nothing", f"POST {RETURN}", "/updatedAt")),
        (ReturnsOnce, ("repeated-action-changes-nothing", f"POST {RETURN}", "status")),
        (PutForgetsLoans, ("put-leaves-the-rest", f"PUT {BOOK}", "/loans")),
    ],
)
def test_state_that_is_not_as_documented_is_found(
    project: Project, api: type[Loans], found: tuple[str, str, str]
) -> None:
    assert _found(run_on_books(project, api(), states.CHECKS)) == [found]


def test_finding_quotes_the_sentence_of_the_document(project: Project) -> None:
    (finding,) = run_on_books(project, CountsEachReturn(), states.CHECKS).findings
    assert '"One that is on its shelf already stays as it is."' in finding.happened


@pytest.mark.parametrize("conflict", ["Another writer was quicker.", "The title is taken already.", "It exists."])
def test_conflict_for_another_reason_is_not_expected(tmp_path: Path, conflict: str) -> None:
    document = book_document()
    document["paths"][LEND]["post"]["responses"]["409"]["description"] = conflict
    results = run_on_books(book_project(tmp_path, document), LendsWithoutLoans(), states.CHECKS)
    assert _found(results) == []


class LendsWithoutLoans(BookApi):
    def lend(self, id_: str, request: BookRequest) -> BookReply:
        return self.answer(200, self.store(id_, self.written({**self.find(id_), "shelf": "lent"})))
