"""The checks of the wire find what a service takes or sends otherwise than HTTP and JSON have it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from homeport.contract.checks import wire
from homeport.contract.checks.client import Answer, write_json
from homeport.contract.checks.wire.queries import describe_wrong_form
from homeport.contract.http_exchange import HttpExchange
from homeport.project.integrations import ExternalIntegration
from homeport.project.model import Operation, Source
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project


class WantsExactMediaType(BookApi):
    """An API that compares Content-Type with one text."""

    def handle(self, request: BookRequest) -> BookReply:
        kind = request.headers.get("content-type", "application/json")
        if kind not in ("application/json", "application/merge-patch+json"):
            return BookReply(415, {"title": "type", "status": 415}, {"Content-Type": "application/problem+json"})
        return super().handle(request)


class FailsWithoutMediaType(BookApi):
    """An API that needs Content-Type."""

    def handle(self, request: BookRequest) -> BookReply:
        if request.method == "POST" and "content-type" not in request.headers:
            return BookReply(500, {"title": "failed", "status": 500})
        return super().handle(request)


class KeepsAscii(BookApi):
    """An API that keeps nothing but ASCII."""

    def keep(self, book: Book) -> Book:
        return {**book, "summary": book["summary"].encode("ascii", "replace").decode()}


class DecodesTwice(BookApi):
    """An API that decodes ids that are decoded already."""

    def read(self, id_: str, request: BookRequest) -> BookReply:
        return super().read(unquote(id_), request)


class TrimsIds(BookApi):
    """A read that takes the last dots of an id away."""

    def find(self, id_: str) -> Book:
        return super().find(id_.rstrip("."))


class FoldsCase(BookApi):
    """An API whose ids have no capitals."""

    def store(self, id_: str, book: Book) -> Book:
        return super().store(id_.lower(), {**book, "bookId": id_.lower()})

    def find(self, id_: str) -> Book:
        return super().find(id_.lower())


class LeadsNowhere(BookApi):
    """A Location with another path."""

    def answer(self, status: int, book: Book, **headers: str) -> BookReply:
        found = {name: value.replace("/books/", "/book/") for name, value in headers.items()}
        return super().answer(status, book, **found)


class LeadsToCollection(BookApi):
    """A Location of PUT that leads to the list."""

    def replace(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().replace(id_, request)
        if reply.status == 201:
            reply.headers["Location"] = "/books"
        return reply


class HasNoLocation(BookApi):
    """An answer without the Location of the document."""

    def create(self, request: BookRequest) -> BookReply:
        reply = super().create(request)
        reply.headers.pop("Location")
        return reply


class FailsOnEmptyValue(BookApi):
    """A list that fails for a limit without a value."""

    def list(self, request: BookRequest) -> BookReply:
        if request.query.get("limit") == "":
            raise Refused(500, "failed")
        return super().list(request)


class WantsOneType(BookApi):
    """An API that compares Accept with one text."""

    def read(self, id_: str, request: BookRequest) -> BookReply:
        if request.headers.get("accept", "application/json") != "application/json":
            raise Refused(406, "not acceptable")
        return super().read(id_, request)


class ForgetsKeys(BookApi):
    """An API that does not read Idempotency-Key."""

    def create_once(self, request: BookRequest) -> BookReply:
        headers = {name: value for name, value in request.headers.items() if name != "idempotency-key"}
        again = BookRequest(request.method, request.path, request.query, headers, request.body, request.valid_json)
        return super().create_once(again)


class TakesOneType(BookApi):
    """A change that takes one of the two media types of the document."""

    def change(self, id_: str, request: BookRequest) -> BookReply:
        if "merge-patch" not in request.headers.get("content-type", ""):
            raise Refused(415, "type")
        return super().change(id_, request)


class FailsOnBrokenJson(BookApi):
    """An API that fails for what is no JSON."""

    def valid(self, name: str, request: BookRequest) -> Any:
        if not request.valid_json:
            raise Refused(500, "failed")
        return super().valid(name, request)


class ChecksOneKeepsAnother(BookApi):
    """An API that checks the last property of a name, and keeps the first."""

    def create(self, request: BookRequest) -> BookReply:
        reply = super().create(request)
        first = dict(reversed(json.loads(request.raw, object_pairs_hook=list)))
        book = self.books[reply.body["bookId"]]
        return self.answer(
            201, self.store(book["bookId"], {**book, **{name: first[name] for name in first if name in book}})
        )


class AnswersText(BookApi):
    """A read whose body is encoded twice."""

    def read(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().read(id_, request)
        return reply if reply.status != 200 else BookReply(200, write_json(reply.body), reply.headers)


class DecodesPlusAsItIs(BookApi):
    """A list whose filter knows no space that is written as +."""

    def filtered(self, books: Any, query: Any) -> Any:
        wanted = query.get("title")
        found = [book for book in books if wanted is None or book["title"] == wanted.replace(" ", "+")]
        return super().filtered(found, query)


class FiltersTitles(BookApi):
    """A list that selects by title."""

    def filtered(self, books: Any, query: Any) -> Any:
        found = [book for book in books if query.get("title", book["title"]) == book["title"]]
        return super().filtered(found, query)


def document_with_choices() -> dict[str, Any]:
    """Return the books' document, with two media types of a change and a filter of any text."""
    document = book_document()
    content = document["paths"]["/books/{bookId}"]["patch"]["requestBody"]["content"]
    content["application/json"] = content["application/merge-patch+json"]
    title = {"type": "string", "pattern": "^.{1,100}$"}
    document["paths"]["/books"]["get"]["parameters"].append({"name": "title", "in": "query", "schema": title})
    return document


@pytest.mark.parametrize(
    ("api", "check"),
    [
        (TakesOneType, "documented-media-type-is-taken"),
        (FailsOnBrokenJson, "broken-json-is-refused"),
        (ChecksOneKeepsAnother, "property-twice-is-not-mixed"),
        (AnswersText, "answer-is-what-its-type-says"),
        (DecodesPlusAsItIs, "filter-is-decoded-once"),
    ],
)
def test_fault_beyond_the_books_document_is_found(tmp_path: Path, api: type[BookApi], check: str) -> None:
    checks = tuple(one for one in wire.CHECKS if one.name == check)
    found = run_on_books(book_project(tmp_path, document_with_choices()), api(), checks).findings
    assert found
    assert all(finding.exchanges and finding.happened for finding in found)


class ReplacesBytes(BookApi):
    """An API that reads a body as API Gateway passes it on: with U+FFFD for bytes that are not UTF-8."""

    def handle(self, request: BookRequest) -> BookReply:
        if b"\xeb" in request.raw:
            request = replace(request, body=json.loads(request.raw.decode(errors="replace")), valid_json=True)
        return super().handle(request)


@pytest.mark.parametrize(("about", "severity"), [("Books.", "note"), ("Requests are JSON in UTF-8.", "error")])
def test_bytes_that_are_not_utf_8_need_no_refusal_unless_it_is_promised(
    tmp_path: Path, about: str, severity: str
) -> None:
    document = book_document()
    document["info"]["description"] = about
    checks = tuple(one for one in wire.CHECKS if one.name == "broken-json-is-refused")
    [found] = run_on_books(book_project(tmp_path, document), ReplacesBytes(), checks).findings
    assert (found.subject, found.severity) == ("bytes that are not UTF-8", severity)


def test_healthy_api_with_choices_has_no_finding(tmp_path: Path) -> None:
    results = run_on_books(book_project(tmp_path, document_with_choices()), FiltersTitles(), wire.CHECKS)
    assert [(finding.check, finding.happened) for finding in results.findings] == []


def test_healthy_api_has_no_finding(tmp_path: Path) -> None:
    results = run_on_books(book_project(tmp_path), BookApi(), wire.CHECKS, rounds=2)
    assert [(finding.check, finding.happened) for finding in results.findings] == []
    assert all(not run.untested for run in results.runs)


@pytest.mark.parametrize(
    ("api", "check"),
    [
        (WantsExactMediaType, "body-is-read-by-its-bytes"),
        (FailsWithoutMediaType, "body-is-read-by-its-bytes"),
        (KeepsAscii, "body-is-read-by-its-bytes"),
        (DecodesTwice, "path-is-decoded-once"),
        (FoldsCase, "id-is-found-under-its-path"),
        (TrimsIds, "id-is-found-under-its-path"),
        (LeadsNowhere, "location-leads-to-what-was-made"),
        (LeadsToCollection, "location-leads-to-what-was-made"),
        (HasNoLocation, "location-leads-to-what-was-made"),
        (FailsOnEmptyValue, "query-is-read-as-it-is-written"),
        (WantsOneType, "accept-of-what-is-sent"),
        (ForgetsKeys, "header-names-have-no-case"),
    ],
)
def test_fault_is_found(tmp_path: Path, api: type[BookApi], check: str) -> None:
    checks = tuple(one for one in wire.CHECKS if one.name == check)
    found = run_on_books(book_project(tmp_path), api(), checks).findings
    assert found
    assert all(finding.exchanges and finding.happened for finding in found)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b'"{\\"title\\": 7}"', "application/json", "a JSON string that has JSON in it"),
        (b'{"title": "Zo\xeb"}', "application/json", "no text in utf-8"),
        (b"\xef\xbb\xbf{}", "application/json", "a byte order mark"),
        (b"{'title': 7}", "application/problem+json", "is no JSON"),
    ],
)
def test_wrong_form_of_an_answer_is_seen(body: bytes, kind: str, words: str) -> None:
    assert words in describe_wrong_form(answer_with(body, kind))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"title": "Zo\u00eb"}'.encode(), "application/json; charset=utf-8"),
        (b'"a text"', "application/json"),
        (b"", "application/json"),
        (b"Zo\xeb", "text/plain; charset=latin-1"),
    ],
)
def test_right_form_of_an_answer_is_none(body: bytes, kind: str) -> None:
    assert describe_wrong_form(answer_with(body, kind)) == ""


def answer_with(body: bytes, kind: str) -> Answer:
    """Return an answer with a body."""
    operation = Operation("getBook", "GET", "/books/{bookId}", ExternalIntegration(), Source("openapi.yaml", 1))
    headers = (("Content-Type", kind),)
    return Answer(
        HttpExchange("GET", "http://127.0.0.1:1/books/1", status=200, reply_headers=headers, reply_body=body), operation
    )


class RefusesEachFifthBody(BookApi):
    """An API that takes few of the valid bodies, as no schema says: the ids of the run's tell which."""

    def new_book(self, id_: str, sent: Book) -> Book:
        if sum(map(ord, id_)) % 5 == 0:
            raise Refused(422, "no such day")
        return super().new_book(id_, sent)


def test_body_whose_values_are_refused_in_any_form_is_no_finding(tmp_path: Path) -> None:
    document = book_document()
    document["components"]["schemas"]["BookInput"]["required"] = ["bookId", "title"]
    checks = tuple(one for one in wire.CHECKS if one.name == "body-is-read-by-its-bytes")
    for seed in range(1, 6):
        results = run_on_books(book_project(tmp_path / str(seed), document), RefusesEachFifthBody(), checks, seed=seed)
        assert [one.happened for one in results.findings] == []
