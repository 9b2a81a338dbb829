"""The checks of ETags, preconditions and Idempotency-Keys find what is wrong with them, and nothing else."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from homeport.contract.checks.preconditions import (
    etags,
    idempotency,
    if_match,
    if_modified_since,
    if_none_match,
    odd_headers,
)
from homeport.contract.checks.preconditions.entity_tags import is_entity_tag, naming_forms, other_forms
from tests.support.rest_api import Book, BookApi, BookReply, BookRequest, Refused, run_on_books
from tests.support.rest_document import book_document, book_project

CONDITIONAL = (*if_match.CHECKS, *if_none_match.CHECKS, *if_modified_since.CHECKS)
CHECKS = (*odd_headers.CHECKS, *etags.CHECKS, *CONDITIONAL, *idempotency.CHECKS)


class TagOfVersion(BookApi):
    """An ETag that a book has again after it was deleted and made anew."""

    def etag(self, book: Book) -> str:
        return f'"{book["version"]}"'


class TagOfContent(BookApi):
    """An ETag that says nothing of the version and the times in the representation."""

    def etag(self, book: Book) -> str:
        return f'"{len(book["title"])}-{book["shelf"]}"'


class TagWithoutQuotes(BookApi):
    """An ETag that is none."""

    def etag(self, book: Book) -> str:
        return super().etag(book).strip('"')


class TagOfEachRead(BookApi):
    """An ETag that every read changes."""

    def __init__(self) -> None:
        super().__init__()
        self.counter = itertools.count()

    def read(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().read(id_, request)
        return BookReply(reply.status, reply.body, {"ETag": f'"{next(self.counter)}"'})


class TagMissing(BookApi):
    """Changes whose answer has no ETag, unlike the document."""

    def change(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().change(id_, request)
        return BookReply(reply.status, reply.body)


class TagOfStateBefore(BookApi):
    """Replacements that answer with the ETag of what they replaced."""

    def replace(self, id_: str, request: BookRequest) -> BookReply:
        old = self.books.get(id_)
        reply = super().replace(id_, request)
        return reply if old is None else BookReply(reply.status, reply.body, {"ETag": self.etag(old)})


class IgnoresIfMatch(BookApi):
    """Writes that are always performed."""

    def require(self, book: Book | None, request: BookRequest) -> None:
        return None


class IgnoresIfMatchOfDelete(BookApi):
    """A DELETE without preconditions."""

    def delete(self, id_: str, request: BookRequest) -> BookReply:
        self.find(id_)
        self.remove(id_)
        return BookReply(204)


class WeakTagMatches(BookApi):
    """If-Match by weak comparison."""

    def require(self, book: Book | None, request: BookRequest) -> None:
        wanted = request.headers.get("if-match", "").replace("W/", "")
        super().require(book, _with(request, "if-match", wanted) if wanted else request)


class TagAnywhere(BookApi):
    """If-Match that holds where the ETag is a part of the header."""

    def require(self, book: Book | None, request: BookRequest) -> None:
        wanted = request.headers.get("if-match")
        if wanted and wanted != "*" and book is not None and self.etag(book).strip('"') in wanted:
            return
        super().require(book, request)


class FirstTagOnly(BookApi):
    """Lists of tags of which only the first one counts."""

    def require(self, book: Book | None, request: BookRequest) -> None:
        wanted = request.headers.get("if-match", "").partition(",")[0]
        super().require(book, _with(request, "if-match", wanted) if wanted else request)


class WritesThoughRejected(BookApi):
    """Writes that are rejected after they were performed."""

    def change(self, id_: str, request: BookRequest) -> BookReply:
        old = self.find(id_)
        self.store(id_, self.written(self.merged(old, self.valid("BookPatch", request))))
        self.require(old, request)
        return self.answer(200, self.books[id_])


class CreatesWithIfMatch(BookApi):
    """A PUT with If-Match that makes what is not there."""

    def replace(self, id_: str, request: BookRequest) -> BookReply:
        gone = id_ not in self.books
        return super().replace(id_, _with(request, "if-match", "") if gone else request)

    def require(self, book: Book | None, request: BookRequest) -> None:
        if request.headers.get("if-match") != "":
            super().require(book, request)


class NeverNotModified(BookApi):
    """Reads that always answer with the whole book."""

    def read(self, id_: str, request: BookRequest) -> BookReply:
        return super().read(id_, _with(request, "if-none-match", '"none"'))


class StrongIfNoneMatch(BookApi):
    """If-None-Match by strong comparison."""

    def read(self, id_: str, request: BookRequest) -> BookReply:
        known = request.headers.get("if-none-match", "")
        return super().read(id_, _with(request, "if-none-match", '"none"') if known.startswith("W/") else request)


class NotModifiedWithoutTag(BookApi):
    """A 304 without the ETag."""

    def read(self, id_: str, request: BookRequest) -> BookReply:
        reply = super().read(id_, request)
        return BookReply(304) if reply.status == 304 else reply


class NotModifiedBeforeIfMatch(BookApi):
    """If-None-Match that is evaluated before If-Match."""

    def read(self, id_: str, request: BookRequest) -> BookReply:
        known = request.headers.get("if-none-match")
        if known is not None and known == self.etag(self.find(id_)):
            return BookReply(304, None, {"ETag": known})
        return super().read(id_, request)


class IgnoresIfNoneMatch(BookApi):
    """A PUT that replaces in spite of If-None-Match: *."""

    def require(self, book: Book | None, request: BookRequest) -> None:
        super().require(book, _with(request, "if-none-match", '"none"'))


class KeyIgnored(BookApi):
    """Creates that know no key."""

    def create_once(self, request: BookRequest) -> BookReply:
        return self.create(request)


class KeyOfAnyBody(BookApi):
    """A key whose first answer is that of every body."""

    def create_once(self, request: BookRequest) -> BookReply:
        key = request.headers.get("idempotency-key")
        if key in self.keys:
            return self.keys[key][1]
        return super().create_once(request)


class KeyOfTitle(BookApi):
    """A key whose body is known again by its title alone."""

    def create_once(self, request: BookRequest) -> BookReply:
        key = request.headers.get("idempotency-key")
        if key in self.keys and self.keys[key][0]["title"] == request.body["title"]:
            return self.keys[key][1]
        return super().create_once(request)


class KeyUsedUp(BookApi):
    """A key that counts before its request was found valid."""

    def create_once(self, request: BookRequest) -> BookReply:
        key = request.headers.get("idempotency-key")
        if key is not None and key not in self.keys:
            self.keys[key] = request.body, BookReply(409, {"title": "in progress", "status": 409})
            reply = self.create(request)
            self.keys[key] = request.body, reply
            return reply
        return super().create_once(request)


class KeyClaimsConflict(BookApi):
    """A key that answers after a conflict as if the book had been made."""

    def create_once(self, request: BookRequest) -> BookReply:
        key = request.headers.get("idempotency-key")
        sent = self.valid("BookInput", request)
        if key is not None and key not in self.keys and sent.get("bookId") in self.books:
            self.keys[key] = request.body, self.answer(201, self.books[sent["bookId"]])
            raise Refused(409, "taken")
        return super().create_once(request)


class KeyCutOff(BookApi):
    """Keys of which the first 64 characters count."""

    def create_once(self, request: BookRequest) -> BookReply:
        key = request.headers.get("idempotency-key")
        return super().create_once(_with(request, "idempotency-key", key[:64]) if key else request)


class KeyWithoutCase(BookApi):
    """Keys whose case does not count."""

    def create_once(self, request: BookRequest) -> BookReply:
        key = request.headers.get("idempotency-key")
        return super().create_once(_with(request, "idempotency-key", key.lower()) if key else request)


class KeyOfText(BookApi):
    """A key that makes another book where the body's properties have another order."""

    def create_once(self, request: BookRequest) -> BookReply:
        key = request.headers.get("idempotency-key")
        text = json.dumps(request.body, default=str)
        return super().create_once(_with(request, "idempotency-key", f"{key} {text}") if key else request)


class KeyMakesHidden(BookApi):
    """A repeated request whose answer has another time."""

    def create_once(self, request: BookRequest) -> BookReply:
        key = request.headers.get("idempotency-key")
        if key in self.keys and self.keys[key][0] == request.body:
            reply = self.keys[key][1]
            return BookReply(reply.status, {**reply.body, "updatedAt": self.now()}, reply.headers)
        return super().create_once(request)


class FailsForManyTags(BookApi):
    """A list of more than 20 tags is a failure."""

    def handle(self, request: BookRequest) -> BookReply:
        if any(request.headers.get(name, "").count(",") > 20 for name in ("if-match", "if-none-match")):
            return BookReply(500, {"title": "failed"})
        return super().handle(request)


class ComparesBeforeItLooks(BookApi):
    """A deletion of nothing with If-Match is a 412."""

    def delete(self, id_: str, request: BookRequest) -> BookReply:
        self.require(self.books.get(id_), request)
        return super().delete(id_, request)


class KeyIsConflict(BookApi):
    """A key that came with another body is a conflict like any other."""

    def create_once(self, request: BookRequest) -> BookReply:
        try:
            return super().create_once(request)
        except Refused as refused:
            raise Refused(409, "taken") if refused.reply.status == 422 else refused from None


FAULTS: dict[type[BookApi], str] = {
    TagOfVersion: "etag-tells-states-apart",
    TagOfContent: "etag-tells-states-apart",
    TagWithoutQuotes: "etag-well-formed",
    TagOfEachRead: "etag-tells-states-apart",
    TagMissing: "etag-well-formed",
    TagOfStateBefore: "etag-of-write-is-that-of-read",
    IgnoresIfMatch: "if-match-holds-back",
    IgnoresIfMatchOfDelete: "if-match-holds-back",
    WeakTagMatches: "if-match-holds-back",
    TagAnywhere: "if-match-holds-back",
    FirstTagOnly: "if-match-lets-through",
    WritesThoughRejected: "if-match-holds-back",
    CreatesWithIfMatch: "if-match-needs-resource",
    NeverNotModified: "if-none-match-reads",
    StrongIfNoneMatch: "if-none-match-reads",
    NotModifiedWithoutTag: "if-none-match-reads",
    NotModifiedBeforeIfMatch: "if-match-comes-first",
    IgnoresIfNoneMatch: "if-none-match-only-creates",
    KeyIgnored: "key-makes-one",
    KeyMakesHidden: "key-makes-one",
    KeyOfAnyBody: "key-of-another-body",
    KeyOfTitle: "key-of-another-body",
    KeyUsedUp: "key-counts-once-done",
    KeyClaimsConflict: "key-counts-once-done",
    KeyCutOff: "keys-are-distinct",
    KeyWithoutCase: "keys-are-distinct",
    KeyOfText: "key-of-equal-body",
    FailsForManyTags: "odd-preconditions-do-not-fail",
    ComparesBeforeItLooks: "if-match-needs-resource",
    KeyIsConflict: "key-of-another-body",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_fault_is_found(fault: type[BookApi], tmp_path: Path) -> None:
    checks = tuple(check for check in CHECKS if check.name == FAULTS[fault])
    results = run_on_books(book_project(tmp_path), fault(), checks)
    assert results.findings
    assert all(finding.exchanges and finding.happened for finding in results.findings)


@pytest.mark.parametrize(("api", "checks"), [(BookApi, set()), (KeyOfAnyBody, {"key-of-another-body"})])
def test_prose_refuses_a_key_with_another_body(api: type[BookApi], checks: set[str], tmp_path: Path) -> None:
    document = book_document()
    create = document["paths"]["/books"]["post"]
    create["responses"] = {
        "201": create["responses"]["201"],
        "4XX": {"description": "Not done."},
    }
    create["description"] = "Once per key;\nthe same key with another body is refused with 422."
    found = run_on_books(book_project(tmp_path, document), api(), CHECKS).findings
    assert {one.check for one in found if one.check.startswith("key-")} == checks


@pytest.mark.parametrize("seed", [1, 2])
def test_healthy_api_has_no_finding(seed: int, tmp_path: Path) -> None:
    results = run_on_books(book_project(tmp_path), BookApi(), CHECKS, seed=seed)
    assert not results.findings
    assert len(results.exchanges) > 100


def test_entity_tags_have_quotes() -> None:
    assert all(map(is_entity_tag, ('"1"', 'W/"1-a"', '""')))
    assert not any(map(is_entity_tag, ("1", "'1'", 'w/"1"', '"a b"', '"1', "")))


def test_forms_name_the_tag_or_do_not() -> None:
    tag = '"1-a"'
    assert all(tag in ",".join(form.lines) or form.lines == ("*",) for form in naming_forms(tag))
    assert not any(tag in line for form in other_forms(tag, '"0-a"') for line in form.lines)


def _with(request: BookRequest, name: str, value: str) -> BookRequest:
    headers = {**request.headers, name: value}
    if not value and name == "if-match":
        headers.pop(name)
    return BookRequest(request.method, request.path, request.query, headers, request.body, request.valid_json)
