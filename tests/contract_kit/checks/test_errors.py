"""The checks of errors find errors of another form, that name nothing, or that show the inside of a service."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.checks import errors
from homeport.contract.checks.client import Answer
from homeport.contract.checks.errors.leaks import find_inside
from homeport.contract.http_exchange import HttpExchange
from homeport.project.integrations import ExternalIntegration
from homeport.project.model import Operation, Source
from tests.support.book_stack import DatabaseError, StoredBooks, run_on_stack
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project


def document_with_list(*, wrapped: bool = False) -> dict[str, Any]:
    """Return the books' document, whose errors list every violation; ``wrapped`` in an envelope."""
    document = book_document()
    violation = {
        "type": "object",
        "required": ["in", "pointer", "detail"],
        "properties": {
            "in": {"type": "string", "enum": ["body", "query", "path", "header"]},
            "pointer": {"type": "string", "format": "json-pointer"},
            "detail": {"type": "string"},
        },
    }
    problem = document["components"]["schemas"]["Problem"]
    problem["properties"]["errors"] = {
        "type": "array",
        "description": "Everything that is wrong with the request.",
        "items": violation,
    }
    problem["properties"]["instance"] = {"type": "string"}
    if wrapped:
        envelope = {"type": "object", "required": ["error"], "properties": {"error": problem}}
        document["components"]["schemas"]["Problem"] = envelope
    return document


class ListsViolations(BookApi):
    """An API whose errors list every violation."""

    count = 0

    def handle(self, request: BookRequest) -> BookReply:
        reply = super().handle(request)
        if reply.status < 400:
            return reply
        self.count += 1
        body = {**reply.body, "instance": self.instance(self.count)}
        if reply.status == 400:
            name = {"POST": "BookInput", "PUT": "BookInput", "PATCH": "BookPatch"}.get(request.method, "")
            name = "BookIds" if request.path[-1] == "batch-get" else name
            body["errors"] = self.shorten(self.violations(name, request))
        return BookReply(reply.status, body, reply.headers)

    def instance(self, number: int) -> str:
        """Return the id of an occurrence."""
        return f"urn:uuid:00000000-0000-4000-8000-{number:012d}"

    def shorten(self, found: list[dict[str, str]]) -> list[dict[str, str]]:
        """Return the violations that an error has."""
        return found

    def violations(self, name: str, request: BookRequest) -> list[dict[str, str]]:
        """Return the violations of a request."""
        if not name:
            return [self.violation("query", f"/{one}") for one in request.query]
        if not request.valid_json:
            return [self.violation("body", "")]
        return [
            self.violation("body", "".join(f"/{step}" for step in error.instance_path), error.message)
            for error in self._validators[name].iter_errors(request.body)
        ]

    def violation(self, part: str, pointer: str, detail: str = "wrong") -> dict[str, str]:
        """Return a violation."""
        return {"in": part, "pointer": pointer, "detail": detail}


class ListsFirst(ListsViolations):
    """Errors with the first violation."""

    def shorten(self, found: list[dict[str, str]]) -> list[dict[str, str]]:
        return found[:1]


class WrapsErrors(ListsViolations):
    """Errors in an envelope."""

    def handle(self, request: BookRequest) -> BookReply:
        reply = super().handle(request)
        return reply if reply.status < 400 else BookReply(reply.status, {"error": reply.body}, reply.headers)


class WrapsFirst(WrapsErrors, ListsFirst):
    """Errors in an envelope with the first violation."""


class ListsNothing(ListsViolations):
    """Errors with an empty list."""

    def shorten(self, found: list[dict[str, str]]) -> list[dict[str, str]]:
        return []


class PointsElsewhere(ListsViolations):
    """Violations whose pointers have no slash before them."""

    def violation(self, part: str, pointer: str, detail: str = "wrong") -> dict[str, str]:
        return {"in": part, "pointer": pointer.removeprefix("/"), "detail": "wrong"}


class SaysBody(ListsViolations):
    """Violations that all say that the body is wrong."""

    def violation(self, part: str, pointer: str, detail: str = "wrong") -> dict[str, str]:
        return {"in": "body", "pointer": pointer, "detail": detail}


class HasOneInstance(ListsViolations):
    """Problems that all have the same instance."""

    def instance(self, number: int) -> str:
        return super().instance(7)


class SaysOtherStatus(BookApi):
    """Problems with the status of another one."""

    def handle(self, request: BookRequest) -> BookReply:
        reply = super().handle(request)
        return BookReply(reply.status, {**reply.body, "status": 400}, reply.headers) if reply.status == 404 else reply


class AnswersPlainJson(BookApi):
    """Errors that are no problem details."""

    def handle(self, request: BookRequest) -> BookReply:
        reply = super().handle(request)
        return BookReply(404, {"error": "none"}) if reply.status == 404 else reply


class AnswersUndocumented(BookApi):
    """A status that the document does not have."""

    def handle(self, request: BookRequest) -> BookReply:
        reply = super().handle(request)
        return BookReply(410, reply.body, reply.headers) if reply.status == 404 else reply


class TakesAnything(BookApi):
    """An API that checks no title."""

    def valid(self, name: str, request: BookRequest) -> Any:
        body = request.body
        if isinstance(body, dict) and "title" in body and not body["title"]:
            return {**super().valid(name, BookRequest(*_with_title(request))), "title": ""}
        return super().valid(name, request)


def _with_title(request: BookRequest) -> Any:
    return request.method, request.path, request.query, request.headers, {**request.body, "title": "t"}


class ShowsTrace(BookApi):
    """Errors with a stack trace."""

    def handle(self, request: BookRequest) -> BookReply:
        reply = super().handle(request)
        if reply.status == 400:
            reply.body["title"] = 'Traceback (most recent call last):\n  File "/var/task/app.py", line 7'
        return reply


class FailsOnMissing(BookApi):
    """An API that fails for a book that is not there."""

    def find(self, id_: str) -> Book:
        if id_ not in self.books:
            raise Refused(500, "failed")
        return self.books[id_]


def test_healthy_api_has_no_finding(tmp_path: Path) -> None:
    results = run_on_books(book_project(tmp_path), BookApi(), errors.CHECKS, rounds=2)
    assert [(finding.check, finding.happened) for finding in results.findings] == []


def test_api_that_lists_every_violation_has_no_finding(tmp_path: Path) -> None:
    results = run_on_books(book_project(tmp_path, document_with_list()), ListsViolations(), errors.CHECKS, rounds=2)
    assert [(finding.check, finding.happened) for finding in results.findings] == []


class ConflictsWithNothing(BookApi):
    """Changes of what is not there that conflict with it."""

    def change(self, id_: str, request: BookRequest) -> BookReply:
        if id_ not in self.books:
            raise Refused(409, "changed by somebody else")
        return super().change(id_, request)


class BlamesTheRequest(BookApi):
    """Books that are lent already, for which the request is to blame."""

    def lend(self, id_: str, request: BookRequest) -> BookReply:
        if self.find(id_)["shelf"] == "lent":
            raise Refused(400, "lent already")
        return super().lend(id_, request)


@pytest.mark.parametrize(
    ("api", "check"),
    [
        (ListsFirst, "error-names-everything-that-is-wrong"),
        (WrapsFirst, "error-names-everything-that-is-wrong"),
        (ListsNothing, "error-names-what-is-wrong"),
        (PointsElsewhere, "error-names-what-is-wrong"),
        (SaysBody, "error-names-what-is-wrong"),
        (HasOneInstance, "problem-is-sound"),
        (SaysOtherStatus, "problem-is-sound"),
        (AnswersPlainJson, "error-is-as-documented"),
        (AnswersUndocumented, "error-is-as-documented"),
        (TakesAnything, "invalid-request-is-refused"),
        (FailsOnMissing, "invalid-request-is-refused"),
        (ShowsTrace, "error-shows-nothing-inside"),
        (ConflictsWithNothing, "missing-is-404"),
        (BlamesTheRequest, "conflict-is-409"),
    ],
)
def test_fault_is_found(tmp_path: Path, api: type[BookApi], check: str) -> None:
    document = document_with_list(wrapped=issubclass(api, WrapsErrors)) if issubclass(api, ListsViolations) else None
    checks = tuple(one for one in errors.CHECKS if one.name == check)
    found = run_on_books(book_project(tmp_path, document), api(), checks).findings
    assert found
    assert all(finding.exchanges and finding.happened for finding in found)


class ShowsCause(StoredBooks):
    """Failures that show what the SDK said."""

    def refuse(self, error: DatabaseError) -> Refused:
        refused = super().refuse(error)
        refused.reply.body["title"] = f"An error occurred ({error.code}) when calling the GetItem operation"
        return refused


@pytest.mark.parametrize(("api", "checks"), [(StoredBooks, set()), (ShowsCause, {"failure-shows-nothing-inside"})])
def test_failure_of_the_database_is_looked_at(tmp_path: Path, api: type[StoredBooks], checks: set[str]) -> None:
    named = tuple(one for one in errors.CHECKS if one.name == "failure-shows-nothing-inside")
    assert {finding.check for finding in run_on_stack(tmp_path, api(), named).findings} == checks


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b'{"message": "An error occurred (ValidationException) when calling the PutItem operation"}', "a message"),
        (b'{"errorMessage": "x", "stackTrace": []}', "a stack trace"),
        (b'{"detail": "\'NoneType\' object is not subscriptable"}', "an exception"),
        (b'{"detail": "KeyError: \'title\'"}', "an exception"),
        (b'{"detail": "arn:aws:dynamodb:us-east-1:123456789012:table/Books"}', "an ARN"),
        (b'{"detail": "no table local-books-BooksTable-1"}', "the name of a table"),
        (b'{"detail": "at handler (/var/task/index.js:7:11)"}', "a file"),
        (b"Error\n    at find (index.mjs:12:7)", "a stack trace"),
    ],
)
def test_inside_of_a_service_is_seen(body: bytes, what: str) -> None:
    shown = find_inside(answer_with(body), ["local-books-BooksTable-1"], "")
    assert shown is not None
    assert shown[0].startswith(what)


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b'{"title": "Bad Request", "detail": "is required", "errors": [{"pointer": "/name"}]}', ""),
        (b'{"code": "ValidationException"}', "enum: [ValidationException]"),
        (b'{"detail": "must match ^[a-z.]+$"}', ""),
        (b'{"detail": "an error occurred", "path": "/items/at/7"}', ""),
    ],
)
def test_plain_error_shows_nothing(body: bytes, document: str) -> None:
    assert find_inside(answer_with(body), ["local-books-BooksTable-1"], document) is None


def answer_with(body: bytes) -> Answer:
    """Return an answer with a body."""
    operation = Operation("getBook", "GET", "/books/{bookId}", ExternalIntegration(), Source("openapi.yaml", 1))
    return Answer(HttpExchange("GET", "http://127.0.0.1:1/books/1", status=500, reply_body=body), operation)


class PutsIdIntoQuery(BookApi):
    """An API that makes a query of an id as it is."""

    def find(self, id_: str) -> Book:
        if "'" in id_:
            raise Refused(500, "failed")
        return super().find(id_)


@pytest.mark.parametrize(("api", "count"), [(BookApi, 0), (PutsIdIntoQuery, 1)], ids=["healthy", "faulty"])
def test_failure_at_quotes_in_an_id_is_found(tmp_path: Path, api: type[BookApi], count: int) -> None:
    document = book_document()
    document["paths"]["/books/{bookId}"]["parameters"][0]["schema"] = {"type": "string"}
    checks = tuple(one for one in errors.CHECKS if one.name == "error-is-as-documented")
    found = run_on_books(book_project(tmp_path, document), api(), checks).findings
    assert len([one for one in found if "quotes" in one.happened]) == count


class NamesRequests(StoredBooks):
    """Errors that name the request."""

    def handle(self, request: BookRequest) -> BookReply:
        reply = super().handle(request)
        if reply.status >= 400:
            reply.body["instance"] = f"urn:uuid:{self.name(reply.headers['apigw-requestid'])}"
        return reply

    def name(self, request_id: str) -> str:
        """Return the id that an error has."""
        return request_id


class NamesNothing(NamesRequests):
    """Errors with an id that nothing else has."""

    def name(self, request_id: str) -> str:
        return str(uuid.uuid4())


@pytest.mark.parametrize(("api", "is_found"), [(NamesRequests, False), (NamesNothing, True)])
def test_id_that_the_log_does_not_have_is_found(tmp_path: Path, api: type[StoredBooks], is_found: bool) -> None:
    checks = tuple(one for one in errors.CHECKS if one.name == "error-id-is-in-the-log")
    assert bool(run_on_stack(tmp_path, api(), checks).findings) is is_found
